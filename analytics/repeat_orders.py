"""What the repeat models say of each customer: fitted to all, one row a customer."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from django.conf import settings

from analytics import lifetime
from analytics.models import RepeatModelFit

AHEAD_DAYS = 90
_WEEK = 7


def with_expectations(
    patterns: pl.DataFrame, orders: pl.DataFrame, *, now: datetime
) -> pl.DataFrame:
    """Return the patterns with repeat behaviour and what is expected of the next 90 days.

    patterns: has `customer_id`. orders: `customer_id`, `at`, `net`, one row an order. Keeps the
    fitted parameters. Expectations are empty while too few customers have come back.
    """
    seen = _repeat_behaviour(orders, now=now)
    x, mean = (seen[name].cast(pl.Float64).to_numpy() for name in ("repeat_days", "repeat_value"))
    t_x, age = (seen[name].to_numpy() / _WEEK for name in ("repeat_span_days", "observed_days"))
    mean = np.nan_to_num(mean)
    # A mean at or below 0 (all sent back) says nothing of what an order is worth.
    counted = np.where(mean > 0, x, 0.0)
    behaviour = lifetime.fit_orders(x, t_x, age)
    values = lifetime.fit_values(x, mean)
    _keep(seen, behaviour, values, lifetime.correlation(x, mean), now=now)
    empty = pl.Series([None] * seen.height, dtype=pl.Float64)
    alive = orders_ahead = worth = empty
    if behaviour is not None:
        alive = pl.Series(behaviour.alive(x, t_x, age))
        orders_ahead = pl.Series(behaviour.expected_orders(x, t_x, age, ahead=AHEAD_DAYS / _WEEK))
    if values is not None:
        worth = pl.Series(values.expected_value(counted, mean))
    told = seen.with_columns(
        p_alive=alive,
        expected_orders_90d=orders_ahead,
        expected_order_value=worth.round(2),
        expected_value_90d=(orders_ahead * worth).round(2),
    )
    return patterns.join(told, on="customer_id", how="left", maintain_order="left")


def _repeat_behaviour(orders: pl.DataFrame, *, now: datetime) -> pl.DataFrame:
    """Return x, t_x and T in shop days, and the mean net sales of a repeat day, per customer."""
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    days = (
        orders.with_columns(day=pl.col("at").dt.convert_time_zone(settings.TIME_ZONE).dt.date())
        .group_by("customer_id", "day")
        .agg(net=pl.col("net").sum())
        .sort("customer_id", "day")
    )
    first = pl.col("day").first()
    repeats = pl.len() - 1
    return (
        days.group_by("customer_id", maintain_order=True)
        .agg(
            repeat_days=repeats.cast(pl.Int64),
            repeat_span_days=(pl.col("day").last() - first).dt.total_days(),
            observed_days=(pl.lit(today) - first).dt.total_days(),
            repeat_value=pl.when(repeats > 0)
            .then((pl.col("net").sum() - pl.col("net").first()) / repeats)
            .round(2),
        )
        .sort("customer_id")
    )


def _keep(
    seen: pl.DataFrame,
    behaviour: lifetime.OrderModel | None,
    values: lifetime.ValueModel | None,
    correlation: float | None,
    *,
    now: datetime,
) -> None:
    columns = {
        "as_of": now,
        "customers": seen.height,
        "repeat_customers": seen.filter(pl.col("repeat_days") > 0).height,
        **{name: getattr(behaviour, name, None) for name in ("r", "alpha", "a", "b")},
        **{name: getattr(values, name, None) for name in ("p", "q", "v")},
        "correlation": correlation,
    }
    RepeatModelFit.objects.bulk_create(
        [RepeatModelFit(pk=1, **columns)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=list(columns),
    )
