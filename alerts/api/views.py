"""Endpoints of alerts and of the event stream."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerts import services
from alerts.api.serializers import (
    AcknowledgeSerializer,
    AlertSerializer,
    EventPageSerializer,
    EventQuerySerializer,
    ResolveSerializer,
    SnoozeSerializer,
)
from alerts.choices import AlertKind, AlertState, Severity, SnoozeUntil, Topic
from alerts.models import Alert
from techmart.core.api.views import ReadOnlyViewSet, caller
from techmart.lib.keyset import Keyset


class AlertFilter(filters.FilterSet):
    """Filters of the list of alerts."""

    state = filters.MultipleChoiceFilter(choices=AlertState.choices, distinct=False)
    severity = filters.MultipleChoiceFilter(choices=Severity.choices, distinct=False)
    kind = filters.MultipleChoiceFilter(choices=AlertKind.choices, distinct=False)
    subject_kind = filters.CharFilter("subject_kind", "exact")
    subject_id = filters.NumberFilter("subject_id", "exact")

    class Meta:
        model = Alert
        fields: ClassVar[list[str]] = []


class AlertViewSet(ReadOnlyViewSet):
    """Alerts that the caller may see."""

    serializer_class = AlertSerializer
    queryset = Alert.objects.all()
    filterset_class = AlertFilter
    keysets = {
        "newest": Keyset("-last_seen_at", "-pk"),
        "worst": Keyset("-severity_rank", "-last_seen_at", "-pk"),
    }
    acts = frozenset({"acknowledge", "snooze", "resolve"})

    def get_queryset(self) -> QuerySet[Alert]:
        """Leave out what the caller may not see."""
        return Alert.objects.visible_to(caller(self.request))

    @extend_schema(request=AcknowledgeSerializer, responses={200: AlertSerializer})
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: int) -> Response:
        """Take an alert on."""
        body = AcknowledgeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self._act(request, services.acknowledge, until=body.validated_data["until"])

    @extend_schema(request=SnoozeSerializer, responses={200: AlertSerializer})
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: int) -> Response:
        """Quiet an alert for now."""
        body = SnoozeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self._act(
            request,
            services.snooze,
            rule=SnoozeUntil(body.validated_data["rule"]),
            until=body.validated_data["until"],
        )

    @extend_schema(request=ResolveSerializer, responses={200: AlertSerializer})
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: int) -> Response:
        """End an alert by hand."""
        body = ResolveSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self._act(request, services.resolve, reason=body.validated_data["reason"])

    def _act(self, request: Request, act: Callable[..., Alert], **details: Any) -> Response:
        # get_object hides alerts of another audience: 404, not 403.
        alert = act(
            alert_id=self.get_object().pk, actor=caller(request), now=timezone.now(), **details
        )
        return Response(AlertSerializer(alert).data)


class EventsView(APIView):
    """One topic from a cursor on: replay after a pause, and polling while the socket is down."""

    permission_classes = [IsAuthenticated]

    @extend_schema(parameters=[EventQuerySerializer], responses={200: EventPageSerializer})
    def get(self, request: Request) -> Response:
        """Return up to 200 events after the cursor."""
        query = EventQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = services.events_after(
            topic=Topic(query.validated_data["topic"]),
            after=query.validated_data["after"],
            epoch=query.validated_data["epoch"] or None,
            user=caller(request),
        )
        return Response(EventPageSerializer(page).data)
