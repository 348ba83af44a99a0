"""Products, demand and lead times from the database as arrays, one column a product."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Self

import numpy as np
from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, F, FloatField, Value
from django.db.models.functions import Cast, Extract

from inventory.arrays import FloatArray, IntArray, StrArray
from inventory.models import InventoryPrediction
from inventory.planner.demand_rows import FEW_PRODUCTS
from inventory.querysets import ProductQuerySet
from inventory.reorder.lead_times import (
    NOTHING_DELIVERED,
    Deliveries,
    Interval,
    learned_lead_times,
)
from inventory.reorder.supplier_terms import OWN_TERMS, SupplierTerms

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
    """Stored predictions, (products,) each: units a day, days of P, backtest, hours since."""

    daily_mean: FloatArray
    daily_sd: FloatArray
    protection_days: FloatArray
    coverage: FloatArray
    origins: FloatArray
    age_hours: FloatArray


def load_range(
    products: ProductQuerySet, *, now: datetime, terms: SupplierTerms = OWN_TERMS
) -> Range:
    """Return these products, each with its protection interval.

    terms: assumed of all their suppliers in place of their own.
    """
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
    lead_time, lead_time_sd = learned_lead_times(
        _deliveries(now=now) if terms.count_receipts else NOTHING_DELIVERED,
        product_ids=product_ids,
        supplier_ids=supplier_ids,
        own_promise=_floats(columns[3]),
        promise=_assumed(terms.lead_time_days, columns[4]),
        promise_sd=_assumed(terms.lead_time_sd_days, columns[5]),
    )
    review = [7 / len(days) if days else 1.0 for days in columns[6]]
    return Range(
        product_ids=product_ids,
        supplier_ids=supplier_ids,
        categories=categories.astype(np.int64),
        interval=Interval(
            *terms.shifted(lead_time, lead_time_sd), _assumed(terms.review_days, tuple(review))
        ),
        price=_floats(columns[7]),
        unit_cost=_floats(columns[8]),
        stock=_floats(columns[9]),
        on_order=_floats(columns[10]),
        minimum=_floats(columns[11]),
        pack=_floats(columns[12]),
        cap=np.nan_to_num(_floats(columns[13]), nan=np.inf),
        supplier_minimum=_assumed(terms.minimum_order_value, columns[14]),
        demand_class=np.array(columns[15], dtype=str),
        abc=np.array(columns[16], dtype=str),
        xyz=np.array(columns[17], dtype=str),
    )


def _assumed(value: float | None, own: tuple[object, ...]) -> FloatArray:
    """Return what is assumed of all, or each one's own."""
    return _floats(own) if value is None else np.full(len(own), float(value))


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


def _deliveries(*, now: datetime) -> Deliveries:
    """Return what the receipts of a year say, summed up by supplier and product."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAD_TIMES, [now - timedelta(days=RECEIPTS_DAYS), now])
        seen = np.array(cursor.fetchall(), dtype=float).reshape(-1, 5)
    suppliers, products, receipts, days, squared_days = seen.T
    return Deliveries(
        suppliers.astype(np.int64), products.astype(np.int64), receipts, days, squared_days
    )


def load_forecasts(products: Range, *, now: datetime) -> tuple[Range, Forecasts]:
    """Return the products that have a prediction, and the predictions in the same order."""
    predictions = InventoryPrediction.objects.order_by("product_id")
    if len(products) <= FEW_PRODUCTS:
        predictions = predictions.filter(product__in=products.product_ids.tolist())
    # The age as a number: times by the ten thousand take longer to read than all the rest.
    age = ExpressionWrapper(Value(now) - F("computed_at"), output_field=DurationField())
    rows = list(
        predictions.values_list(
            "product_id",
            "daily_mean",
            "daily_sd",
            "protection_days",
            "coverage",
            "origins",
            Cast(Extract(age, "epoch"), FloatField()) / 3600,
        )
    )
    keys = np.array([row[0] for row in rows], dtype=np.int64)
    wanted = np.isin(keys, products.product_ids, assume_unique=True)
    figures = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, 6)[wanted]
    kept = products.of(np.flatnonzero(np.isin(products.product_ids, keys, assume_unique=True)))
    return kept, Forecasts(*figures.T)
