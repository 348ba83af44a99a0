"""Daily demand from rollups and ledger, one column a product."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.forecasting.demand import Demand

# Products up to this number are named in the query; more are read with all others.
FEW_PRODUCTS = 1000
# One value for all rows, 16 bytes each: a million rows as Python objects would take seconds.
_DEMAND = """
SELECT string_agg(
    int8send(product_id) || int4send(day - %(first_day)s::date) || int4send(demand_units), ''::bytea
)
FROM product_daily
WHERE day BETWEEN %(first_day)s AND %(last_day)s AND demand_units > 0
    AND (%(product_ids)s::bigint[] IS NULL OR product_id = ANY(%(product_ids)s))
"""
_KNOWN_SINCE = """
SELECT product_id, min(day) - %(first_day)s::date
FROM (
    SELECT product_id, first_sold_on AS day FROM product_totals
    WHERE "window" = 0 AND first_sold_on IS NOT NULL
    UNION ALL
    SELECT product_id, (min(occurred_at) AT TIME ZONE %(zone)s)::date FROM stock_movements
    WHERE kind = 'receipt' GROUP BY product_id
) AS firsts
GROUP BY product_id
"""
_ROW = np.dtype([("product", ">i8"), ("day", ">i4"), ("units", ">i4")])


def newest_day(now: datetime) -> date:
    """Return the newest whole shop day: the day under way is left out."""
    return timezone.localdate(now) - timedelta(days=1)


def load_demand(product_ids: IntArray, *, days: int, now: datetime) -> Demand:
    """Return the daily demand of products over the newest whole shop days, yesterday the last.

    product_ids: by rising key. History begins with the first sale or receipt. What was sold, not
    what was asked for while the shelf was empty; see load_corrected_demand.
    """
    units = load_units(product_ids, days=days, now=now)
    first_day_asked = newest_day(now) - timedelta(days=days - 1)
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_SINCE, {"first_day": first_day_asked, "zone": settings.TIME_ZONE})
        firsts = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2)
    # The rollup of first sales may lag behind the days by a fold.
    first_day = np.where((units > 0).any(axis=0), (units > 0).argmax(axis=0), days)
    columns, known = columns_of(firsts[:, 0], product_ids)
    first_day[columns] = np.minimum(first_day[columns], firsts[known, 1])
    return Demand(units=units, history_days=np.maximum(0, days - first_day))


def load_units(product_ids: IntArray, *, days: int, now: datetime) -> FloatArray:
    """Return units of demand, (days, products), without asking since when each is known.

    As load_demand has them.
    """
    last_day = newest_day(now)
    parameters: dict[str, Any] = {
        "first_day": last_day - timedelta(days=days - 1),
        "last_day": last_day,
        "product_ids": product_ids.tolist() if len(product_ids) <= FEW_PRODUCTS else None,
    }
    # A product's days side by side: calculations go product by product.
    units = np.zeros((len(product_ids), days)).T
    with connection.cursor() as cursor:
        cursor.execute(_DEMAND, parameters)
        [(content,)] = cursor.fetchall()
    rows = np.frombuffer(content or b"", dtype=_ROW)
    columns, known = columns_of(rows["product"].astype(np.int64), product_ids)
    units[rows["day"][known], columns] = rows["units"][known]
    return units


def columns_of(keys: IntArray, product_ids: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the columns of those keys that are among the products, and which those are."""
    if not len(product_ids):
        return np.zeros(0, dtype=np.int64), np.zeros(len(keys), dtype=bool)
    at = np.minimum(np.searchsorted(product_ids, keys), len(product_ids) - 1)
    known = product_ids[at] == keys
    return at[known], known
