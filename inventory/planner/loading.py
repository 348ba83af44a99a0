"""Products, demand and lead times from the database as arrays, one column a product."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Self

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from inventory.arrays import BoolArray, FloatArray, IntArray, StrArray
from inventory.forecasting.demand import Demand
from inventory.models import InventoryPrediction
from inventory.querysets import ProductQuerySet
from inventory.reorder.lead_times import Interval, shrunk

# Lead times older than this say little about the next one.
RECEIPTS_DAYS = 365


@dataclass(frozen=True, slots=True)
class Range:
    """Products to forecast or plan, (products,) each, by rising key.

    categories: a number for each. minimum, pack: units; cap: infinite without one.
    supplier_minimum: money.
    """

    product_ids: IntArray
    supplier_ids: IntArray
    categories: IntArray
    interval: Interval
    price: FloatArray
    unit_cost: FloatArray
    stock: FloatArray
    on_order: FloatArray
    minimum: FloatArray
    pack: FloatArray
    cap: FloatArray
    supplier_minimum: FloatArray
    demand_class: StrArray
    abc: StrArray
    xyz: StrArray

    def __len__(self) -> int:
        return len(self.product_ids)

    def of(self, products: IntArray) -> Self:
        """Return some of the products, by column."""
        columns = {
            each.name: getattr(self, each.name)[products]
            for each in fields(self)
            if each.name != "interval"
        }
        return replace(self, **columns, interval=self.interval.of(products))


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Stored predictions, (products,) each: units a day, backtest shares, hours since computed."""

    daily_mean: FloatArray
    daily_sd: FloatArray
    skill: FloatArray
    coverage: FloatArray
    age_hours: FloatArray


def load_range(products: ProductQuerySet, *, now: datetime) -> Range:
    """Return these products, each with its protection interval."""
    rows = list(
        products.order_by("pk").values_list(
            "pk",
            "supplier_id",
            "category",
            "lead_time_days",
            "supplier__lead_time_days",
            "supplier__lead_time_sd_days",
            "supplier__order_weekdays",
            "price",
            "unit_cost",
            "stock_quantity",
            "on_order_quantity",
            "minimum_order_quantity",
            "pack_size",
            "stock_cap",
            "supplier__minimum_order_value",
            "demand_class",
            "abc_class",
            "xyz_class",
        )
    )
    columns = list(zip(*rows, strict=True)) if rows else [()] * 18
    product_ids = np.array(columns[0], dtype=np.int64)
    supplier_ids = np.array(columns[1], dtype=np.int64)
    _, categories = np.unique(np.array(columns[2], dtype=str), return_inverse=True)
    own_promise = _floats(columns[3])
    lead_time, lead_time_sd = _learned_lead_times(
        product_ids,
        supplier_ids,
        own_promise=own_promise,
        promise=_floats(columns[4]),
        promise_sd=_floats(columns[5]),
        now=now,
    )
    review = np.array([7 / len(days) if days else 1.0 for days in columns[6]], dtype=float)
    return Range(
        product_ids=product_ids,
        supplier_ids=supplier_ids,
        categories=categories.astype(np.int64),
        interval=Interval(lead_time, lead_time_sd, review),
        price=_floats(columns[7]),
        unit_cost=_floats(columns[8]),
        stock=_floats(columns[9]),
        on_order=_floats(columns[10]),
        minimum=_floats(columns[11]),
        pack=_floats(columns[12]),
        cap=np.nan_to_num(_floats(columns[13]), nan=np.inf),
        supplier_minimum=_floats(columns[14]),
        demand_class=np.array(columns[15], dtype=str),
        abc=np.array(columns[16], dtype=str),
        xyz=np.array(columns[17], dtype=str),
    )


def _floats(values: tuple[object, ...]) -> FloatArray:
    """Return numbers as floats, None as not a number."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


# Days from order sent to receipt; the mean of the squares gives the variance around any mean.
_LEAD_TIMES = """
SELECT o.supplier_id, l.product_id, count(*), avg(days), avg(days * days)
FROM receipts r
JOIN purchase_order_lines l ON l.id = r.line_id
JOIN purchase_orders o ON o.id = l.order_id
CROSS JOIN LATERAL (
    SELECT greatest(0, extract(epoch FROM r.received_at - o.ordered_at) / 86400)::float8 AS days
) AS lead
WHERE r.received_at > %s AND r.received_at <= %s AND o.ordered_at IS NOT NULL
GROUP BY o.supplier_id, l.product_id
"""


def _learned_lead_times(
    product_ids: IntArray,
    supplier_ids: IntArray,
    *,
    own_promise: FloatArray,
    promise: FloatArray,
    promise_sd: FloatArray,
    now: datetime,
) -> tuple[FloatArray, FloatArray]:
    """Return mean and sd of each product's lead time, days.

    The supplier's receipts are drawn towards its promise, the product's towards its supplier's
    (domain 3.1); a lead time set on the product stands in for the supplier's.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEAD_TIMES, [now - timedelta(days=RECEIPTS_DAYS), now])
        seen = np.array(cursor.fetchall(), dtype=float).reshape(-1, 5)
    by_supplier = _merged(seen[:, 0].astype(np.int64), seen[:, 2:])
    by_product = _merged(seen[:, 1].astype(np.int64), seen[:, 2:])
    mean, variance = promise, promise_sd**2
    for keys, merged, own in (
        (supplier_ids, by_supplier, np.full_like(promise, np.nan)),
        (product_ids, by_product, own_promise),
    ):
        receipts, observed, observed_variance = _look_up(keys, merged)
        mean = shrunk(observed, receipts, np.where(np.isnan(own), mean, own))
        variance = shrunk(observed_variance, receipts, variance)
    return mean, np.sqrt(variance)


def _merged(keys: IntArray, seen: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return distinct keys, and count, mean and mean square of each; seen has those by row."""
    distinct, which = np.unique(keys, return_inverse=True)
    counts = np.bincount(which, weights=seen[:, 0], minlength=len(distinct))
    sums = [
        np.bincount(which, weights=seen[:, 0] * seen[:, column], minlength=len(distinct))
        for column in (1, 2)
    ]
    return distinct, np.column_stack([counts, sums[0] / counts, sums[1] / counts])


def _look_up(
    keys: IntArray, merged: tuple[IntArray, FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return count, mean and variance for each key; a count of 0 where nothing was seen."""
    distinct, figures = merged
    found = np.zeros((len(keys), 3))
    columns, known = _columns(keys, distinct)
    found[known] = figures[columns]
    count, mean, mean_square = found.T
    return count, mean, np.maximum(0.0, mean_square - mean**2)


def load_forecasts(products: Range, *, now: datetime) -> tuple[Range, Forecasts]:
    """Return the products that have a prediction, and the predictions in the same order."""
    rows = list(
        InventoryPrediction.objects.order_by("product_id").values_list(
            "product_id", "daily_mean", "daily_sd", "skill", "coverage", "computed_at"
        )
    )
    keys = np.array([row[0] for row in rows], dtype=np.int64)
    wanted = np.isin(keys, products.product_ids, assume_unique=True)
    figures = np.array(
        [(*row[1:5], (now - row[5]).total_seconds() / 3600) for row in rows], dtype=np.float64
    ).reshape(-1, 5)[wanted]
    kept = products.of(np.flatnonzero(np.isin(products.product_ids, keys, assume_unique=True)))
    return kept, Forecasts(*figures.T)


# Products up to this number are named in the query; more are read with all others.
_FEW_PRODUCTS = 1000
_FETCH = 100_000
_DEMAND = """
SELECT product_id, day - %(first_day)s::date, demand_units
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


def load_demand(product_ids: IntArray, *, days: int, now: datetime) -> Demand:
    """Return the daily demand of products over the newest whole shop days, yesterday the last.

    product_ids: by rising key. History begins with the first sale or receipt.
    """
    last_day = timezone.localdate(now) - timedelta(days=1)
    parameters = {
        "first_day": last_day - timedelta(days=days - 1),
        "last_day": last_day,
        "product_ids": product_ids.tolist() if len(product_ids) <= _FEW_PRODUCTS else None,
        "zone": settings.TIME_ZONE,
    }
    units = np.zeros((days, len(product_ids)))
    with connection.cursor() as cursor:
        cursor.execute(_DEMAND, parameters)
        while rows := cursor.fetchmany(_FETCH):
            keys, day, sold = np.array(rows, dtype=np.int64).T
            columns, known = _columns(keys, product_ids)
            units[day[known], columns] = sold[known]
        cursor.execute(_KNOWN_SINCE, parameters)
        firsts = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2)
    # The rollup of first sales may lag behind the days by a fold.
    first_day = np.where((units > 0).any(axis=0), (units > 0).argmax(axis=0), days)
    columns, known = _columns(firsts[:, 0], product_ids)
    first_day[columns] = np.minimum(first_day[columns], firsts[known, 1])
    return Demand(units=units, history_days=np.maximum(0, days - first_day))


def _columns(keys: IntArray, product_ids: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the columns of those keys that are among the products, and which those are."""
    if not len(product_ids):
        return np.zeros(0, dtype=np.int64), np.zeros(len(keys), dtype=bool)
    at = np.minimum(np.searchsorted(product_ids, keys), len(product_ids) - 1)
    known = product_ids[at] == keys
    return at[known], known
