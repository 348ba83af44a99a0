"""Demand corrected for days on which the shelf was empty, from the ledger."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.forecasting.censoring import (
    DAYS_OF_WEEK,
    HOURS,
    Availability,
    EmptyShelves,
    ShopHours,
    availability,
    corrected,
)
from inventory.forecasting.demand import Demand
from inventory.planner.demand_rows import FEW_PRODUCTS, columns_of, load_demand, newest_day
from techmart.core.models import ShopSettings
from techmart.core.shop import shop_settings

# Days that the shop's hours are learned from: eight of each weekday.
_HOURS_DAYS = 56
_OPEN_OF_EIGHT = 4
# Stock in the order in which things happened: `balance_after` is in order of writing, which late
# entries do not keep. Below zero the entries contradict each other and say nothing of the shelf.
# Of products whose opening balance was inferred from sales the stock is not known well enough:
# it touches zero by construction. A whole ledger is read in one pass and then sorted: in the order
# of idx_movements_product, which reads a few products, each row would be fetched on its own.
_SPANS = """
WITH entries AS MATERIALIZED (
    SELECT id, product_id, occurred_at, quantity FROM stock_movements
    WHERE %(product_ids)s::bigint[] IS NULL OR product_id = ANY(%(product_ids)s)
)
SELECT product_id,
    extract(epoch FROM (occurred_at AT TIME ZONE %(zone)s) - %(first_day)s::timestamp) / 3600,
    extract(epoch FROM coalesce(
        (until AT TIME ZONE %(zone)s), (%(last_day)s::date + 1)::timestamp
    ) - %(first_day)s::timestamp) / 3600
FROM (
    SELECT product_id, occurred_at,
        sum(quantity) OVER ledger AS stock, lead(occurred_at) OVER ledger AS until
    FROM entries
    WINDOW ledger AS (PARTITION BY product_id ORDER BY occurred_at, id ROWS UNBOUNDED PRECEDING)
) AS m
WHERE stock = 0
    AND (until IS NULL OR until > %(first_day)s)
    AND NOT EXISTS (
        SELECT 1 FROM stock_movements o
        WHERE o.product_id = m.product_id AND o.kind = 'opening' AND o.inferred
    )
"""
_HOURS = """
SELECT p.category, isodow, hour, sum(units), count(DISTINCT day)
FROM (
    SELECT product_id, -quantity AS units, local::date AS day,
        extract(isodow FROM local)::int AS isodow, extract(hour FROM local)::int AS hour
    FROM (
        SELECT product_id, quantity, occurred_at AT TIME ZONE %(zone)s AS local
        FROM stock_movements
        WHERE kind = 'sale' AND occurred_at >= %(hours_from)s AND occurred_at < %(hours_to)s
    ) AS sales
) AS by_hour
JOIN products p ON p.id = by_hour.product_id
GROUP BY GROUPING SETS ((p.category, hour), (isodow, hour))
"""


def load_corrected_demand(
    product_ids: IntArray,
    *,
    category_names: list[str],
    correct: BoolArray,
    days: int,
    now: datetime,
) -> tuple[Demand, IntArray]:
    """Return daily demand as load_demand does, and how many days were corrected, (products,).

    category_names: (products,) of each. correct: (products,) whether to correct it at all.
    """
    demand = load_demand(product_ids, days=days, now=now)
    none = np.zeros(len(product_ids), dtype=np.int64)
    if not correct.any():
        return demand, none
    last_day = newest_day(now)
    first_day = last_day - timedelta(days=days - 1)
    spans = _load_spans(product_ids, correct, first_day=first_day, last_day=last_day)
    if not len(spans.product):
        return demand, none
    found = _availability(spans, category_names, days=days, first_day=first_day, last_day=last_day)
    return corrected(demand, found)


def _load_spans(
    product_ids: IntArray, correct: BoolArray, *, first_day: date, last_day: date
) -> EmptyShelves:
    parameters: dict[str, Any] = {
        "zone": settings.TIME_ZONE,
        "first_day": first_day,
        "last_day": last_day,
        "product_ids": product_ids.tolist() if len(product_ids) <= FEW_PRODUCTS else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SPANS, parameters)
        rows = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 3)
    columns, known = columns_of(rows[:, 0].astype(np.int64), product_ids)
    wanted = correct[columns]
    return EmptyShelves(columns[wanted], rows[known, 1][wanted], rows[known, 2][wanted])


def _availability(
    spans: EmptyShelves,
    category_names: list[str],
    *,
    days: int,
    first_day: date,
    last_day: date,
) -> Availability:
    names, categories = np.unique(np.array(category_names, dtype=str), return_inverse=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _HOURS,
            {
                "zone": settings.TIME_ZONE,
                "hours_from": last_day - timedelta(days=_HOURS_DAYS - 1),
                "hours_to": last_day + timedelta(days=1),
            },
        )
        rows = cursor.fetchall()
    hours = ShopHours(
        open=_open_hours(rows, shop_settings()),
        profile=_profiles(rows, names.tolist()),
        first_weekday=first_day.weekday(),
    )
    return availability(spans, hours, categories=categories.astype(np.int64), days=days)


def _open_hours(rows: list[tuple[Any, ...]], shop: ShopSettings) -> BoolArray:
    """Return (7, 24): as set, or with sales in half of the last eight same weekdays."""
    is_open = np.zeros((DAYS_OF_WEEK, HOURS), dtype=bool)
    if shop.opens_at and shop.closes_at:
        first, last = shop.opens_at.hour, shop.closes_at.hour + (shop.closes_at.minute > 0)
        hours = np.arange(HOURS)
        within = (hours >= first) & (hours < last)
        is_open[:] = within if first < last else (hours >= first) | (hours < last)
        return is_open
    for category, weekday, hour, _, seen in rows:
        if category is None:
            is_open[weekday - 1, hour] = seen >= _OPEN_OF_EIGHT
    return is_open


def _profiles(rows: list[tuple[Any, ...]], names: list[str]) -> FloatArray:
    """Return (categories, 24) units sold by hour; the shop's where a category sold nothing."""
    units = np.zeros((len(names), HOURS))
    of_name = {name: row for row, name in enumerate(names)}
    for category, _, hour, sold, _ in rows:
        if category in of_name:
            units[of_name[category], hour] = float(sold)
    empty = units.sum(axis=1) == 0
    units[empty] = units.sum(axis=0) if units.any() else 1.0
    return units
