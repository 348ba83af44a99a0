"""How large the shops are: the same daily traffic, one with ten times the other's history."""

from benchmarks.synthetic import ShopSize

# Longer than every window of the views: only what lies behind them differs.
SHORT_DAYS = 400
LONG_DAYS = 10 * SHORT_DAYS
LINES_PER_DAY = 50


def shop_size(*, days: int, scale: float) -> ShopSize:
    """Return the size of a shop of so many days; scale multiplies its daily sales."""
    return ShopSize(
        days=days,
        lines_per_day=round(LINES_PER_DAY * scale),
        products=2000,
        customers=1000,
        suppliers=100,
    )
