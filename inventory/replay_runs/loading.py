"""A shop's past from its rows: demand, ledger, orders and receipts of some products."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from inventory.arrays import BoolArray, FloatArray, IntArray, StrArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.engine import HISTORY_DAYS
from inventory.models import Product
from inventory.planner.stockouts import load_corrected_demand
from inventory.reorder.classes import abc_classes
from inventory.replay.as_of import RECEIPTS_DAYS
from inventory.replay.world import ABC_BLOCK_DAYS, ReceiptLog, Terms, World
from inventory.replay_runs.supplier_minimums import shared_minimums
from techmart.core.shop import shop_settings

# A year in whole blocks, for classes by the margin of the year before.
YEAR_BLOCKS = 13
_FETCH = 100_000


def load_world(product_ids: Sequence[int], *, first_day: date, last_day: date) -> World:
    """Return the past of these products from first_day to last_day, both included.

    Terms, prices and costs are those of today: they are not kept by day.
    """
    keys = np.array(sorted(product_ids), dtype=np.int64)
    period = _Period(first_day, last_day)
    terms, weekdays, names, correct = _terms(keys, first_day=first_day)
    demand, _ = load_corrected_demand(
        keys,
        category_names=names,
        correct=correct,
        days=HISTORY_DAYS + period.days,
        now=_midnight(last_day + timedelta(days=1)),
    )
    sold = period.matrix(_SOLD, keys)
    receipts, receipt_lines = period.matrices(_RECEIPTS, keys, columns=2)
    own_lines, lead_days = period.matrices(_ORDERED, keys, columns=2)
    inbound = period.matrix(_INBOUND, keys)
    log = _receipt_log(period, terms)
    return World(
        first_day=first_day,
        terms=terms,
        demand=demand,
        censored=_censored(demand, sold),
        sold=sold,
        opening=_by_product(_OPENING, keys, period),
        receipts=receipts,
        adjustments=period.matrix(_MOVED, keys) - receipts + sold,
        order_lines=(own_lines + receipt_lines).astype(np.int64),
        real_lead_days=np.where(lead_days > 0, lead_days, np.nan),
        inbound=inbound,
        inbound_units=inbound.sum(axis=0) + _by_product(_STILL_INBOUND, keys, period),
        reviews=_reviews(weekdays, period),
        abc=_classes(keys, period),
        shelf_day=np.maximum(0, period.days - demand.history_days),
        receipt_log=log,
    )


def _censored(demand: Demand, sold: FloatArray) -> BoolArray:
    """Return the days whose demand was corrected, (days, products)."""
    newest = demand.units[len(demand.units) - len(sold) :]
    corrected: BoolArray = newest != sold
    if demand.imputed is not None:
        corrected |= demand.imputed[len(demand.units) - len(sold) :]
    return corrected


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class _Period:
    """Shop days of a replay and queries over them by day and product."""

    def __init__(self, first_day: date, last_day: date) -> None:
        self.first_day, self.last_day = first_day, last_day
        self.days = (last_day - first_day).days + 1

    def parameters(self, keys: IntArray) -> dict[str, Any]:
        """Return what every query takes."""
        return {
            "first_day": self.first_day,
            "last_day": self.last_day,
            "start": _midnight(self.first_day),
            "end": _midnight(self.last_day + timedelta(days=1)),
            "zone": settings.TIME_ZONE,
            "product_ids": keys.tolist(),
        }

    def matrix(self, query: str, keys: IntArray) -> FloatArray:
        """Return the third column of rows (product, day, number) as (days, products)."""
        return self.matrices(query, keys, columns=1)[0]

    def matrices(self, query: str, keys: IntArray, *, columns: int) -> list[FloatArray]:
        """Return each column after product and day, (days, products); 0 where there is no row."""
        found = np.zeros((columns, self.days, len(keys)))
        with connection.cursor() as cursor:
            cursor.execute(query, self.parameters(keys))
            while rows := cursor.fetchmany(_FETCH):
                table = np.array(rows, dtype=np.float64)
                at = np.searchsorted(keys, table[:, 0].astype(np.int64))
                day = table[:, 1].astype(np.int64)
                for column in range(columns):
                    found[column, day, at] = table[:, 2 + column]
        return list(found)


def _by_product(query: str, keys: IntArray, period: _Period) -> FloatArray:
    """Return the second column of rows (product, number), (products,)."""
    found = np.zeros(len(keys))
    with connection.cursor() as cursor:
        cursor.execute(query, period.parameters(keys))
        table = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 2)
    found[np.searchsorted(keys, table[:, 0].astype(np.int64))] = table[:, 1]
    return found


_SOLD = """
SELECT product_id, day - %(first_day)s::date, demand_units
FROM product_daily
WHERE day BETWEEN %(first_day)s AND %(last_day)s AND product_id = ANY(%(product_ids)s)
"""
_LEDGER = """
FROM stock_movements
WHERE product_id = ANY(%(product_ids)s) AND occurred_at >= %(start)s AND occurred_at < %(end)s
"""
_DAY = "(occurred_at AT TIME ZONE %(zone)s)::date - %(first_day)s::date"
_MOVED = f"SELECT product_id, {_DAY}, sum(quantity) {_LEDGER} GROUP BY 1, 2"
# A receipt that no order of ours explains counts as one line, ordered when it came.
_RECEIPTS = f"""
SELECT product_id, {_DAY}, sum(quantity), max((source_type <> 'receipt')::int)
{_LEDGER} AND kind = 'receipt'
GROUP BY 1, 2
"""
_OPENING = """
SELECT product_id, sum(quantity) FROM stock_movements
WHERE product_id = ANY(%(product_ids)s) AND occurred_at < %(start)s
GROUP BY product_id
"""
# Lines sent that day, and the days until they came, by units; 0 where nothing came yet.
_ORDERED = """
SELECT l.product_id, (o.ordered_at AT TIME ZONE %(zone)s)::date - %(first_day)s::date,
    count(DISTINCT l.id),
    coalesce(
        sum(
            r.quantity * greatest(
                1,
                (r.received_at AT TIME ZONE %(zone)s)::date
                    - (o.ordered_at AT TIME ZONE %(zone)s)::date
            )
        )::float8 / sum(r.quantity),
        0
    )
FROM purchase_order_lines l
JOIN purchase_orders o ON o.id = l.order_id
LEFT JOIN receipts r ON r.line_id = l.id
WHERE l.product_id = ANY(%(product_ids)s)
    AND o.ordered_at >= %(start)s AND o.ordered_at < %(end)s AND o.state <> 'cancelled'
GROUP BY 1, 2
"""
_RECEIVED = """
FROM receipts r
JOIN purchase_order_lines l ON l.id = r.line_id
JOIN purchase_orders o ON o.id = l.order_id
"""
_INBOUND = f"""
SELECT l.product_id, (r.received_at AT TIME ZONE %(zone)s)::date - %(first_day)s::date,
    sum(r.quantity)
{_RECEIVED}
WHERE l.product_id = ANY(%(product_ids)s) AND o.ordered_at < %(start)s
    AND r.received_at >= %(start)s AND r.received_at < %(end)s
GROUP BY 1, 2
"""
# Ordered before the first day and come after the last one, or not yet.
_STILL_INBOUND = f"""
SELECT product_id, sum(units) FROM (
    SELECT l.product_id, r.quantity AS units {_RECEIVED}
    WHERE l.product_id = ANY(%(product_ids)s) AND o.ordered_at < %(start)s
        AND r.received_at >= %(end)s
    UNION ALL
    SELECT l.product_id, l.quantity - l.received_quantity
    FROM purchase_order_lines l JOIN purchase_orders o ON o.id = l.order_id
    WHERE l.product_id = ANY(%(product_ids)s) AND o.ordered_at < %(start)s
        AND o.state IN ('sent', 'confirmed', 'partially_received')
        AND l.received_quantity < l.quantity
) AS outstanding
GROUP BY product_id
"""
_RECEIPT_LOG = f"""
SELECT o.supplier_id, l.product_id,
    greatest(0, extract(epoch FROM r.received_at - o.ordered_at) / 86400)::float8,
    (r.received_at AT TIME ZONE %(zone)s)::date - %(first_day)s::date,
    (greatest(r.received_at, r.recorded_at) AT TIME ZONE %(zone)s)::date - %(first_day)s::date
{_RECEIVED}
WHERE o.supplier_id = ANY(%(supplier_ids)s) AND o.ordered_at IS NOT NULL
    AND r.received_at >= %(oldest)s AND r.received_at < %(end)s
ORDER BY r.received_at, r.id
"""
_MARGINS = """
SELECT d.product_id, (d.day - %(oldest_day)s::date) / %(block_days)s,
    sum(d.gross - d.refunds - d.cost)
FROM product_daily d JOIN products p ON p.id = d.product_id
WHERE d.day >= %(oldest_day)s AND d.day <= %(last_day)s
    AND (p.active OR p.id = ANY(%(product_ids)s))
GROUP BY 1, 2
"""


def _terms(
    keys: IntArray, *, first_day: date
) -> tuple[Terms, list[list[int]], list[str], BoolArray]:
    """Return the terms of products, the weekdays on which their suppliers take orders, their
    categories, and whether their days without stock are corrected for."""
    rows = list(
        Product.objects.filter(pk__in=keys.tolist())
        .order_by("pk")
        .values_list(
            "supplier_id",
            "category",
            "lead_time_days",
            "supplier__lead_time_days",
            "supplier__lead_time_sd_days",
            "price",
            "unit_cost",
            "minimum_order_quantity",
            "pack_size",
            "stock_cap",
            "supplier__order_weekdays",
            "correct_stockouts",
            "supplier__minimum_order_value",
        )
    )
    columns = list(zip(*rows, strict=True))
    shop = shop_settings()
    weekdays = [list(days) for days in columns[10]]
    _, categories = np.unique(np.array(columns[1], dtype=str), return_inverse=True)
    supplier_ids = np.array(columns[0], dtype=np.int64)
    terms = Terms(
        product_ids=keys,
        supplier_ids=supplier_ids,
        categories=categories.astype(np.int64),
        service_mode=np.full(len(keys), shop.service_mode),
        own_promise=_floats(columns[2]),
        promise=_floats(columns[3]),
        promise_sd=_floats(columns[4]),
        review_days=np.array([7 / len(days) if days else 1.0 for days in weekdays]),
        price=_floats(columns[5]),
        unit_cost=_floats(columns[6]),
        order_cost=np.full(len(keys), float(shop.order_cost)),
        holding_rate=np.full(len(keys), float(shop.holding_rate)),
        minimum=_floats(columns[7]),
        pack=_floats(columns[8]),
        cap=np.nan_to_num(_floats(columns[9]), nan=np.inf),
        supplier_minimum=shared_minimums(
            keys, supplier_ids, _floats(columns[12]), first_day=first_day
        ),
    )
    correct = [shop.correct_stockouts if own is None else own for own in columns[11]]
    return terms, weekdays, list(columns[1]), np.array(correct, dtype=bool)


def _floats(values: tuple[object, ...]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _reviews(weekdays: list[list[int]], period: _Period) -> BoolArray:
    """Return the days on which each product's supplier takes orders, (days, products)."""
    takes = np.array([[not days or day in days for day in range(1, 8)] for days in weekdays])
    first = period.first_day.isoweekday() - 1
    reviews: BoolArray = takes.T[(first + np.arange(period.days)) % 7]
    return reviews


def _receipt_log(period: _Period, terms: Terms) -> ReceiptLog:
    parameters = period.parameters(terms.product_ids) | {
        "supplier_ids": np.unique(terms.supplier_ids).tolist(),
        "oldest": _midnight(period.first_day - timedelta(days=RECEIPTS_DAYS)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPT_LOG, parameters)
        table = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 5)
    suppliers, products, days, received, known = table.T
    return ReceiptLog(
        supplier_ids=suppliers.astype(np.int64),
        product_ids=products.astype(np.int64),
        lead_days=days,
        received_on=received.astype(np.int64),
        known_on=known.astype(np.int64),
    )


def _classes(keys: IntArray, period: _Period) -> StrArray:
    """Return ABC by the margin of the 13 blocks before each block, among the whole range."""
    blocks = period.days // ABC_BLOCK_DAYS + 1
    parameters = period.parameters(keys) | {
        "oldest_day": period.first_day - timedelta(days=YEAR_BLOCKS * ABC_BLOCK_DAYS),
        "block_days": ABC_BLOCK_DAYS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARGINS, parameters)
        table = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 3)
    company = np.union1d(keys, table[:, 0].astype(np.int64))
    margins = np.zeros((YEAR_BLOCKS + blocks, len(company)))
    at = np.searchsorted(company, table[:, 0].astype(np.int64))
    margins[table[:, 1].astype(np.int64), at] = table[:, 2]
    columns = np.searchsorted(company, keys)
    return np.array(
        [
            abc_classes(margins[block : block + YEAR_BLOCKS].sum(axis=0))[columns]
            for block in range(blocks)
        ]
    )
