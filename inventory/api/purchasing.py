"""Endpoints of reorder suggestions, purchase orders and counts: read, and decided by services."""

from typing import Any, ClassVar

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.serializers import SheetSerializer, SuggestionSerializer
from inventory.api.views import SuggestionViewSet as SuggestionReads
from inventory.choices import AbcClass, OrderState, SheetState
from inventory.models import (
    CountSheet,
    Product,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderSuggestion,
    Supplier,
)
from inventory.services import count_sheets, drafts, orders, suggestions
from inventory.services.count_sheets import MOST_LINES
from techmart.core.api.permissions import ModelPermissions
from techmart.core.api.views import ReadOnlyViewSet, caller
from techmart.lib.keyset import Keyset

_MOST_UNITS = 2_147_483_647
Body = dict[str, Any]


class AcceptSerializer(serializers.Serializer[Any]):
    """Suggestions to order, all or none."""

    suggestions = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=500
    )


class SnoozeManySerializer(AcceptSerializer):
    """Suggestions that rest until a moment."""

    until = serializers.DateTimeField(help_text="Within 90 days.")


class QuantitySerializer(serializers.Serializer[Any]):
    """Units, whole packs and no fewer than the least order."""

    quantity = serializers.IntegerField(min_value=1, max_value=_MOST_UNITS)


class OrderReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=300)


class OrderLineSerializer(serializers.ModelSerializer[PurchaseOrderLine]):
    """One product of an order."""

    sku = serializers.CharField(source="product.sku", read_only=True)

    class Meta:
        model = PurchaseOrderLine
        fields = ["id", "sku", "quantity", "received_quantity", "unit_cost"]
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[PurchaseOrder]):
    """One purchase order with its lines."""

    supplier = serializers.CharField(source="supplier.code", read_only=True)
    lines = OrderLineSerializer(many=True, read_only=True)

    class Meta:
        model = PurchaseOrder
        fields = [
            "id",
            "number",
            "supplier",
            "state",
            "ordered_at",
            "promised_date",
            "confirmed_at",
            "mailed_at",
            "closed_at",
            "note",
            "created_at",
            "version",
            "lines",
        ]
        read_only_fields = fields


class NewLineSerializer(serializers.Serializer[Any]):
    """A product to order; unit_cost: the product's own when it is left out."""

    product = serializers.SlugRelatedField(slug_field="sku", queryset=Product.objects.all())
    quantity = serializers.IntegerField(min_value=1, max_value=_MOST_UNITS)
    unit_cost = serializers.DecimalField(14, 4, min_value=0, required=False)


class NewOrderSerializer(serializers.Serializer[Any]):
    """A draft to one supplier."""

    supplier = serializers.SlugRelatedField(slug_field="code", queryset=Supplier.objects.all())
    lines = serializers.ListField(child=NewLineSerializer(), min_length=1, max_length=1000)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class SendSerializer(serializers.Serializer[Any]):
    """Whether the order goes to the supplier by mail."""

    mail = serializers.BooleanField(default=False)


class ConfirmSerializer(serializers.Serializer[Any]):
    """The day that the supplier promises, when it is another one."""

    promised_date = serializers.DateField(required=False)


class ReceiveRestSerializer(serializers.Serializer[Any]):
    """When goods came. received_before: as it was read; another number answers 409."""

    received_at = serializers.DateTimeField(required=False)
    received_before = serializers.IntegerField(min_value=0, required=False)


class LineSerializer(serializers.Serializer[Any]):
    """One line."""

    line = serializers.IntegerField(min_value=1)


class ReceiveSerializer(LineSerializer, ReceiveRestSerializer):
    """What came of one line."""

    quantity = serializers.IntegerField(min_value=1, max_value=_MOST_UNITS)
    unit_cost = serializers.DecimalField(14, 4, min_value=0, required=False)


class LineQuantitySerializer(LineSerializer, QuantitySerializer):
    """Another quantity of a draft's line."""


class SuggestionViewSet(SuggestionReads):
    """Suggestions, most expected lost margin first: accepted, changed, rejected, put off."""

    acts = frozenset({"accept", "edit", "reject", "snooze", "wake"})

    @extend_schema(request=AcceptSerializer, responses={200: OrderSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def accept(self, request: Request) -> Response:
        """Put suggestions into one draft a supplier, all or none; answers with the drafts."""
        body = _read(AcceptSerializer, request)
        accepted = suggestions.accept_suggestions(
            suggestion_ids=body["suggestions"], actor=caller(request), now=timezone.now()
        )
        return Response(OrderSerializer(accepted.orders, many=True).data)

    @extend_schema(request=SnoozeManySerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def snooze(self, request: Request) -> Response:
        """Let suggestions rest until a moment."""
        body = _read(SnoozeManySerializer, request)
        suggestions.snooze_suggestions(
            suggestion_ids=body["suggestions"],
            until=body["until"],
            actor=caller(request),
            now=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=QuantitySerializer, responses={200: SuggestionSerializer})
    @action(detail=True, methods=["post"])
    def edit(self, request: Request, pk: str) -> Response:
        """Order another quantity; the suggested one takes it back."""
        row = suggestions.edit_suggestion(
            suggestion_id=self.get_object().pk,
            actor=caller(request),
            now=timezone.now(),
            **_read(QuantitySerializer, request),
        )
        return self._answer(row)

    @extend_schema(request=OrderReasonSerializer, responses={200: SuggestionSerializer})
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Order nothing; it stays away for two weeks unless the need grows."""
        row = suggestions.reject_suggestion(
            suggestion_id=self.get_object().pk,
            actor=caller(request),
            now=timezone.now(),
            **_read(OrderReasonSerializer, request),
        )
        return self._answer(row)

    @extend_schema(request=None, responses={200: SuggestionSerializer})
    @action(detail=True, methods=["post"])
    def wake(self, request: Request, pk: str) -> Response:
        """Put a snoozed suggestion back."""
        row = suggestions.wake_suggestion(
            suggestion_id=self.get_object().pk, actor=caller(request), now=timezone.now()
        )
        return self._answer(row)

    def _answer(self, row: ReorderSuggestion) -> Response:
        found = self.get_queryset().get(pk=row.pk)
        return Response(SuggestionSerializer(found).data)


class OrderFilter(filters.FilterSet):
    """Filters of the list of orders."""

    state = filters.MultipleChoiceFilter(choices=OrderState.choices, distinct=False)
    supplier = filters.CharFilter("supplier__code", "exact")
    sku = filters.CharFilter("lines__product__sku", "exact")

    class Meta:
        model = PurchaseOrder
        fields: ClassVar[list[str]] = []


class OrderViewSet(ReadOnlyViewSet):
    """Purchase orders by number, newest first: drafted, sent, received line by line, ended."""

    serializer_class = OrderSerializer
    queryset = PurchaseOrder.objects.select_related("supplier").prefetch_related("lines__product")
    filterset_class = OrderFilter
    keysets = {"newest": Keyset("-pk")}
    acts = frozenset(
        {"send", "confirm", "receive", "close", "cancel", "change_line", "remove_line"}
    )
    lookup_field = "number"

    @extend_schema(request=NewOrderSerializer, responses={201: OrderSerializer})
    def create(self, request: Request) -> Response:
        """Draft an order; nothing is inbound until it is sent."""
        body = _read(NewOrderSerializer, request)
        order = orders.create_order(
            supplier_id=body["supplier"].pk,
            lines=[
                orders.LineInput(line["product"].pk, line["quantity"], line.get("unit_cost"))
                for line in body["lines"]
            ],
            note=body["note"],
            actor=caller(request),
            now=timezone.now(),
        )
        return self._answer(order.number, status.HTTP_201_CREATED)

    @extend_schema(request=SendSerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"])
    def send(self, request: Request, number: str) -> Response:
        """Send a draft: its units count as inbound from now on."""
        body = _read(SendSerializer, request)
        orders.send_order(
            order_id=self.get_object().pk, actor=caller(request), now=timezone.now(), **body
        )
        return self._answer(number)

    @extend_schema(request=ConfirmSerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, number: str) -> Response:
        """Record that the supplier takes the order."""
        body = _read(ConfirmSerializer, request)
        orders.confirm_order(
            order_id=self.get_object().pk, actor=caller(request), now=timezone.now(), **body
        )
        return self._answer(number)

    @extend_schema(request=ReceiveSerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, number: str) -> Response:
        """Book what came of one line, in part, in full or more."""
        body = _read(ReceiveSerializer, request)
        orders.receive_line(
            line_id=self._line(body.pop("line")),
            actor=caller(request),
            now=timezone.now(),
            **body,
        )
        return self._answer(number)

    @extend_schema(request=ReceiveRestSerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"], url_path="receive-rest")
    def receive_rest(self, request: Request, number: str) -> Response:
        """Book all that the order's lines still miss; received_before is of the whole order."""
        body = _read(ReceiveRestSerializer, request)
        order_id = self.get_object().pk
        orders.receive_rest(order_id=order_id, actor=caller(request), now=timezone.now(), **body)
        return self._answer(number)

    @extend_schema(request=OrderReasonSerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"])
    def close(self, request: Request, number: str) -> Response:
        """Expect nothing more of an order that came in part."""
        body = _read(OrderReasonSerializer, request)
        orders.close_order(
            order_id=self.get_object().pk, actor=caller(request), now=timezone.now(), **body
        )
        return self._answer(number)

    @extend_schema(request=OrderReasonSerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, number: str) -> Response:
        """Call off an order of which nothing came."""
        body = _read(OrderReasonSerializer, request)
        orders.cancel_order(
            order_id=self.get_object().pk, actor=caller(request), now=timezone.now(), **body
        )
        return self._answer(number)

    @extend_schema(request=LineQuantitySerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"], url_path="change-line")
    def change_line(self, request: Request, number: str) -> Response:
        """Order another quantity of a draft's line."""
        body = _read(LineQuantitySerializer, request)
        drafts.change_draft_line(
            line_id=self._line(body["line"]),
            quantity=body["quantity"],
            actor=caller(request),
            now=timezone.now(),
        )
        return self._answer(number)

    @extend_schema(request=LineSerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"], url_path="remove-line")
    def remove_line(self, request: Request, number: str) -> Response:
        """Take a line off a draft; the last one takes the draft along."""
        body = _read(LineSerializer, request)
        drafts.remove_draft_line(
            line_id=self._line(body["line"]), actor=caller(request), now=timezone.now()
        )
        return self._answer(number)

    def _line(self, key: int) -> int:
        """Return a line's key if it is of this order. Raises ValidationError."""
        if not self.get_object().lines.filter(pk=key).exists():
            raise serializers.ValidationError({"line": "This order has no such line."})
        return key

    def _answer(self, number: str, code: int = status.HTTP_200_OK) -> Response:
        order = self.get_queryset().get(number=number)
        return Response(OrderSerializer(order).data, status=code)


class NewSheetSerializer(serializers.Serializer[Any]):
    """A class, and how many of its products that are due."""

    abc_class = serializers.ChoiceField(choices=AbcClass.choices)
    size = serializers.IntegerField(min_value=1, max_value=MOST_LINES)


class EnterSerializer(serializers.Serializer[Any]):
    """Units counted of one line."""

    line = serializers.IntegerField(min_value=1)
    counted_units = serializers.IntegerField(min_value=0, max_value=_MOST_UNITS)


class RefuseSerializer(OrderReasonSerializer):
    """A line to count again."""

    line = serializers.IntegerField(min_value=1)


class SheetFilter(filters.FilterSet):
    """Filters of the list of sheets."""

    state = filters.ChoiceFilter(choices=SheetState.choices)

    class Meta:
        model = CountSheet
        fields: ClassVar[list[str]] = []


class ApprovePermissions(ModelPermissions):
    """A large difference needs the permission to approve."""

    perms_map = {**ModelPermissions.perms_map, "POST": ["%(app_label)s.approve_%(model_name)s"]}


class CountSheetViewSet(ReadOnlyViewSet):
    """Count sheets, newest first: made of what is due, filled in, approved by somebody else."""

    serializer_class = SheetSerializer
    queryset = CountSheet.objects.prefetch_related("lines__product")
    filterset_class = SheetFilter
    keysets = {"newest": Keyset("-pk")}
    acts = frozenset({"enter"})

    def get_permissions(self) -> Any:
        """Approving and refusing need a permission of their own."""
        if self.action in {"approve", "refuse"}:
            return [ApprovePermissions()]
        return super().get_permissions()

    @extend_schema(request=NewSheetSerializer, responses={201: SheetSerializer})
    def create(self, request: Request) -> Response:
        """Make a sheet of the products of a class that are most overdue."""
        body = _read(NewSheetSerializer, request)
        sheet = count_sheets.make_sheet(
            abc_class=AbcClass(body["abc_class"]),
            size=body["size"],
            actor=caller(request),
            now=timezone.now(),
        )
        return self._answer(sheet.pk, status.HTTP_201_CREATED)

    @extend_schema(request=EnterSerializer, responses={200: SheetSerializer})
    @action(detail=True, methods=["post"])
    def enter(self, request: Request, pk: str) -> Response:
        """Write down a count: posted, or waiting when the difference is large."""
        body = _read(EnterSerializer, request)
        count_sheets.enter_count(
            line_id=self._line(body["line"]),
            counted_units=body["counted_units"],
            actor=caller(request),
            now=timezone.now(),
        )
        return self._answer(self.get_object().pk)

    @extend_schema(request=LineSerializer, responses={200: SheetSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Post a large difference that somebody else counted."""
        body = _read(LineSerializer, request)
        count_sheets.approve_line(
            line_id=self._line(body["line"]), actor=caller(request), now=timezone.now()
        )
        return self._answer(self.get_object().pk)

    @extend_schema(request=RefuseSerializer, responses={200: SheetSerializer})
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        """Have a large difference counted again."""
        body = _read(RefuseSerializer, request)
        count_sheets.refuse_line(
            line_id=self._line(body["line"]),
            reason=body["reason"],
            actor=caller(request),
            now=timezone.now(),
        )
        return self._answer(self.get_object().pk)

    def _line(self, key: int) -> int:
        """Return a line's key if it is of this sheet. Raises ValidationError."""
        if not self.get_object().lines.filter(pk=key).exists():
            raise serializers.ValidationError({"line": "This sheet has no such line."})
        return key

    def _answer(self, key: int, code: int = status.HTTP_200_OK) -> Response:
        return Response(SheetSerializer(self.get_queryset().get(pk=key)).data, status=code)


def _read(kind: type[serializers.Serializer[Any]], request: Request) -> Body:
    """Return what was sent, checked."""
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
