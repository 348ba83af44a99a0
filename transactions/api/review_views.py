"""Endpoints of the review of held orders."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from techmart.core.api.permissions import ActPermissions, ModelPermissions
from techmart.core.api.views import caller, request_id_of
from transactions import services
from transactions.api.review_serializers import (
    BulkChoiceSerializer,
    ChoiceSerializer,
    ClaimSerializer,
    DecidedSerializer,
    ReviewDetailSerializer,
    ReviewQuerySerializer,
    ReviewQueueSerializer,
    UndoSerializer,
)
from transactions.choices import Verdict
from transactions.models import ReviewDecision, Transaction
from transactions.reviews.filters import ReviewFilters, Tab
from transactions.reviews.linked import known_labels
from transactions.reviews.queue import page_of, read_queue
from transactions.services import review_cases
from transactions.services.review_decisions import Choice, Decided

_ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="Any line of the order.")
_TABS = {"open": Tab.OPEN, "mine": Tab.MINE, "snoozed": Tab.SNOOZED}


class ReviewViewSet(viewsets.ViewSet):
    """Held orders: a queue by expected loss, claims, decisions with ten seconds to undo them."""

    # What permissions are asked for: to view or change sales.
    queryset: ClassVar[QuerySet[Transaction]] = Transaction.objects.none()

    def get_permissions(self) -> Sequence[Any]:
        """Reading needs the view permission, every act the change permission."""
        reads = self.action in {"list", "retrieve"}
        return [ModelPermissions() if reads else ActPermissions()]

    @extend_schema(parameters=[ReviewQuerySerializer], responses={200: ReviewQueueSerializer})
    def list(self, request: Request) -> Response:
        """Return a page of the cases that wait, the dearest expected loss first."""
        asked = ReviewQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        query = asked.validated_data
        filters = ReviewFilters(
            tab=_TABS[query["tab"]],
            amount_min=query["amount_min"],
            score_min=query["score_min"],
            channel=query["channel"],
            free=query["free"],
        )
        queue = read_queue(filters, user=caller(request), now=timezone.now())
        cases, following, _ = page_of(queue.cases, cursor=query["cursor"], size=query["page_size"])
        answer = {"next": following or None, "results": cases}
        return Response(ReviewQueueSerializer(answer).data)

    @extend_schema(parameters=[_ID], responses={200: ReviewDetailSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return what was decided on an order, and what it is known to be."""
        order_ref = _order(pk)
        decisions = (
            ReviewDecision.objects.filter(transaction__order_ref=order_ref)
            .select_related("actor")
            .order_by("pk")
        )
        answer = {
            "order_ref": order_ref,
            "open": Transaction.objects.undecided().filter(order_ref=order_ref).exists(),
            "is_fraud": known_labels([order_ref]).get(order_ref),
            "decisions": decisions,
        }
        return Response(ReviewDetailSerializer(answer).data)

    @extend_schema(parameters=[_ID], request=None, responses={200: ClaimSerializer})
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Take a case on for ten minutes, or prolong that: 409 while somebody else holds it."""
        claim = review_cases.claim(order_ref=_order(pk), actor=caller(request), now=timezone.now())
        return Response(ClaimSerializer(claim).data)

    @extend_schema(parameters=[_ID], request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Let a case go that the caller holds."""
        review_cases.release(order_ref=_order(pk), actor=caller(request), now=timezone.now())
        return Response(status=204)

    @extend_schema(parameters=[_ID], request=ChoiceSerializer, responses={200: DecidedSerializer})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Decide all held lines of an order; it takes effect after ten seconds."""
        body = ChoiceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self._decide(request, [_order(pk)], body.validated_data)

    @extend_schema(
        operation_id="v1_reviews_decide_many",
        request=BulkChoiceSerializer,
        responses={200: DecidedSerializer},
    )
    @action(detail=False, methods=["post"], url_path="decide", url_name="decide-many")
    def decide_many(self, request: Request) -> Response:
        """Decide up to 500 orders; those that cannot be are named in `refused`."""
        body = BulkChoiceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        return self._decide(request, given.pop("order_refs"), given)

    @extend_schema(request=UndoSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def undo(self, request: Request) -> Response:
        """Take an act back before it takes effect: 409 afterwards."""
        body = UndoSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.undo(batch=body.validated_data["batch"], actor=caller(request), now=timezone.now())
        return Response(status=204)

    def _decide(self, request: Request, orders: Collection[str], given: dict[str, Any]) -> Response:
        choice = Choice(
            verdict=Verdict(given["verdict"]), reason=given["reason"], note=given["note"]
        )
        decided = services.decide(
            order_refs=orders,
            choice=choice,
            actor=caller(request),
            now=timezone.now(),
            request_id=request_id_of(request),
        )
        return Response(DecidedSerializer(_answer(decided)).data)


def _order(pk: str) -> str:
    """Return the order that a line belongs to. Raises UnknownSale."""
    found = (
        Transaction.objects.filter(pk=int(pk)).values_list("order_ref", flat=True).first()
        if pk.isdecimal()
        else None
    )
    if found is None:
        raise services.UnknownSale(int(pk) if pk.isdecimal() else 0)
    return found


def _answer(decided: Decided) -> dict[str, Any]:
    return {
        "batch": decided.batch,
        "takes_effect_at": decided.takes_effect_at,
        "order_refs": decided.orders,
        "refused": [
            {"order_ref": order, "code": refusal.code, "detail": refusal.detail}
            for order, refusal in decided.refused.items()
        ],
    }
