"""Reads what a rule watches: the sums and levels that the dashboard shows."""

from analytics.dashboard.figures import held_sales, low_products_in, out_products_in
from analytics.filters import Scope
from analytics.metric_rules.choices import Measure
from analytics.reports.sums import sold_in
from techmart.lib.periods import Stretch


def read_level(measure: Measure) -> float:
    """Return what is so now in the whole shop: products, or sales held."""
    shop = Scope()
    match measure:
        case Measure.HELD:
            return float(held_sales(shop).count())
        case Measure.LOW_STOCK:
            return float(low_products_in(shop).count())
        case Measure.OUT_OF_STOCK:
            return float(out_products_in(shop).count())
    raise ValueError(f"{measure} has a window")


def read_window(measure: Measure, scope: Scope, stretch: Stretch) -> float | None:
    """Return a measure of the sales of a window: money, a count, or a share 0 to 1.

    None where a ratio has nothing to divide by.
    """
    sold = sold_in(scope, stretch)
    match measure:
        case Measure.NET_SALES:
            return float(sold.net)
        case Measure.ORDERS:
            return float(sold.orders)
        case Measure.AVERAGE_ORDER:
            return None if sold.average_order is None else float(sold.average_order)
        case Measure.REFUNDS:
            return float(sold.refunds)
        case Measure.SUSPICIOUS_SHARE:
            return sold.suspicious / sold.lines if sold.lines else None
    raise ValueError(f"{measure} has no window")
