"""Which categories and products sell most, and how that changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from analytics.filters import ReportFilters
from analytics.reports import materialized
from analytics.reports.catalogue import catalogue
from analytics.reports.sums import Sums, by_category, by_product
from techmart.lib.periods import Windows

K = TypeVar("K")

CATEGORY_ROWS = 5
TOP_ROWS = 6
# Windows of product totals that stand nearest to a period's days.
_TOP_WINDOWS = (7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class RankRow:
    """A category or product with its revenue, and that of the window before where known."""

    name: str
    url: str
    revenue: Decimal
    previous: Decimal | None
    sku: str = ""
    units: int = 0
    # Where `url` leads elsewhere: the sales that the revenue is the sum of.
    sales_url: str = ""


def categories(filters: ReportFilters, spans: Windows) -> list[RankRow]:
    """Return the categories with most net sales in the window, with those of the one before."""
    now = by_category(filters.scope, spans.first_day, spans.last_day)
    earlier = _before(spans, lambda first, last: by_category(filters.scope, first, last))
    first = sorted(now.items(), key=lambda item: (-item[1].net, item[0]))[:CATEGORY_ROWS]
    return [
        RankRow(
            name=name,
            url=filters.sales_url(basis="booked", cat=name),
            revenue=sums.net,
            previous=None if earlier is None else earlier.get(name, Sums()).net,
        )
        for name, sums in first
    ]


def _before(
    spans: Windows, read: Callable[[date, date], Mapping[K, Sums]]
) -> Mapping[K, Sums] | None:
    """Return the sums of the days compared with; None where nothing is compared."""
    if spans.previous is None:
        return None
    return read(spans.first_day - spans.shift, spans.last_day - spans.shift)


@dataclass(frozen=True, slots=True)
class TopProducts:
    """Products with most gross sales of some shop days, both included."""

    first_day: date
    last_day: date
    rows: Sequence[RankRow]

    @property
    def days(self) -> int:
        """Return how many shop days they are the best of."""
        return (self.last_day - self.first_day).days + 1


def top_window(days: int) -> int:
    """Return the window of product totals that a period of so many days is shown over."""
    return next((window for window in _TOP_WINDOWS if window >= days), _TOP_WINDOWS[-1])


def top_products(filters: ReportFilters, spans: Windows) -> TopProducts:
    """Return the products with most gross sales, each with its gross of as many days before.

    A running period of the whole shop is shown over the nearest window of the product totals;
    chosen days, a store or a category over exactly the days of the page.
    """
    scope, last = filters.scope, spans.last_day
    if filters.custom or not scope.whole_shop:
        first = spans.first_day
        sums = by_product(scope, first, last)
        best = sorted(sums.items(), key=lambda item: (-item[1].gross, item[0]))[:TOP_ROWS]
        found = [(key, row.gross, row.units) for key, row in best if row.gross > 0]
    else:
        window = top_window(spans.days)
        first = last - timedelta(days=window - 1)
        rows = materialized.top_products(window)[:TOP_ROWS]
        found = [(row.product_id, row.gross, row.units) for row in rows]
    keys = [key for key, _, _ in found]
    earlier: dict[int, Sums] = {}
    if spans.previous is not None:
        length = (last - first).days + 1
        earlier = by_product(
            scope, first - timedelta(days=length), first - timedelta(days=1), among=keys
        )
    products = catalogue(keys)
    window_of_rows = {"from": first.isoformat(), "to": last.isoformat(), "basis": "completed"}
    return TopProducts(
        first,
        last,
        [
            RankRow(
                name=products[key].name,
                sku=products[key].sku,
                url=products[key].url,
                sales_url=filters.sales_url(period="", **window_of_rows, sku=products[key].sku),
                revenue=gross,
                units=units,
                previous=None if spans.previous is None else earlier.get(key, Sums()).gross,
            )
            for key, gross, units in found
        ],
    )
