"""Daily sales and totals of products; written by the fold of analytics."""

from decimal import Decimal

from django.db import models

from inventory.choices import (
    TotalsWindow,
)
from inventory.models.products import Product


class ProductDaily(models.Model):
    """One row per product and shop day with a sale or an adjustment. Filled by the fold.

    demand_units counts lines by the day they were created, status not failed or cancelled;
    units, gross and cost by completed_at; refunds and units_returned by booked_at.
    """

    pk = models.CompositePrimaryKey("product_id", "day")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    demand_units = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    units_returned = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    gross = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    refunds = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    # Cost of units sold less units returned.
    cost = models.DecimalField(max_digits=18, decimal_places=4, default=Decimal("0"))

    class Meta:
        db_table = "product_daily"
        indexes = [
            # All products of a range of days: forecasts, and the day that leaves a window.
            models.Index(fields=["day", "product"], name="idx_product_daily_day"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.day}"


class ProductTotals(models.Model):
    """One row per product and window of shop days. Moves by product_daily's differences."""

    pk = models.CompositePrimaryKey("product_id", "window")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    window = models.SmallIntegerField(choices=TotalsWindow)
    demand_units = models.BigIntegerField(default=0)
    units = models.BigIntegerField(default=0)
    units_returned = models.BigIntegerField(default=0)
    orders = models.BigIntegerField(default=0)
    gross = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0"))
    refunds = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0"))
    cost = models.DecimalField(max_digits=20, decimal_places=4, default=Decimal("0"))
    # Kept for window 0 only: newest and oldest day with a unit sold.
    first_sold_on = models.DateField(null=True)
    last_sold_on = models.DateField(null=True)

    class Meta:
        db_table = "product_totals"
        indexes = [
            # Top products of a window by revenue.
            models.Index(fields=["window", "-gross", "product"], name="idx_product_totals_rank"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} over {self.window}"
