"""What is short and what to order: stock has one place, so a store narrows neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, FloatField, Q, QuerySet
from django.db.models.functions import Cast

from analytics.dashboard.figures import low_products_in
from analytics.filters import Scope
from inventory.choices import StockState
from inventory.models import ProductDaily, ReorderSuggestion
from inventory.paths import product_path
from techmart.lib import formats
from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import LOW_STOCK

LOW_ROWS = 6
SUGGESTION_ROWS = 4
TREND_DAYS = 28


@dataclass(frozen=True, slots=True)
class LowProduct:
    """A product at or below its reorder point. trend: units a day, oldest first."""

    name: str
    sku: str
    url: str
    available: int
    reorder_at: int
    trend: Sequence[float]
    cover_days: float | None
    lead_time_days: float
    state: str
    on_order: int


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """What to order of one product."""

    name: str
    url: str
    quantity: int
    cost: Decimal
    why: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class LowStock:
    """Low products: how many there are, and those that run out first."""

    total: int
    rows: Sequence[LowProduct]


def low_stock(scope: Scope, *, today: date) -> LowStock:
    """Return the low products of the category; of the whole range through the cache's row."""

    def read() -> LowStock:
        return LowStock(low_products_in(scope).count(), low_products(scope, today=today))

    if scope.category:
        return read()
    return get_or_compute(LOW_STOCK, {}, read).value


def low_products(scope: Scope, *, today: date) -> list[LowProduct]:
    """Return the low products that run out first, those with demand before those without."""
    rows = list(
        low_products_in(scope)
        .filter(Q(prediction__daily_mean__gt=0) | Q(prediction__isnull=True))
        .annotate(cover=Cast("stock_quantity", FloatField()) / F("prediction__daily_mean"))
        .order_by(F("cover").asc(nulls_last=True), "pk")
        .select_related("supplier")[:LOW_ROWS]
    )
    trends = unit_trends([row.pk for row in rows], last=today)
    return [
        LowProduct(
            name=row.name,
            sku=row.sku,
            url=product_path(row.sku),
            available=row.stock_quantity,
            reorder_at=row.reorder_threshold,
            trend=trends[row.pk],
            cover_days=getattr(row, "cover"),  # noqa: B009  an annotation, unknown to the model
            lead_time_days=float(row.lead_time_days or row.supplier.lead_time_days),
            state=StockState.OUT if row.stock_quantity <= 0 else StockState.LOW,
            on_order=row.on_order_quantity,
        )
        for row in rows
    ]


def unit_trends(product_ids: Sequence[int], *, last: date) -> dict[int, list[float]]:
    """Return units demanded a day over 28 days up to `last`, for each product, zeros included."""
    first = last - timedelta(days=TREND_DAYS - 1)
    trends = {key: [0.0] * TREND_DAYS for key in product_ids}
    for key, day, units in ProductDaily.objects.filter(
        product_id__in=product_ids, day__range=(first, last)
    ).values_list("product_id", "day", "demand_units"):
        trends[key][(day - first).days] = float(units)
    return trends


def open_suggestions(scope: Scope) -> QuerySet[ReorderSuggestion]:
    """Return the open suggestions of the category, whatever the store, best first."""
    found = ReorderSuggestion.objects.open()
    return found.filter(product__category=scope.category) if scope.category else found


def suggestions(scope: Scope) -> list[SuggestionRow]:
    """Return the open suggestions that save most."""
    return [
        SuggestionRow(
            name=row.product.name,
            url=product_path(row.product.sku),
            quantity=row.quantity,
            cost=row.quantity * row.unit_cost,
            why=_why(row),
            confidence=row.confidence,
        )
        for row in open_suggestions(scope)[:SUGGESTION_ROWS]
    ]


def _why(row: ReorderSuggestion) -> str:
    lead = row.product.lead_time_days or row.product.supplier.lead_time_days
    if row.product.stock_quantity <= 0:
        return f"Out of stock, delivery takes {formats.count(lead)} days"
    chance = formats.rate(row.p_stockout, places=0)
    return f"{chance} chance to run out before a delivery of {formats.count(lead)} days"
