"""Endpoints of rules and value lists."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from techmart.core.api.pagination import KeysetPagination
from techmart.core.api.throttling import TriggerRateThrottle
from techmart.core.api.views import ReadOnlyViewSet, caller
from techmart.lib.keyset import Keyset
from transactions.api.rule_serializers import (
    ActSerializer,
    AddedSerializer,
    AddValuesSerializer,
    ApproveSerializer,
    BacktestSerializer,
    EndValuesSerializer,
    EntrySerializer,
    NewBacktestSerializer,
    NewListSerializer,
    NewRuleSerializer,
    NewVersionSerializer,
    RetireSerializer,
    RuleDetailSerializer,
    RuleSerializer,
    ValueListSerializer,
    VersionSerializer,
)
from transactions.models import FraudRule, FraudRuleVersion, RuleBacktest, ValueList
from transactions.services import rules
from transactions.services.rules.lists import live_entries

if TYPE_CHECKING:
    from rest_framework.throttling import BaseThrottle


def _body(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    found: dict[str, Any] = body.validated_data
    return found


class FraudRuleViewSet(ReadOnlyViewSet):
    """Rules: made as drafts, tried on the past, and activated when nothing is missing."""

    serializer_class = RuleSerializer
    queryset = FraudRule.objects.select_related("owner", "live", "shadow")
    keysets = {"name": Keyset("name", "pk"), "newest": Keyset("-pk")}
    acts = frozenset({"versions", "backtest", "shadow", "stop_shadow", "activate", "approve",
                      "retire"})  # fmt: skip

    def get_queryset(self) -> QuerySet[FraudRule]:
        """Read versions along for one rule."""
        found = FraudRule.objects.select_related("owner", "live", "shadow")
        if self.action == "list":
            return found
        versions = FraudRuleVersion.objects.select_related("author", "approval__approver")
        return found.prefetch_related(Prefetch("versions", versions.order_by("number")))

    def get_throttles(self) -> "list[BaseThrottle]":
        """Backtests are costly work on demand."""
        return [TriggerRateThrottle()] if self.action == "backtest" else super().get_throttles()

    @extend_schema(responses={200: RuleDetailSerializer})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one rule with its versions."""
        return Response(RuleDetailSerializer(self.get_object()).data)

    @extend_schema(request=NewRuleSerializer, responses={201: RuleDetailSerializer})
    def create(self, request: Request) -> Response:
        """Make a rule as a draft."""
        body = _body(NewRuleSerializer, request)
        rule = rules.create_rule(**body, actor=caller(request), now=timezone.now())
        return Response(RuleDetailSerializer(rule).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=NewVersionSerializer, responses={201: VersionSerializer})
    @action(detail=True, methods=["post"])
    def versions(self, request: Request, pk: str) -> Response:
        """Write a rule anew; what runs goes on until the new version is activated."""
        version = rules.add_version(
            rule_id=self.get_object().pk,
            **_body(NewVersionSerializer, request),
            actor=caller(request),
            now=timezone.now(),
        )
        return Response(VersionSerializer(version).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=NewBacktestSerializer, responses={202: BacktestSerializer})
    @action(detail=True, methods=["post"])
    def backtest(self, request: Request, pk: str) -> Response:
        """Ask for a backtest; follow it under `backtests`."""
        body = _body(NewBacktestSerializer, request)
        backtest = rules.request_backtest(
            rule_id=self.get_object().pk,
            number=body["version"],
            since=body["since"],
            until=body["until"],
            actor=caller(request),
            now=timezone.now(),
        )
        return Response(BacktestSerializer(backtest).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses={200: BacktestSerializer(many=True)})
    @action(detail=True, methods=["get"])
    def backtests(self, request: Request, pk: str) -> Response:
        """Return the rule's backtests, newest first."""
        found = RuleBacktest.objects.filter(version__rule=self.get_object())
        rows = found.select_related("version").order_by("-pk")[:50]
        return Response(BacktestSerializer(rows, many=True).data)

    @extend_schema(request=ActSerializer, responses={200: RuleSerializer})
    @action(detail=True, methods=["post"])
    def shadow(self, request: Request, pk: str) -> Response:
        """Count a version's hits; it changes nothing."""
        return self._on_version(request, rules.start_shadow)

    @extend_schema(request=None, responses={200: RuleSerializer})
    @action(detail=True, methods=["post"], url_path="stop-shadow")
    def stop_shadow(self, request: Request, pk: str) -> Response:
        """Stop counting."""
        rule = rules.stop_shadow(
            rule_id=self.get_object().pk, actor=caller(request), now=timezone.now()
        )
        return Response(RuleSerializer(rule).data)

    @extend_schema(request=ActSerializer, responses={200: RuleSerializer})
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Let a version decide; 409 with everything that is missing."""
        return self._on_version(request, rules.activate)

    @extend_schema(request=ApproveSerializer, responses={200: RuleDetailSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Put a second person's name under a version that blocks."""
        body = _body(ApproveSerializer, request)
        rules.approve_version(
            rule_id=self.get_object().pk,
            number=body["version"],
            reason=body["reason"],
            actor=caller(request),
            now=timezone.now(),
        )
        return Response(RuleDetailSerializer(self.get_object()).data)

    @extend_schema(request=RetireSerializer, responses={200: RuleSerializer})
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Let a rule run no longer."""
        rule = rules.retire(
            rule_id=self.get_object().pk,
            **_body(RetireSerializer, request),
            actor=caller(request),
            now=timezone.now(),
        )
        return Response(RuleSerializer(rule).data)

    def _on_version(self, request: Request, act: Any) -> Response:
        rule = act(
            rule_id=self.get_object().pk,
            number=_body(ActSerializer, request)["version"],
            actor=caller(request),
            now=timezone.now(),
        )
        return Response(RuleSerializer(rule).data)


class ValueListViewSet(ReadOnlyViewSet):
    """Value lists, named by their key."""

    serializer_class = ValueListSerializer
    queryset = ValueList.objects.all()
    lookup_field = "key"
    keysets = {"key": Keyset("key")}
    acts = frozenset({"add", "end"})

    @extend_schema(request=NewListSerializer, responses={201: ValueListSerializer})
    def create(self, request: Request) -> Response:
        """Make an empty list."""
        body = _body(NewListSerializer, request)
        made = rules.create_list(**body, actor=caller(request), now=timezone.now())
        return Response(ValueListSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={200: EntrySerializer(many=True)})
    @action(detail=True, methods=["get"])
    def entries(self, request: Request, key: str) -> Response:
        """Return a page of what stands in the list now, by value."""
        paginator = _EntryPagination()
        rows = paginator.paginate_queryset(
            live_entries(self.get_object(), now=timezone.now()), request, None
        )
        return paginator.get_paginated_response(EntrySerializer(rows, many=True).data)

    @extend_schema(request=AddValuesSerializer, responses={200: AddedSerializer})
    @action(detail=True, methods=["post"])
    def add(self, request: Request, key: str) -> Response:
        """Add values from now on, all or none."""
        added = rules.add_values(
            key=self.get_object().key,
            **_body(AddValuesSerializer, request),
            actor=caller(request),
            now=timezone.now(),
        )
        return Response(asdict(added))

    @extend_schema(request=EndValuesSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, key: str) -> Response:
        """End values from now on, all or none."""
        rules.end_values(
            key=self.get_object().key,
            **_body(EndValuesSerializer, request),
            actor=caller(request),
            now=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class _EntryPagination(KeysetPagination):
    """Served by the uniqueness of (list, value, added_at)."""

    def _keyset(self, request: Request, view: Any) -> Keyset:
        return _BY_VALUE


_BY_VALUE = Keyset("value", "added_at", "pk")
