"""Shapes of sales and customers over the API."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from techmart.core.problems import FieldError
from transactions.choices import Channel, PaymentMethod
from transactions.models import Adjustment, Customer, Transaction, TransactionEvent
from transactions.services import SaleInput
from transactions.services.sale_input import PAID, PAYMENT_STATUSES

MAX_BULK = 500


class SaleSerializer(serializers.Serializer[SaleInput]):
    """One sale to record: one line of an order.

    Sending it again with the same reference and body gives the first answer again.
    """

    reference = serializers.CharField(
        max_length=120,
        required=False,
        help_text="Your idempotency key; the Idempotency-Key header serves instead.",
    )
    order_ref = serializers.CharField(
        max_length=80,
        required=False,
        default="",
        allow_blank=True,
        help_text="The order this line belongs to; empty: an order of its own.",
    )
    customer_code = serializers.CharField(
        max_length=60,
        required=False,
        allow_null=True,
        default=None,
        help_text="Null: an anonymous sale.",
    )
    sku = serializers.CharField(max_length=60)
    quantity = serializers.IntegerField(min_value=1)
    unit_price = serializers.DecimalField(
        14,
        4,
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        help_text="Null: the product's price.",
    )
    discount = serializers.DecimalField(14, 2, required=False, default=Decimal("0"), min_value=0)
    total_amount = serializers.DecimalField(
        14,
        2,
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        help_text="Checked when given: round(quantity × unit_price, 2) − discount.",
    )
    currency = serializers.CharField(
        min_length=3,
        max_length=3,
        required=False,
        allow_null=True,
        default=None,
        help_text="Checked when given: the shop's.",
    )
    channel = serializers.ChoiceField(Channel.choices, required=False, default=Channel.WEB)
    payment_method = serializers.ChoiceField(
        PaymentMethod.choices, required=False, default=PaymentMethod.UNKNOWN
    )
    payment_status = serializers.ChoiceField(
        PAYMENT_STATUSES,
        required=False,
        default=PAID,
        help_text="declined: a try that failed; it takes no stock and tells of card testing.",
    )
    device = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    ip_country = serializers.CharField(max_length=2, required=False, default="", allow_blank=True)
    ship_country = serializers.CharField(max_length=2, required=False, default="", allow_blank=True)
    store = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    card_token = serializers.CharField(
        max_length=200,
        required=False,
        default="",
        allow_blank=True,
        write_only=True,
        help_text="What your payment provider calls the card, the same for each use of it; never "
        "the number, which is refused. Only a keyed hash of it is kept.",
    )
    ship_address = serializers.CharField(
        max_length=500,
        required=False,
        default="",
        allow_blank=True,
        write_only=True,
        help_text="The address, or your own hash of it. Only a keyed hash of it is kept.",
    )
    bill_address = serializers.CharField(
        max_length=500,
        required=False,
        default="",
        allow_blank=True,
        write_only=True,
        help_text="As ship_address; equal addresses are told to be equal.",
    )
    email = serializers.CharField(
        max_length=254,
        required=False,
        default="",
        allow_blank=True,
        write_only=True,
        help_text="Given with the order; empty: the customer's. Only its stem is kept: without "
        "tag, dots and digits at the end.",
    )
    timestamp = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="When it happened, with a time zone; null: now.",
    )


class BulkSerializer(serializers.Serializer[Any]):
    """Many sales in one request."""

    on_error = serializers.ChoiceField(
        ["refuse", "skip"],
        required=False,
        default="refuse",
        help_text="refuse: all or nothing. skip: each order by itself; refused ones are listed.",
    )
    sales = serializers.ListField(child=SaleSerializer(), allow_empty=False, max_length=MAX_BULK)


class FieldErrorSerializer(serializers.Serializer[FieldError]):
    """What is wrong with one field."""

    row = serializers.IntegerField(required=False)
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class BulkResultSerializer(serializers.Serializer[Any]):
    """What became of one sale of a bulk request."""

    reference = serializers.CharField()
    status = serializers.ChoiceField(["created", "replayed", "refused"])
    id = serializers.IntegerField(required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]  # a field here


class BulkAnswerSerializer(serializers.Serializer[Any]):
    """What became of every sale of a bulk request, in its order."""

    results = BulkResultSerializer(many=True)


class TransactionSerializer(serializers.ModelSerializer[Transaction]):
    """One recorded sale."""

    sku = serializers.CharField(source="product.sku", read_only=True)
    product_name = serializers.CharField(source="product.name", read_only=True)
    customer_code = serializers.SerializerMethodField()

    class Meta:
        model = Transaction
        fields = [
            "id",
            "reference",
            "order_ref",
            "customer_code",
            "sku",
            "product_name",
            "quantity",
            "unit_price",
            "discount",
            "total_amount",
            "currency",
            "status",
            "channel",
            "payment_method",
            "device",
            "ip_country",
            "ship_country",
            "store",
            "card_hash",
            "ship_address_hash",
            "bill_address_hash",
            "list_price",
            "declined_at",
            "timestamp",
            "recorded_at",
            "completed_at",
            "refunded_amount",
            "units_returned",
            "fraud_score",
            "is_suspicious",
            "decision",
            "reasons",
            "score_version",
        ]
        read_only_fields = fields

    def get_customer_code(self, sale: Transaction) -> str | None:
        """Return the customer's code; None for an anonymous sale."""
        return sale.customer.code if sale.customer else None


class TransactionEventSerializer(serializers.ModelSerializer[TransactionEvent]):
    """One step of a sale's life."""

    class Meta:
        model = TransactionEvent
        fields = ["from_status", "to_status", "reason", "at"]


class AdjustmentSerializer(serializers.ModelSerializer[Adjustment]):
    """A refund or chargeback."""

    class Meta:
        model = Adjustment
        fields = [
            "id",
            "reference",
            "kind",
            "amount",
            "units_returned",
            "units_restocked",
            "booked_at",
            "reason",
        ]


class TransactionDetailSerializer(TransactionSerializer):
    """One recorded sale with its steps and adjustments."""

    events = TransactionEventSerializer(many=True, read_only=True)
    adjustments = AdjustmentSerializer(many=True, read_only=True)

    class Meta(TransactionSerializer.Meta):
        fields = [*TransactionSerializer.Meta.fields, "events", "adjustments"]
        read_only_fields = fields


class ReasonSerializer(serializers.Serializer[Any]):
    """Why an act was done."""

    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class NoteSerializer(serializers.Serializer[Any]):
    """Why a held line was approved or declined, in words."""

    reason = serializers.CharField(max_length=250, required=False, default="", allow_blank=True)


class CustomerReportSerializer(serializers.Serializer[Any]):
    """What the customer says of an order."""

    is_fraud = serializers.BooleanField(help_text="True: the customer denies the order.")
    reason = serializers.CharField(max_length=300)


class RefundSerializer(serializers.Serializer[Any]):
    """Money to give back, and units that came back."""

    reference = serializers.CharField(max_length=120, help_text="Your idempotency key.")
    amount = serializers.DecimalField(14, 2, min_value=0)
    units_returned = serializers.IntegerField(min_value=0, required=False, default=0)
    units_restocked = serializers.IntegerField(min_value=0, required=False, default=0)
    reason = serializers.CharField(max_length=300)


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """One customer."""

    class Meta:
        model = Customer
        fields = ["id", "code", "name", "email", "country", "active", "created_at"]
        read_only_fields = fields
