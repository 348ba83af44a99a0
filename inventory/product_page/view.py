"""What the parts of a product's page share, each read once and only when asked for."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import timezone

from inventory.choices import (
    INBOUND_ORDER_STATES,
    OPEN_SUGGESTION_STATES,
    TotalsWindow,
)
from inventory.known_predictions import known_prediction
from inventory.models import (
    ForecastOverride,
    InventoryPrediction,
    Product,
    ProductDaily,
    ProductTotals,
    PurchaseOrderLine,
    ReorderSuggestion,
)
from techmart.lib import formats
from techmart.lib.page_parts import AsOf

FRESH_SECONDS = 60
HISTORY_DAYS = 56
# Days that the figures on top are of.
FIGURE_DAYS = 28
OVERRIDES_SHOWN = 5
# Lengths of time that demand is predicted over, days; the first unless asked for.
HORIZONS = (7, 14, 28)


class ProductView:
    """One product and what is known around it at one moment."""

    def __init__(self, product: Product, *, now: datetime) -> None:
        self.product = product
        self.now = now
        self.today = timezone.localdate(now)
        self.freshness = AsOf(now, FRESH_SECONDS)

    @cached_property
    def prediction(self) -> InventoryPrediction | None:
        """The newest prediction."""
        return known_prediction(self.product.pk)

    @cached_property
    def overrides(self) -> list[ForecastOverride]:
        """The newest words of planners on its demand, not taken back."""
        rows = ForecastOverride.objects.filter(product=self.product, withdrawn_at=None)
        return list(rows.select_related("actor").order_by("-first_day", "pk")[:OVERRIDES_SHOWN])

    @cached_property
    def first_sold_on(self) -> date | None:
        """Shop day of the first unit sold."""
        totals = ProductTotals.objects.filter(product=self.product, window=TotalsWindow.ALL)
        return totals.values_list("first_sold_on", flat=True).first()

    @cached_property
    def days(self) -> dict[date, ProductDaily]:
        """The whole shop days that figures and chart need, those with sales or returns."""
        first = self.today - timedelta(days=HISTORY_DAYS + max(HORIZONS))
        rows = ProductDaily.objects.filter(product=self.product, day__gte=first, day__lt=self.today)
        return {row.day: row for row in rows}

    @cached_property
    def per_day(self) -> float:
        """Predicted units a day; the mean of 28 days while there is no prediction."""
        if self.prediction is not None:
            return self.prediction.daily_mean
        return float(self.sum_of("demand_units", FIGURE_DAYS, 0) / FIGURE_DAYS)

    @property
    def cover_days(self) -> float | None:
        """Days that stock lasts; None without demand."""
        return self.product.stock_quantity / self.per_day if self.per_day else None

    @property
    def lead_time_days(self) -> float:
        """Promised for this product, or by its supplier."""
        own = self.product.lead_time_days
        return float(self.product.supplier.lead_time_days if own is None else own)

    @cached_property
    def deliveries(self) -> dict[int, int]:
        """Units on their way by days from today; what is late may come any time: 0."""
        lines = PurchaseOrderLine.objects.filter(
            product=self.product, order__state__in=INBOUND_ORDER_STATES
        ).values_list("order__promised_date", "quantity", "received_quantity")
        due: dict[int, int] = defaultdict(int)
        for promised, ordered, received in lines:
            if ordered > received:
                days = (promised - self.today).days if promised else 0
                due[max(0, days)] += ordered - received
        return dict(due)

    @cached_property
    def suggestion(self) -> ReorderSuggestion | None:
        """The open suggestion."""
        return ReorderSuggestion.objects.filter(
            product=self.product, state__in=OPEN_SUGGESTION_STATES
        ).first()

    def sum_of(self, field: str, days: int, skipped: int) -> Any:
        """Return a sum over `days` whole days, the newest `skipped` left out."""
        last = self.today - timedelta(days=1 + skipped)
        first = last - timedelta(days=days - 1)
        return sum(
            (getattr(row, field) for day, row in self.days.items() if first <= day <= last),
            start=Decimal(0) if field in {"gross", "refunds"} else 0,
        )


def weekday(day: date) -> str:
    """Return `Sat 28 Nov`."""
    return f"{day:%a} {formats.day(day, year=False)}"
