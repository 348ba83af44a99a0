"""Order lines, what became of them and the money given back."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Round
from django.utils import timezone

from inventory.models import Product
from transactions.choices import (
    REVENUE_STATUSES,
    AdjustmentKind,
    Channel,
    Decision,
    PaymentMethod,
    TransactionStatus,
)
from transactions.models.customers import Customer
from transactions.models.imports import ImportRun
from transactions.querysets import TransactionQuerySet


class Transaction(models.Model):
    """One order line: a quantity of one product at one price.

    total_amount = round(quantity × unit_price, 2) − discount. completed_at is when it became
    revenue and never changes. No row is ever removed: a trigger refuses.
    """

    # The caller's idempotency key.
    reference = models.CharField(max_length=120, unique=True)
    order_ref = models.CharField(max_length=80)
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transactions",
        db_index=False,
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="transactions", db_index=False
    )
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4)
    discount = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal("0"))
    total_amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=TransactionStatus)
    channel = models.CharField(max_length=12, choices=Channel)
    payment_method = models.CharField(
        max_length=10, choices=PaymentMethod, default=PaymentMethod.UNKNOWN
    )
    device = models.CharField(max_length=80, blank=True)
    ip_country = models.CharField(max_length=2, blank=True)
    ship_country = models.CharField(max_length=2, blank=True)
    store = models.CharField(max_length=40, blank=True)
    # Keyed hashes: what they were made of is not kept. `services.sale_marks` makes them.
    card_hash = models.CharField(max_length=32, blank=True, default="", db_default="")
    ship_address_hash = models.CharField(max_length=32, blank=True, default="", db_default="")
    bill_address_hash = models.CharField(max_length=32, blank=True, default="", db_default="")
    # What stays of the e-mail address: `fraud.emails.email_stem`.
    email_stem = models.CharField(max_length=254, blank=True, default="", db_default="")
    # The product's price at the time, before anybody changed it; empty when unknown.
    list_price = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    # When its payment was declined; empty when it was not.
    declined_at = models.DateTimeField(null=True, blank=True)
    # When it happened, and when it was learned of.
    timestamp = models.DateTimeField()
    recorded_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    # A pending payment not settled by then is cancelled.
    expires_at = models.DateTimeField(null=True, blank=True)
    refunded_amount = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal("0"))
    units_returned = models.PositiveIntegerField(default=0)
    request_hash = models.CharField(max_length=64)
    imported_from = models.ForeignKey(
        ImportRun, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # 0 (safe) to 1 (fraud), with the contributions in log-odds that make it.
    fraud_score = models.FloatField()
    is_suspicious = models.BooleanField()
    decision = models.CharField(max_length=6, choices=Decision)
    reasons = models.JSONField(default=list)
    score_version = models.CharField(max_length=40)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)

    objects = TransactionQuerySet.as_manager()

    class Meta:
        db_table = "transactions"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=TransactionStatus.values), name="transactions_status"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transactions_quantity"),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0) & Q(unit_cost__gte=0) & Q(discount__gte=0),
                name="transactions_money_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(total_amount=Round(F("quantity") * F("unit_price"), 2) - F("discount"))
                & Q(total_amount__gte=0),
                name="transactions_total",
            ),
            models.CheckConstraint(
                condition=Q(fraud_score__gte=0) & Q(fraud_score__lte=1),
                name="transactions_score_share",
            ),
            models.CheckConstraint(
                condition=(Q(status__in=REVENUE_STATUSES) & Q(completed_at__isnull=False))
                | (~Q(status__in=REVENUE_STATUSES) & Q(completed_at__isnull=True)),
                name="transactions_completed_at",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0)
                & Q(refunded_amount__lte=F("total_amount"))
                & Q(units_returned__lte=F("quantity")),
                name="transactions_refunds_within_sale",
            ),
        ]
        indexes = [
            # The list, newest first, by key; a window of the last day.
            models.Index(fields=["-timestamp", "-id"], name="idx_tx_timestamp"),
            # Revenue of a period and its drill-down, by key.
            models.Index(
                fields=["-completed_at", "-id"],
                name="idx_tx_completed",
                condition=Q(completed_at__isnull=False),
            ),
            # Revenue of one store in a period.
            models.Index(
                fields=["store", "-completed_at", "-id"],
                name="idx_tx_store_completed",
                condition=Q(completed_at__isnull=False),
            ),
            # Lines of one order.
            models.Index(fields=["order_ref", "id"], name="idx_tx_order_ref"),
            # The review queue, riskiest first.
            models.Index(
                fields=["-fraud_score", "id"],
                name="idx_tx_review_open",
                condition=Q(status=TransactionStatus.IN_REVIEW),
            ),
            # Payments to give up on.
            models.Index(
                fields=["expires_at"],
                name="idx_tx_pending_expiry",
                condition=Q(status=TransactionStatus.PENDING),
            ),
            # The list sorted by amount, and the amount filter.
            models.Index(fields=["-total_amount", "-id"], name="idx_tx_amount"),
            # When a customer was last shipped to a country.
            models.Index(
                fields=["customer", "ship_country", "-timestamp", "-id"],
                name="idx_tx_customer_country",
                condition=Q(customer__isnull=False) & ~Q(ship_country=""),
            ),
            # What was bought from one device, newest first.
            models.Index(
                fields=["device", "-timestamp", "-id"],
                name="idx_tx_device",
                condition=~Q(device=""),
            ),
            # What was paid with one card: of the last day for scoring, around a case for its
            # analyst; so are the three below.
            models.Index(
                fields=["card_hash", "-timestamp", "-id"],
                name="idx_tx_card",
                condition=~Q(card_hash=""),
            ),
            # What was sent to one address.
            models.Index(
                fields=["ship_address_hash", "-timestamp", "-id"],
                name="idx_tx_ship_address",
                condition=~Q(ship_address_hash=""),
            ),
            # What was billed to one address.
            models.Index(
                fields=["bill_address_hash", "-timestamp", "-id"],
                name="idx_tx_bill_address",
                condition=~Q(bill_address_hash=""),
            ),
            # What was ordered with one e-mail stem.
            models.Index(
                fields=["email_stem", "-timestamp", "-id"],
                name="idx_tx_email",
                condition=~Q(email_stem=""),
            ),
            # The newest sales with an e-mail address of one domain.
            models.Index(
                Func(F("email_stem"), Value("@"), Value(2), function="split_part"),
                F("timestamp").desc(),
                F("id").desc(),
                name="idx_tx_email_domain",
                condition=~Q(email_stem="") & Q(customer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class TransactionEvent(models.Model):
    """One step of a sale's life. Append-only by trigger."""

    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    # Empty when the sale was created.
    from_status = models.CharField(max_length=20, choices=TransactionStatus, blank=True)
    to_status = models.CharField(max_length=20, choices=TransactionStatus)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "transaction_events"
        indexes = [
            # The timeline of one sale.
            models.Index(fields=["transaction", "id"], name="idx_tx_events_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} → {self.to_status}"


class Adjustment(models.Model):
    """A refund or chargeback, counted at the time it was booked. Append-only by trigger."""

    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="adjustments", db_index=False
    )
    kind = models.CharField(max_length=20, choices=AdjustmentKind)
    # Positive money; a reversed chargeback counts the other way.
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    units_returned = models.PositiveIntegerField(default=0)
    units_restocked = models.PositiveIntegerField(default=0)
    booked_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    # The caller's idempotency key.
    reference = models.CharField(max_length=120, unique=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "adjustments"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AdjustmentKind.values), name="adjustments_kind"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="adjustments_amount"),
            models.CheckConstraint(
                condition=Q(units_restocked__lte=F("units_returned")),
                name="adjustments_restocked_within_returned",
            ),
        ]
        indexes = [
            # Adjustments of one sale.
            models.Index(fields=["transaction", "id"], name="idx_adjustments_transaction"),
            # What was booked in a period, with the sales of the same period.
            models.Index(fields=["-booked_at", "-id"], name="idx_adjustments_booked"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"

    @property
    def signed_amount(self) -> Decimal:
        """What it adds to net sales: below 0 for money that went back."""
        came_again = self.kind == AdjustmentKind.CHARGEBACK_REVERSED
        return self.amount if came_again else -self.amount
