"""Endpoints of sales and customers."""

import re
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from techmart.core.api.standing import StandingSerializer
from techmart.core.api.views import ReadOnlyViewSet, caller, request_id_of
from techmart.lib.keyset import Keyset
from transactions import services
from transactions.api.serializers import (
    AdjustmentSerializer,
    BulkAnswerSerializer,
    BulkSerializer,
    CustomerReportSerializer,
    CustomerSerializer,
    NoteSerializer,
    ReasonSerializer,
    RefundSerializer,
    SaleSerializer,
    TransactionDetailSerializer,
    TransactionSerializer,
)
from transactions.choices import Channel, TransactionStatus, Verdict
from transactions.models import Customer, Transaction, TransactionEvent
from transactions.services import SaleError, SaleInput, SaleOutcome

REPLAY_HEADER = "Idempotent-Replay"
IDEMPOTENCY_HEADER = "Idempotency-Key"
# What every sale passes through.
_SALE = StandingSerializer(SaleSerializer())
_RECORDED = StandingSerializer(TransactionSerializer())


class TransactionFilter(filters.FilterSet):
    """Filters of the list of sales."""

    status = filters.MultipleChoiceFilter(choices=TransactionStatus.choices, distinct=False)
    channel = filters.MultipleChoiceFilter(choices=Channel.choices, distinct=False)
    since = filters.IsoDateTimeFilter("timestamp", "gte", label="Happened at or after")
    until = filters.IsoDateTimeFilter("timestamp", "lt", label="Happened before")
    completed_since = filters.IsoDateTimeFilter("completed_at", "gte")
    completed_until = filters.IsoDateTimeFilter("completed_at", "lt")
    score_min = filters.NumberFilter(method="score_from", label="Score from, 0 to 100")
    amount_min = filters.NumberFilter("total_amount", "gte")
    suspicious = filters.BooleanFilter("is_suspicious")
    sku = filters.CharFilter("product__sku", "exact")
    customer = filters.CharFilter("customer__code", "exact")
    store = filters.CharFilter("store", "exact")
    order_ref = filters.CharFilter("order_ref", "exact")
    reference = filters.CharFilter("reference", "exact")

    class Meta:
        model = Transaction
        fields: ClassVar[list[str]] = []

    def score_from(
        self, queryset: QuerySet[Transaction], _name: str, value: Any
    ) -> QuerySet[Transaction]:
        """People say 0 to 100; stored is 0 to 1."""
        return queryset.filter(fraud_score__gte=float(value) / 100)


class TransactionViewSet(ReadOnlyViewSet):
    """Sales: recorded once a reference, never removed, moved on by named acts."""

    serializer_class = TransactionSerializer
    queryset = Transaction.objects.select_related("product", "customer")
    filterset_class = TransactionFilter
    keysets = {
        "newest": Keyset("-timestamp", "-pk"),
        "score": Keyset("-fraud_score", "-pk"),
        "amount": Keyset("-total_amount", "-pk"),
    }
    acts = frozenset({"approve", "decline", "cancel", "refund", "customer_report"})

    def get_queryset(self) -> QuerySet[Transaction]:
        """Read steps and adjustments along for one sale."""
        sales = Transaction.objects.select_related("product", "customer")
        if self.action == "list":
            return sales
        events = TransactionEvent.objects.order_by("pk")
        return sales.prefetch_related(Prefetch("events", queryset=events), "adjustments")

    @extend_schema(
        responses={200: TransactionDetailSerializer},
        description="One sale with its steps and adjustments.",
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one sale."""
        return Response(TransactionDetailSerializer(self.get_object()).data)

    @extend_schema(
        request=SaleSerializer,
        responses={201: TransactionSerializer, 200: TransactionSerializer},
        parameters=[
            OpenApiParameter(
                IDEMPOTENCY_HEADER,
                location=OpenApiParameter.HEADER,
                description="Taken as the reference when the body has none.",
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Record one sale: 201, or 200 with Idempotent-Replay when it was recorded before."""
        body = _SALE.read(request.data)
        sale = sale_input(body, key=request.headers.get(IDEMPOTENCY_HEADER, ""))
        [outcome] = services.record_sales(
            [sale], now=timezone.now(), actor=caller(request), request_id=request_id_of(request)
        )
        answer = Response(
            _RECORDED.written(outcome.transaction),
            status=status.HTTP_200_OK if outcome.replayed else status.HTTP_201_CREATED,
        )
        if outcome.replayed:
            answer[REPLAY_HEADER] = "true"
        return answer

    @extend_schema(request=BulkSerializer, responses={200: BulkAnswerSerializer})
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Record up to 500 sales, all or nothing or order by order."""
        body = BulkSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sales = [sale_input(sale) for sale in body.validated_data["sales"]]
        record = (
            services.record_sales_each
            if body.validated_data["on_error"] == "skip"
            else services.record_sales
        )
        outcomes = record(
            sales, now=timezone.now(), actor=caller(request), request_id=request_id_of(request)
        )
        return Response({"results": [_result(outcome) for outcome in outcomes]})

    @extend_schema(request=NoteSerializer, responses={200: TransactionDetailSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: int) -> Response:
        """Let a held line through, with effect now: for undoing, decide at /reviews/ instead.

        409 when somebody has the order's case open, or has decided it.
        """
        return self._decide(request, pk, Verdict.APPROVE)

    @extend_schema(request=NoteSerializer, responses={200: TransactionDetailSerializer})
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: int) -> Response:
        """Turn a held line down, with effect now; its stock comes back. A reason is needed.

        409 when somebody has the order's case open, or has decided it.
        """
        return self._decide(request, pk, Verdict.DECLINE)

    @extend_schema(request=CustomerReportSerializer, responses={200: TransactionDetailSerializer})
    @action(detail=True, methods=["post"], url_path="customer-report")
    def customer_report(self, request: Request, pk: int) -> Response:
        """Label a sale's order by what its customer says; surer sources go before it."""
        body = CustomerReportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.note_customer_report(
            transaction_id=int(pk),
            actor=caller(request),
            now=timezone.now(),
            request_id=request_id_of(request),
            **body.validated_data,
        )
        return self.retrieve(request, pk=pk)

    def _decide(self, request: Request, pk: int, verdict: Verdict) -> Response:
        body = NoteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        note = str(body.validated_data["reason"])
        if verdict is Verdict.DECLINE and not note.strip():
            raise services.ReasonMissing
        services.decide_at_once(
            transaction_id=int(pk),
            choice=services.Choice(verdict=verdict, note=note),
            actor=caller(request),
            now=timezone.now(),
            request_id=request_id_of(request),
        )
        return self.retrieve(request, pk=pk)

    @extend_schema(request=ReasonSerializer, responses={200: TransactionDetailSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """Call off a sale that is pending or held; its stock comes back."""
        services.cancel(
            transaction_id=int(pk),
            reason=self._reason(request),
            actor=caller(request),
            now=timezone.now(),
            request_id=request_id_of(request),
        )
        return self.retrieve(request, pk=pk)

    @extend_schema(request=RefundSerializer, responses={201: AdjustmentSerializer})
    @action(detail=True, methods=["post"])
    def refund(self, request: Request, pk: int) -> Response:
        """Give money back, and take units back into stock."""
        body = RefundSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        adjustment = services.refund(
            transaction_id=int(pk), actor=caller(request), now=timezone.now(), **body.validated_data
        )
        return Response(AdjustmentSerializer(adjustment).data, status=status.HTTP_201_CREATED)

    def _reason(self, request: Request) -> str:
        body = ReasonSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return str(body.validated_data["reason"])


def sale_input(data: dict[str, Any], *, key: str = "") -> SaleInput:
    """Return the service's input of a validated body. Raises ValidationError without a key."""
    reference = data.get("reference") or key
    if not reference:
        message = f"Give a reference, or an {IDEMPOTENCY_HEADER} header: it makes retries safe."
        raise ValidationError({"reference": [message]}, code="required")
    return SaleInput(**{**data, "reference": reference})


def _result(outcome: SaleOutcome | SaleError) -> dict[str, Any]:
    if isinstance(outcome, SaleError):
        refusal = outcome.refusal
        return {
            "reference": outcome.reference,
            "status": "refused",
            "code": refusal.code,
            "detail": refusal.detail,
            "errors": [
                {"field": error.field, "code": error.code, "message": error.message}
                for error in refusal.errors
            ],
        }
    return {
        "reference": outcome.transaction.reference,
        "status": "replayed" if outcome.replayed else "created",
        "id": outcome.transaction.pk,
    }


class CustomerFilter(filters.FilterSet):
    """Filters of the list of customers."""

    name = filters.CharFilter(method="part_of_name", label="Part of the name")
    code = filters.CharFilter("code", "exact")
    country = filters.CharFilter("country", "exact")

    class Meta:
        model = Customer
        fields: ClassVar[list[str]] = []

    def part_of_name(
        self, queryset: QuerySet[Customer], _name: str, value: str
    ) -> QuerySet[Customer]:
        """Match in any letter case; the trigram index answers ~*, not Django's UPPER … LIKE."""
        return queryset.filter(name__iregex=re.escape(value))


class CustomerViewSet(ReadOnlyViewSet):
    """Customers."""

    serializer_class = CustomerSerializer
    queryset = Customer.objects.all()
    filterset_class = CustomerFilter
    keysets = {"name": Keyset("name", "pk"), "newest": Keyset("-pk")}
