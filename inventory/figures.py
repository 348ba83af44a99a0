"""What a list shows of its products beside their own columns, looked up for one page at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from inventory.choices import StockState, TotalsWindow
from inventory.models import InventoryPrediction, Product, ProductDaily, ProductTotals
from inventory.querysets import OVER_RATIO

# Whole shop days before today that a trend covers.
TREND_DAYS = 28
# Without a sale for longer, with stock: not selling.
DEAD_DAYS = 180


@dataclass(frozen=True, slots=True)
class ProductFigures:
    """Figures of one product.

    trend: units asked for on each of the 28 whole shop days before today, oldest first.
    daily_mean: predicted units a day, None without a prediction. days_of_cover: stock over
    that mean, None without demand: it lasts for ever.
    """

    product: Product
    state: StockState
    trend: tuple[int, ...]
    daily_mean: float | None
    last_sold_on: date | None

    @property
    def days_of_cover(self) -> float | None:
        """Days that the stock lasts at the predicted demand."""
        return self.product.stock_quantity / self.daily_mean if self.daily_mean else None

    @property
    def sold_28_days(self) -> int:
        """Units asked for over the trend's days."""
        return sum(self.trend)


def product_figures(products: Sequence[Product], *, today: date) -> list[ProductFigures]:
    """Return the figures of a page's products, in its order; three queries whatever their number.

    today: the shop's date.
    """
    keys = [product.pk for product in products]
    trends = _trends(keys, today=today)
    means = dict(
        InventoryPrediction.objects.filter(product_id__in=keys).values_list(
            "product_id", "daily_mean"
        )
    )
    last_sold = dict(
        ProductTotals.objects.filter(product_id__in=keys, window=TotalsWindow.ALL).values_list(
            "product_id", "last_sold_on"
        )
    )
    return [
        ProductFigures(
            product=product,
            state=stock_state(product, last_sold_on=last_sold.get(product.pk), today=today),
            trend=tuple(trends[product.pk]),
            daily_mean=means.get(product.pk),
            last_sold_on=last_sold.get(product.pk),
        )
        for product in products
    ]


def stock_state(product: Product, *, last_sold_on: date | None, today: date) -> StockState:
    """Return the state of a product: the first that holds of out, low, over, dead and ok.

    What never sold counts from the day it came into the range.
    """
    silent_since = last_sold_on or timezone.localdate(product.created_at)
    if product.stock_quantity <= 0:
        return StockState.OUT
    if product.inventory_position <= product.reorder_threshold:
        return StockState.LOW
    if 0 < product.order_up_to < product.inventory_position / OVER_RATIO:
        return StockState.OVER
    if silent_since < today - timedelta(days=DEAD_DAYS):
        return StockState.DEAD
    return StockState.OK


def _trends(product_ids: Collection[int], *, today: date) -> dict[int, list[int]]:
    """Return daily units by product; a day without sales is 0."""
    first_day = today - timedelta(days=TREND_DAYS)
    trends = {product_id: [0] * TREND_DAYS for product_id in product_ids}
    rows = ProductDaily.objects.filter(
        product_id__in=product_ids, day__gte=first_day, day__lt=today
    )
    for product_id, day, units in rows.values_list("product_id", "day", "demand_units"):
        trends[product_id][(day - first_day).days] = units
    return trends
