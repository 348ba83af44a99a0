"""Every alert about stock, brought in line with stock, levels and what is on its way."""

from datetime import datetime

from inventory.planner.runouts import review_runouts
from inventory.services.excess_stock import review_excess_stock
from inventory.services.stock_alerts import review_all_stock_alerts


def review_range_alerts(*, now: datetime) -> None:
    """Look at all products: what is low or out, too much, or runs out before goods come.

    After planning, which moves the levels. A few statements, whatever the number of products.
    """
    review_all_stock_alerts(now=now)
    review_excess_stock(now=now)
    review_runouts(now=now)
