"""Sheets of products to count, and what came of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.choices import AbcClass, CountLineState, SheetState
from inventory.models.ledger import StockCount
from inventory.models.products import Product


class CountSheet(models.Model):
    """Products that somebody goes and counts."""

    abc_class = models.CharField("class", max_length=1, choices=AbcClass, blank=True)
    state = models.CharField(max_length=4, choices=SheetState, default=SheetState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "count_sheets"
        permissions = [("approve_countsheet", "Can approve large differences of a count")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=SheetState.values), name="count_sheets_state"
            ),
            models.CheckConstraint(
                condition=Q(state=SheetState.OPEN, closed_at__isnull=True)
                | Q(state=SheetState.DONE, closed_at__isnull=False),
                name="count_sheets_done_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Count sheet {self.pk}"


class CountLine(models.Model):
    """One product of a sheet. A difference above the limit waits for a second person."""

    sheet = models.ForeignKey(
        CountSheet, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="count_lines", db_index=False
    )
    state = models.CharField(max_length=8, choices=CountLineState, default=CountLineState.TO_COUNT)
    counted_units = models.PositiveIntegerField(null=True, blank=True)
    # Stock at the moment of counting: what was sold since is not part of the difference.
    booked_units = models.PositiveIntegerField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # What was posted.
    count = models.OneToOneField(
        StockCount, null=True, blank=True, on_delete=models.PROTECT, related_name="sheet_line"
    )

    class Meta:
        db_table = "count_lines"
        constraints = [
            models.UniqueConstraint(fields=["sheet", "product"], name="count_lines_product_once"),
            models.CheckConstraint(
                condition=Q(state__in=CountLineState.values), name="count_lines_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(CountLineState.TO_COUNT, CountLineState.REFUSED))
                | Q(counted_units__isnull=False, booked_units__isnull=False),
                name="count_lines_counted_has_units",
            ),
        ]
        indexes = [
            # Products that stand on a sheet already, when the next one is made.
            models.Index(
                fields=["product"],
                name="idx_count_lines_open",
                condition=~Q(state=CountLineState.POSTED),
            ),
        ]

    def __str__(self) -> str:
        return f"Product {self.product_id} of sheet {self.sheet_id}"

    @property
    def difference(self) -> int | None:
        """Units counted beyond those booked; None before a count."""
        if self.counted_units is None or self.booked_units is None:
            return None
        return self.counted_units - self.booked_units
