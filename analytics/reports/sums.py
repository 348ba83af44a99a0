"""Sums of sales by day, hour, category, product or store over a window.

A sale counts when it became revenue, what went back when it was booked. Rollups answer where they
keep what is asked for; of stores there is none, so a store's sums come from its own rows, which
the index of store and time bounds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from analytics.filters import Scope
from techmart.lib.periods import Stretch, midnight

Money = Decimal
ZERO = Decimal("0")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sums:
    """What sales of a bucket come to.

    lines: order lines; 0 for products, whose rollup keeps none. orders: different orders in the
    bucket. units_returned, refunds: booked in it. cost: of units sold less units returned.
    """

    lines: int = 0
    orders: int = 0
    units: int = 0
    units_returned: int = 0
    gross: Money = ZERO
    refunds: Money = ZERO
    cost: Money = ZERO

    def __add__(self, other: "Sums") -> "Sums":
        """Return what both come to; an order in both counts twice."""
        return Sums(
            self.lines + other.lines,
            self.orders + other.orders,
            self.units + other.units,
            self.units_returned + other.units_returned,
            self.gross + other.gross,
            self.refunds + other.refunds,
            self.cost + other.cost,
        )

    @property
    def net(self) -> Money:
        """Gross less what was booked back."""
        return self.gross - self.refunds

    @property
    def margin(self) -> Money:
        """Net less the cost of what was sold and not returned."""
        return (self.net - self.cost).quantize(_CENT)

    @property
    def average_order(self) -> Money | None:
        """Gross an order; None without orders."""
        return (self.gross / self.orders).quantize(_CENT) if self.orders else None


@dataclass(frozen=True, slots=True)
class Sold:
    """Sales of a whole window: gross and refunds are money, the rest counts.

    suspicious: of the lines, those that were scored so.
    """

    lines: int
    suspicious: int
    orders: int
    customers: int
    gross: Money
    refunds: Money

    @property
    def net(self) -> Money:
        """Gross less what was booked back in the window."""
        return self.gross - self.refunds

    @property
    def average_order(self) -> Money | None:
        """Gross an order; None without orders."""
        return (self.gross / self.orders).quantize(_CENT) if self.orders else None


class By(Enum):
    """What sums are made by: SQL of the key, of a sale's moment and row."""

    DAY = "({moment} AT TIME ZONE %(zone)s)::date"
    HOUR = "date_trunc('hour', {moment}, %(zone)s)"
    CATEGORY = "p.category"
    PRODUCT = "t.product_id"


_BACK = "CASE WHEN a.kind = 'chargeback_reversed' THEN -1 ELSE 1 END"
_WINDOW = """
SELECT count(*), count(*) FILTER (WHERE t.is_suspicious), count(DISTINCT t.order_ref),
    count(DISTINCT t.customer_id), coalesce(sum(t.total_amount), 0)
FROM transactions t{join}
WHERE t.completed_at >= %(start)s AND t.completed_at < %(end)s{narrowed}
"""
_BOOKED = f"""
SELECT coalesce(sum({_BACK} * a.amount), 0)
FROM adjustments a JOIN transactions t ON t.id = a.transaction_id{{join}}
WHERE a.booked_at >= %(start)s AND a.booked_at < %(end)s{{narrowed}}
"""
_ROWS = f"""
SELECT key, sum(lines), sum(orders), sum(units), sum(units_returned), sum(gross), sum(refunds),
    sum(cost)
FROM (
    SELECT {{sold_key}} AS key, count(*) AS lines, count(DISTINCT t.order_ref) AS orders,
        sum(t.quantity) AS units, 0 AS units_returned, sum(t.total_amount) AS gross,
        0 AS refunds, sum(t.unit_cost * t.quantity) AS cost
    FROM transactions t{{join}}
    WHERE t.completed_at >= %(start)s AND t.completed_at < %(end)s{{narrowed}}
    GROUP BY 1
    UNION ALL
    SELECT {{booked_key}}, 0, 0, 0, sum({_BACK} * a.units_returned), 0, sum({_BACK} * a.amount),
        -sum({_BACK} * a.units_returned * t.unit_cost)
    FROM adjustments a JOIN transactions t ON t.id = a.transaction_id{{join}}
    WHERE a.booked_at >= %(start)s AND a.booked_at < %(end)s{{narrowed}}
    GROUP BY 1
) parts
GROUP BY key
"""
_SUMMED = """sum({table}.orders), sum({table}.units), sum({table}.units_returned),
    sum({table}.gross), sum({table}.refunds), sum({table}.cost)"""
_HOURS = f"""
SELECT {{key}}, sum(sales_hourly.lines), {_SUMMED.format(table="sales_hourly")}
FROM sales_hourly WHERE hour >= %(start)s AND hour < %(end)s
GROUP BY 1
"""
_CATEGORIES = f"""
SELECT {{key}}, sum(category_daily.lines), {_SUMMED.format(table="category_daily")}
FROM category_daily
WHERE day BETWEEN %(first)s AND %(last)s{{narrowed}}
GROUP BY 1
"""
_PRODUCTS = f"""
SELECT d.product_id, 0, {_SUMMED.format(table="d")}
FROM product_daily d{{join}}
WHERE d.day BETWEEN %(first)s AND %(last)s{{narrowed}}
GROUP BY 1
"""


def sold_in(scope: Scope, stretch: Stretch) -> Sold:
    """Return what the sales of a window come to, from its own rows: distincts do not add up."""
    parts = _narrowing(scope)
    values = {"start": stretch.start, "end": stretch.end, **_values(scope)}
    with connection.cursor() as cursor:
        cursor.execute(_WINDOW.format(**parts), values)
        lines, suspicious, orders, customers, gross = cursor.fetchone()
        cursor.execute(_BOOKED.format(**parts), values)
        [refunds] = cursor.fetchone()
    return Sold(lines, suspicious, orders, customers, gross, refunds)


def by_day(scope: Scope, first: date, last: date) -> dict[date, Sums]:
    """Return the sums of the days from first to last that have any."""
    if scope.store:
        return rows_by(By.DAY, scope, _days(first, last))
    if scope.category:
        query = _CATEGORIES.format(key="day", narrowed=" AND category = %(category)s")
        return _asked(query, {"first": first, "last": last, **_values(scope)})
    query = _HOURS.format(key=By.DAY.value.format(moment="hour"))
    return _asked(query, _bounds(_days(first, last)))


def by_hour(scope: Scope, first: date, last: date) -> dict[datetime, Sums]:
    """Return the sums of the hours with any, from first to last, by when they begin."""
    if not scope.whole_shop:
        return rows_by(By.HOUR, scope, _days(first, last))
    return _asked(_HOURS.format(key="hour"), _bounds(_days(first, last)))


def by_category(scope: Scope, first: date, last: date) -> dict[str, Sums]:
    """Return the sums of each category with any, from first to last, both shop days included."""
    if scope.store:
        return rows_by(By.CATEGORY, scope, _days(first, last))
    narrowed = " AND category = %(category)s" if scope.category else ""
    query = _CATEGORIES.format(key="category", narrowed=narrowed)
    return _asked(query, {"first": first, "last": last, **_values(scope)})


def by_product(
    scope: Scope, first: date, last: date, *, among: list[int] | None = None
) -> dict[int, Sums]:
    """Return the sums of each product with any, from first to last, both shop days included.

    among: only these products.
    """
    if scope.store:
        found: dict[int, Sums] = rows_by(By.PRODUCT, scope, _days(first, last))
        return found if among is None else {key: found[key] for key in among if key in found}
    narrowed = " AND p.category = %(category)s" if scope.category else ""
    if among is not None:
        narrowed += " AND d.product_id = ANY(%(among)s)"
    query = _PRODUCTS.format(
        join=" JOIN products p ON p.id = d.product_id" if scope.category else "",
        narrowed=narrowed,
    )
    return _asked(query, {"first": first, "last": last, "among": among, **_values(scope)})


def rows_by(key: By, scope: Scope, stretch: Stretch) -> dict[Any, Sums]:
    """Return the sums of each bucket with any, from the rows of sales and adjustments."""
    parts = _narrowing(scope, with_products=key is By.CATEGORY)
    query = _ROWS.format(
        sold_key=key.value.format(moment="t.completed_at"),
        booked_key=key.value.format(moment="a.booked_at"),
        **parts,
    )
    return _asked(query, {**_bounds(stretch), **_values(scope)})


def _narrowing(scope: Scope, *, with_products: bool = False) -> Mapping[str, str]:
    joined = with_products or scope.category
    return {
        "join": " JOIN products p ON p.id = t.product_id" if joined else "",
        "narrowed": (" AND t.store = %(store)s" if scope.store else "")
        + (" AND p.category = %(category)s" if scope.category else ""),
    }


def _values(scope: Scope) -> dict[str, Any]:
    return {"store": scope.store, "category": scope.category}


def _bounds(stretch: Stretch) -> dict[str, Any]:
    return {"start": stretch.start, "end": stretch.end, "zone": settings.TIME_ZONE}


def _days(first: date, last: date) -> Stretch:
    zone = ZoneInfo(settings.TIME_ZONE)
    return Stretch(midnight(first, zone), midnight(last + timedelta(days=1), zone))


def _asked(query: str, values: Mapping[str, Any]) -> dict[Any, Sums]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return {
            key: Sums(int(lines), int(orders), int(units), int(returned), gross, refunds, cost)
            for key, lines, orders, units, returned, gross, refunds, cost in cursor.fetchall()
        }
