"""Who delivers."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Supplier(models.Model):
    """Who delivers. Deactivated, never deleted."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    email = models.EmailField(blank=True)
    # Share of receipts on time and in full, prior 0.8 worth ten receipts; 0 to 1.
    reliability = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.8"))
    lead_time_days = models.DecimalField(
        "promised lead time", max_digits=6, decimal_places=2, default=Decimal("7")
    )
    lead_time_sd_days = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("0"))
    tolerance_days = models.PositiveSmallIntegerField(default=0)
    # ISO weekdays (1 Monday to 7 Sunday) on which orders are taken; empty: any day.
    order_weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    minimum_order_value = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal("0"))
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "suppliers"
        constraints = [
            models.CheckConstraint(
                condition=Q(reliability__gte=0) & Q(reliability__lte=1),
                name="suppliers_reliability_share",
            ),
            models.CheckConstraint(
                condition=Q(lead_time_days__gte=0) & Q(lead_time_sd_days__gte=0),
                name="suppliers_lead_time_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(minimum_order_value__gte=0), name="suppliers_mov_not_negative"
            ),
        ]
        indexes = [
            # The supplier list and the name filter, by key.
            models.Index(fields=["name", "id"], name="idx_suppliers_name"),
            # Find a supplier by part of its name.
            GinIndex(OpClass("name", name="gin_trgm_ops"), name="idx_suppliers_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def review_period_days(self) -> float:
        """Mean days between two chances to order; 1 when any day will do."""
        return 7 / len(self.order_weekdays) if self.order_weekdays else 1.0
