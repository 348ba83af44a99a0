"""Purchase orders laid behind the simulated deliveries: a past that suppliers are judged by.

The deliveries are what they are: when goods came and how many is set by the sales they are laid
under. What varies is what had been ordered: earlier or later than was promised, more or fewer
units, at another price. How often is drawn from the supplier's reliability.
"""

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import polars as pl
from django.conf import settings
from django.db import connection
from django.utils import timezone

from inventory.choices import OrderState
from inventory.models import PurchaseOrder, Supplier
from techmart.demo.simulate import Floats, uniforms
from techmart.lib.copying import copy_frame

# Written on every order of the simulation, which its page shows.
NOTE = "Simulated"
# Deliveries of so many weeks have an order behind them; scorecards look at the newest.
WEEKS = 26
# Lines of one order at most, so that a year of the demo does not grow by a million rows.
MOST_LINES = 20
# Orders leave in the morning.
SENT_AT = time(10, 0)
# What makes a delivery miss "on time and in full": it is late, or a line of it is short.
LATE_SHARE = 0.6
SHORT_SHARE = 0.4
# A late delivery comes so much later than the promise, as a mean share of the lead time.
DELAY_SHARE = 0.35
OVER_SHARE = 0.03
# Lines that were invoiced at another price than ordered, and by how much, from and to.
REPRICED_SHARE = 0.15
REPRICED_FROM, REPRICED_TO = -0.01, 0.04
# Of the orders on their way at the end of loading, how many are late.
OPEN_LATE_SHARE = 0.25
# Closed short so many days after the goods came.
CLOSED_AFTER = timedelta(days=2)

_TERMS = """
SELECT p.id AS product_id, substr(p.sku, 2)::bigint AS product_key, p.pack_size,
    s.id AS supplier_id, substr(s.code, 2)::bigint AS supplier_key,
    ceil(s.lead_time_days)::bigint AS promise_days, s.reliability::float8 AS reliability,
    s.tolerance_days::bigint AS tolerance_days
FROM products p JOIN suppliers s ON s.id = p.supplier_id
WHERE p.id = ANY(%s)
"""


def with_orders(
    deliveries: pl.DataFrame, *, arrives: datetime, opened_at: datetime, now: datetime
) -> pl.DataFrame:
    """Write an order a supplier behind the deliveries of one moment; return them as its receipts.

    deliveries: ledger entries of the import engine, of `arrives`. Those of orders that would have
    been sent before the shop opened, and those beyond MOST_LINES of an order, come back as they
    are. Nothing is left open, and no stock is moved here. Inside a transaction.
    """
    if deliveries.is_empty():
        return deliveries
    arrives = arrives.astimezone(UTC)
    opened_on = timezone.localdate(opened_at)
    lines = _lines(deliveries, day=timezone.localdate(arrives)).filter(
        pl.col("sent_on") >= opened_on
    )
    if lines.is_empty():
        return deliveries
    orders = _orders(lines, arrives=arrives, now=now)
    lines = lines.join(orders.select("supplier_id", order_id="id"), on="supplier_id")
    lines = lines.with_columns(
        id=_keys("purchase_order_lines", lines.height), receipt_id=_keys("receipts", lines.height)
    )
    _write(orders, lines, arrives=arrives)
    receipts = lines.select("product_id", "receipt_id")
    return (
        deliveries.join(receipts, on="product_id", how="left", maintain_order="left")
        .with_columns(
            source_type=pl.when(pl.col("receipt_id").is_null())
            .then("source_type")
            .otherwise(pl.lit("receipt")),
            source_id=pl.coalesce("receipt_id", "source_id"),
        )
        .select(deliveries.columns)
    )


def sent_at(supplier: Supplier, *, now: datetime) -> datetime:
    """Return when an order that is still on its way had been sent; not before the shop opened.

    A share of them is late by now, and comes on the day of `comes_on`.
    """
    key = _key_of(supplier)
    promise_days = math.ceil(supplier.lead_time_days)
    age = float(uniforms(key, "age")[0])
    days = math.floor(0.8 * promise_days * age)
    if delay := _open_delay(supplier):
        days = promise_days + supplier.tolerance_days + 1 + math.floor(delay * age)
    return max(now - timedelta(days=days), supplier.created_at)


def comes_on(order: PurchaseOrder) -> date:
    """Return the day on which the goods of an order that is on its way come."""
    promised = order.promised_date or timezone.localdate(order.created_at)
    supplier = order.supplier
    if delay := _open_delay(supplier):
        return promised + timedelta(days=supplier.tolerance_days + 2 + delay)
    return promised


def _open_delay(supplier: Supplier) -> int:
    """Return days beyond what is tolerated by which its order on its way is late; 0 for none."""
    key = _key_of(supplier)
    if uniforms(key, "open late")[0] >= OPEN_LATE_SHARE:
        return 0
    promise_days = np.array([float(supplier.lead_time_days)])
    return int(delay_days(uniforms(key, "open delay"), promise_days)[0])


def _key_of(supplier: Supplier) -> Any:
    return np.array([int(supplier.code[1:])], dtype=np.int64)


def _lines(deliveries: pl.DataFrame, *, day: date) -> pl.DataFrame:
    """Return what had been ordered of each delivery: units, cost, and the day it was sent."""
    with connection.cursor() as cursor:
        cursor.execute(_TERMS, [deliveries["product_id"].to_list()])
        names = [column.name for column in cursor.description]
        terms = pl.DataFrame(cursor.fetchall(), schema=names, orient="row")
    lines = deliveries.select("product_id", "quantity", "unit_cost_e4").join(terms, on="product_id")
    ordered, cost = _ordered(lines, day)
    return (
        lines.with_columns(lead_days=pl.Series(_lead_days(lines, day)))
        .with_columns(
            rank=_draws(lines, day, "of the order"),
            sent_on=pl.lit(day) - pl.duration(days="lead_days"),
            ordered=pl.Series(ordered),
            ordered_cost_e4=pl.Series(cost),
        )
        .filter(pl.col("rank").rank("ordinal").over("supplier_id") <= MOST_LINES)
        .sort("supplier_id", "product_id")
    )


def _draws(lines: pl.DataFrame, day: date, stream: str, *, by: str = "product_key") -> pl.Series:
    """Return a number in [0, 1) for each line, or the same for all lines of a supplier."""
    keys = lines[by].to_numpy().astype(np.int64) * 1_000_000 + day.toordinal()
    return pl.Series(uniforms(keys, stream))


def _lead_days(lines: pl.DataFrame, day: date) -> Any:
    """Return days from sending to arrival: the promise, a little less, or later than tolerated."""
    promise, tolerance = lines["promise_days"].to_numpy(), lines["tolerance_days"].to_numpy()
    unreliable = 1 - lines["reliability"].to_numpy()
    late = _draws(lines, day, "late", by="supplier_key").to_numpy() < LATE_SHARE * unreliable
    how = _draws(lines, day, "how early or late", by="supplier_key").to_numpy()
    delay = tolerance + delay_days(how, promise.astype(float))
    return np.where(late, promise + delay, np.maximum(1, promise - np.floor(3 * how))).astype(int)


def delay_days(draw: Floats, promise_days: Floats) -> Floats:
    """Return whole days beyond the tolerance of a late delivery, 1 or more: exponential."""
    mean = np.maximum(1.0, DELAY_SHARE * promise_days)
    days: Floats = 1 + np.floor(-mean * np.log1p(-draw))
    return days


def _ordered(lines: pl.DataFrame, day: date) -> tuple[Any, Any]:
    """Return units and cost (1/10,000) ordered of each line, beside what came of it."""
    came, pack = lines["quantity"].to_numpy(), lines["pack_size"].to_numpy()
    unreliable = 1 - lines["reliability"].to_numpy()
    how_many = _draws(lines, day, "units").to_numpy()
    short = how_many < SHORT_SHARE * unreliable
    over = (how_many > 1 - OVER_SHARE) & (came > pack)
    missing = pack * (1 + np.floor(3 * _draws(lines, day, "missing").to_numpy()).astype(int))
    ordered = np.select([short, over], [came + missing, came - pack], default=came)
    repriced = _draws(lines, day, "repriced").to_numpy() < REPRICED_SHARE
    rise = REPRICED_FROM + (REPRICED_TO - REPRICED_FROM) * _draws(lines, day, "rise").to_numpy()
    cost = lines["unit_cost_e4"].to_numpy()
    return ordered, np.where(repriced, np.round(cost / (1 + rise)), cost).astype(int)


def _orders(lines: pl.DataFrame, *, arrives: datetime, now: datetime) -> pl.DataFrame:
    """Return an order a supplier, with the columns of its table."""
    zone = settings.TIME_ZONE
    orders = lines.group_by("supplier_id", maintain_order=True).agg(
        pl.col("sent_on", "promise_days").first(),
        is_short=(pl.col("ordered") > pl.col("quantity")).any(),
    )
    sent_at = (
        pl.col("sent_on").dt.combine(SENT_AT).dt.replace_time_zone(zone).dt.convert_time_zone("UTC")
    )
    closed_at = min(arrives + CLOSED_AFTER, now)
    return orders.with_columns(id=_keys("purchase_orders", orders.height)).select(
        "id",
        "supplier_id",
        "is_short",
        number=pl.format("PO-{}", pl.col("id").cast(pl.String).str.zfill(6)),
        state=pl.when("is_short")
        .then(pl.lit(OrderState.CLOSED.value))
        .otherwise(pl.lit(OrderState.RECEIVED.value)),
        ordered_at=sent_at,
        created_at=sent_at,
        promised_date=pl.col("sent_on") + pl.duration(days="promise_days"),
        closed_at=pl.when("is_short").then(pl.lit(closed_at)).otherwise(pl.lit(arrives)),
        note=pl.lit(NOTE),
        # Drafted, sent, received, and closed where it was short.
        version=pl.when("is_short").then(4).otherwise(3),
    )


def _keys(table: str, number: int) -> pl.Series:
    """Return the next keys of a table, as its rows' services would get them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, number],
        )
        return pl.Series([row[0] for row in cursor.fetchall()], dtype=pl.Int64)


def _write(orders: pl.DataFrame, lines: pl.DataFrame, *, arrives: datetime) -> None:
    """Write orders, lines, receipts, and the steps that an order's page tells of."""
    receipts = lines.select(
        id="receipt_id",
        line_id="id",
        quantity="quantity",
        unit_cost=pl.col("unit_cost_e4") / 10_000,
        received_at=pl.lit(arrives),
        recorded_at=pl.lit(arrives),
    )
    tables = {
        "purchase_orders": orders.drop("is_short"),
        "purchase_order_lines": lines.select(
            "id",
            "order_id",
            "product_id",
            quantity="ordered",
            received_quantity="quantity",
            unit_cost=pl.col("ordered_cost_e4") / 10_000,
        ),
        "receipts": receipts,
        "audit_entries": pl.concat(
            [
                _steps(orders, "order.send", at="ordered_at", state=OrderState.SENT),
                _steps(
                    orders.filter("is_short"),
                    "order.close",
                    at="closed_at",
                    state=OrderState.CLOSED,
                    reason="The rest did not come",
                ),
            ]
        ),
    }
    with connection.cursor() as cursor:
        for table, rows in tables.items():
            copy_frame(cursor, table, rows)


def _steps(
    orders: pl.DataFrame, action: str, *, at: str, state: OrderState, reason: str = ""
) -> pl.DataFrame:
    """Return the audit entries that a service leaves of this step."""
    return orders.select(
        at=at,
        action=pl.lit(action),
        subject_kind=pl.lit("purchase_order"),
        subject_id="id",
        before=pl.lit("{}"),
        after=pl.lit(json.dumps({"state": state.value})),
        reason=pl.lit(reason),
        request_id=pl.lit(""),
    )
