"""The append-only stock ledger and the counts that correct it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.choices import (
    DECREASES,
    INCREASES,
    MovementKind,
)
from inventory.models.products import Product
from inventory.querysets import (
    StockMovementQuerySet,
)


class StockMovement(models.Model):
    """One change of one product's stock. Append-only: a trigger refuses change and removal.

    Each source posts at most once a kind and product. `balance_after` is the product's stock
    after this entry in order of writing; stock at a past moment is the sum up to it.
    """

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    kind = models.CharField(max_length=16, choices=MovementKind)
    quantity = models.IntegerField()
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    # "transaction", "adjustment", "receipt", "count", "import", "opening", "movement" (the one
    # reversed), "audit" (a correction by a person).
    source_type = models.CharField(max_length=20)
    source_id = models.BigIntegerField()
    reversal_of = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=300, blank=True)
    balance_after = models.IntegerField()
    # Worked out rather than counted: an opening balance that the sales imply.
    inferred = models.BooleanField(default=False)

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        db_table = "stock_movements"
        constraints = [
            models.UniqueConstraint(
                fields=["source_type", "source_id", "kind", "product"], name="movements_source_once"
            ),
            models.CheckConstraint(
                condition=(Q(kind__in=INCREASES) & Q(quantity__gt=0))
                | (Q(kind__in=DECREASES) & Q(quantity__lt=0))
                | (Q(kind__in=(MovementKind.OPENING, MovementKind.REVERSAL)) & ~Q(quantity=0)),
                name="movements_sign",
            ),
            models.CheckConstraint(
                condition=(Q(kind=MovementKind.REVERSAL) & Q(reversal_of__isnull=False))
                | (~Q(kind=MovementKind.REVERSAL) & Q(reversal_of__isnull=True)),
                name="movements_reversal_target",
            ),
            models.CheckConstraint(
                condition=Q(balance_after__gte=0), name="movements_balance_not_negative"
            ),
        ]
        indexes = [
            # The ledger of one product, newest first, by key; stock at a past moment.
            models.Index(fields=["product", "-occurred_at", "-id"], name="idx_movements_product"),
            # Movements of the API and the health page, newest first.
            models.Index(fields=["-recorded_at", "-id"], name="idx_movements_recorded"),
            # Receipts and counts of a period.
            models.Index(fields=["kind", "-occurred_at", "-id"], name="idx_movements_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+d}"


class StockCount(models.Model):
    """What somebody counted, beside what was booked then. Append-only by trigger.

    A difference posts a movement whose source is this row.
    """

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="counts", db_index=False
    )
    counted_units = models.PositiveIntegerField()
    booked_units = models.PositiveIntegerField()
    counted_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
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
        db_table = "stock_counts"
        indexes = [
            # Counts of one product, newest first.
            models.Index(fields=["product", "-counted_at", "-id"], name="idx_counts_product"),
        ]

    def __str__(self) -> str:
        return f"{self.counted_units} counted of product {self.product_id}"
