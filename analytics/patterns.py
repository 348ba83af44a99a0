"""How each customer buys: computed from orders of 365 days, written set-based."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from django.conf import settings
from django.db import connection, transaction
from numpy.typing import NDArray

from analytics import cohorts, repeat_orders, rfm
from analytics.choices import LoyaltyTier
from analytics.models import CustomerPurchasePattern
from techmart.lib.cache import Tag, bump_on_commit
from techmart.lib.copying import copy_frame

WINDOW = timedelta(days=365)
TOP_CATEGORIES = 3
_DAYS_A_MONTH = 30

# One row an order of a known customer: when it became revenue, what it was worth, what came back.
_ORDERS = """
SELECT t.customer_id, min(t.completed_at) AS at, sum(t.total_amount)::float8 AS gross,
    sum(t.total_amount - coalesce(a.back, 0))::float8 AS net
FROM transactions t
LEFT JOIN (
    SELECT transaction_id,
        sum(CASE WHEN kind = 'chargeback_reversed' THEN -amount ELSE amount END) AS back
    FROM adjustments WHERE booked_at < %(as_of)s
    GROUP BY transaction_id
) a ON a.transaction_id = t.id
WHERE t.customer_id IS NOT NULL AND t.completed_at IS NOT NULL
    AND t.completed_at >= %(since)s AND t.completed_at < %(as_of)s
GROUP BY t.customer_id, t.order_ref
ORDER BY t.customer_id, at
"""
_CATEGORIES = """
SELECT customer_id, jsonb_agg(jsonb_build_object('category', category, 'net', net)
    ORDER BY net DESC, category)::text
FROM (
    SELECT t.customer_id, p.category, sum(t.total_amount - t.refunded_amount) AS net,
        row_number() OVER (
            PARTITION BY t.customer_id
            ORDER BY sum(t.total_amount - t.refunded_amount) DESC, p.category
        ) AS place
    FROM transactions t JOIN products p ON p.id = t.product_id
    WHERE t.customer_id IS NOT NULL AND t.completed_at IS NOT NULL
        AND t.completed_at >= %(since)s AND t.completed_at < %(as_of)s
    GROUP BY t.customer_id, p.category
) ranked
WHERE place <= %(top)s
GROUP BY customer_id
"""
_FIRST_ORDERS = "SELECT customer_id, first_order_at FROM customer_stats WHERE lines > 0"
_STAGE = "CREATE TEMPORARY TABLE staged_patterns (LIKE customer_purchase_patterns) ON COMMIT DROP"


@transaction.atomic
def analyze_customer_patterns(*, now: datetime) -> int:
    """Bring every customer's pattern up to `now`; return how many customers have one.

    Customers without an order in the window lose theirs. Repeatable; one run at a time holds
    the table.
    """
    window: dict[str, datetime | int] = {"since": now - WINDOW, "as_of": now, "top": TOP_CATEGORIES}
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE customer_purchase_patterns IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_ORDERS, window)
        orders = pl.DataFrame(
            cursor.fetchall(),
            schema={
                "customer_id": pl.Int64,
                "at": pl.Datetime("us", "UTC"),
                "gross": pl.Float64,
                "net": pl.Float64,
            },
            orient="row",
        )
        cursor.execute(_CATEGORIES, window)
        categories = dict(cursor.fetchall())
        cursor.execute(_FIRST_ORDERS)
        firsts = dict(cursor.fetchall())
    held = dict(CustomerPurchasePattern.objects.values_list("customer_id", "tier"))
    cohorts.count_cohorts(now=now)
    if orders.is_empty():
        CustomerPurchasePattern.objects.all().delete()
        return 0
    rows = _patterns(orders, categories=categories, firsts=firsts, held=held, now=now)
    _write(repeat_orders.with_expectations(rows, orders, now=now))
    bump_on_commit(Tag.CUSTOMERS)
    return rows.height


def _patterns(
    orders: pl.DataFrame,
    *,
    categories: dict[int, str],
    firsts: dict[int, datetime],
    held: dict[int, str],
    now: datetime,
) -> pl.DataFrame:
    """Return one row a customer. orders: not empty, sorted by customer and time."""
    customers, starts, counts = np.unique(
        orders["customer_id"].to_numpy(), return_index=True, return_counts=True
    )
    last = orders["at"].gather(starts + counts - 1)
    recency = (pl.Series([now]).cast(last.dtype) - last).dt.total_days().to_numpy()
    net = np.add.reduceat(orders["net"].to_numpy(), starts)
    log_value = np.log1p(orders["gross"].to_numpy())
    median = rfm.grouped_median(log_value, starts, counts)
    spread = np.abs(log_value - np.repeat(median, counts))
    r = rfm.quintile_scores(recency, fewer_is_better=True)
    f = rfm.quintile_scores(counts)
    m = rfm.quintile_scores(net)
    points = rfm.loyalty(r, f, m)
    keys = customers.tolist()
    first_ever = [
        firsts.get(key) or at
        for key, at in zip(keys, orders["at"].gather(starts).to_list(), strict=True)
    ]
    local = orders["at"].dt.convert_time_zone(settings.TIME_ZONE)
    zone = ZoneInfo(settings.TIME_ZONE)
    return pl.DataFrame(
        {
            "customer_id": customers,
            "recency_days": recency,
            "orders": counts,
            "net_sales": np.round(net, 2),
            "average_amount": np.round(net / counts, 2),
            "frequency": counts * _DAYS_A_MONTH / WINDOW.days,
            "log_value_sd": rfm.grouped_sd(log_value, starts, counts),
            "log_value_median": median,
            "log_value_mad": rfm.grouped_median(spread, starts, counts),
            "hour_counts": _tallies(local.dt.hour().to_numpy(), starts, counts, size=24),
            "weekday_counts": _tallies(local.dt.weekday().to_numpy() - 1, starts, counts, size=7),
            "top_categories": [categories.get(key, "[]") for key in keys],
            "r_score": r,
            "f_score": f,
            "m_score": m,
            "segment": [segment.value for segment in rfm.segments(r, f, m, orders=counts)],
            "loyalty": points,
            "tier": [
                rfm.tier(value, held=LoyaltyTier(held[key]) if key in held else None).value
                for key, value in zip(keys, points.tolist(), strict=True)
            ],
            "first_order_at": first_ever,
            "last_order_at": last,
            "cohort_month": [at.astimezone(zone).date().replace(day=1) for at in first_ever],
        }
    ).with_columns(as_of=pl.lit(now).dt.convert_time_zone("UTC"))


def _tallies(
    places: NDArray[np.integer[Any]], starts: rfm.Ints, counts: rfm.Ints, *, size: int
) -> list[str]:
    """Return for each run how often each place 0 to size - 1 occurs, as a database array."""
    runs = np.repeat(np.arange(len(starts)), counts)
    table = np.bincount(runs * size + places, minlength=len(starts) * size)
    return [
        "{" + ",".join(map(str, row)) + "}" for row in table.reshape(len(starts), size).tolist()
    ]


def _write(rows: pl.DataFrame) -> None:
    """Update, add and remove in three statements, whatever the number of customers."""
    names = [name for name in rows.columns if name != "customer_id"]
    columns = ", ".join(["customer_id", *names])
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS staged_patterns")
        cursor.execute(_STAGE)
        cursor.execute("ALTER TABLE staged_patterns DROP COLUMN id")
        copy_frame(cursor, "staged_patterns", rows)
        cursor.execute(
            f"INSERT INTO customer_purchase_patterns ({columns}) "
            f"SELECT {columns} FROM staged_patterns ORDER BY customer_id "
            f"ON CONFLICT (customer_id) DO UPDATE SET {changes}"
        )
        cursor.execute(
            """DELETE FROM customer_purchase_patterns p
            WHERE NOT EXISTS (SELECT FROM staged_patterns s WHERE s.customer_id = p.customer_id)"""
        )
