"""Many sales as rules see them: the same facts as `facts.facts_of`, a column a field."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

import polars as pl

from transactions.rules.facts import DAYS_A_MICROSECOND
from transactions.rules.fields import FIELDS, SIGNAL_PREFIX, FieldKind, Spelling
from transactions.rules.matching import TIMESTAMP

ORDER = "order_ref"
# What a frame of past sales carries beside its fields: the case, who bought, and the shop day.
CASE_COLUMNS = (TIMESTAMP, ORDER, "customer_id", "day")


def fact_columns(sales: pl.DataFrame, *, fields: Collection[str], zone: ZoneInfo) -> pl.DataFrame:
    """Return the frame's sales by field code, with CASE_COLUMNS; unknown is null.

    sales: timestamp_us, order_ref, customer_id, amount and discount in cents, quantity, texts
    as stored, score 0 to 1, signals by field code (null where silent); sku and category of the
    product; customer, customer_since_us and email of the customer. What no field asks for may
    be missing.
    """
    local = (
        pl.from_epoch(pl.col(TIMESTAMP), time_unit="us")
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone(zone.key)
    )
    made = {
        "discount_share": _discount_share(),
        "countries_differ": _countries_differ(),
        "addresses_differ": _addresses_differ(),
        "hour": local.dt.hour().cast(pl.Int64),
        "weekday": local.dt.weekday().cast(pl.String),
        "customer_age_days": _age_days(),
        "email_domain": _domain(),
        "score": pl.col("score") * 100,
    }
    columns = [made.get(code, _as_stored(code)).alias(code) for code in FIELDS if code in fields]
    return sales.select(
        *(pl.col(name) for name in CASE_COLUMNS if name != "day"),
        local.dt.date().alias("day"),
        *columns,
    )


def _as_stored(code: str) -> pl.Expr:
    field, column = FIELDS[code], pl.col(code)
    if code.startswith(SIGNAL_PREFIX):
        return column.fill_null(0.0)
    return _spelled(column, field.spelling) if field.kind is FieldKind.TEXT else column


def _spelled(column: pl.Expr, spelling: Spelling) -> pl.Expr:
    """The spelling of `Spelling.of`, and nothing for an empty text."""
    text = column.str.strip_chars()
    if spelling is Spelling.UPPER:
        text = text.str.to_uppercase()
    elif spelling is Spelling.LOWER:
        text = text.str.to_lowercase()
    return pl.when(text != "").then(text)


def _discount_share() -> pl.Expr:
    gross = pl.col("amount") + pl.col("discount")
    return pl.when(gross > 0).then(pl.col("discount") / gross)


def _countries_differ() -> pl.Expr:
    ship = _spelled(pl.col("ship_country"), Spelling.UPPER)
    return ship != _spelled(pl.col("ip_country"), Spelling.UPPER)


def _addresses_differ() -> pl.Expr:
    ship = _spelled(pl.col("ship_address"), Spelling.LOWER)
    return ship != _spelled(pl.col("bill_address"), Spelling.LOWER)


def _age_days() -> pl.Expr:
    age_us = pl.col(TIMESTAMP) - pl.col("customer_since_us")
    return pl.when(age_us >= 0).then(age_us.cast(pl.Float64) * DAYS_A_MICROSECOND)


def _domain() -> pl.Expr:
    """The domain of the order's address, else of the customer's."""
    return pl.coalesce(
        _spelled(pl.col(name).str.extract(r"@([^@]*)$"), Spelling.LOWER)
        for name in ("email_stem", "email")
    )
