"""Past sales out of the database for rules, a stretch of days at a time."""

from collections.abc import Collection
from datetime import datetime
from io import BytesIO

import polars as pl
from django.db import connection

from transactions.rules.columns import ORDER
from transactions.rules.fields import SIGNAL_PREFIX
from transactions.rules.matching import TIMESTAMP

# Text columns of a sale, by the field that reads them.
_TEXTS = {
    "channel": "channel",
    "payment_method": "payment_method",
    "device": "device",
    "ip_country": "ip_country",
    "ship_country": "ship_country",
    "store": "store",
    "card": "card_hash",
    "ship_address": "ship_address_hash",
    "bill_address": "bill_address_hash",
    "email_stem": "email_stem",
}
_CUSTOMER_FIELDS = frozenset({"customer", "customer_age_days", "email_domain"})
_PRODUCT_FIELDS = frozenset({"sku", "category"})
# The surest source decides, its newest word; as `fraud.labels.verdicts` ends.
_LABELS = """
COPY (
    SELECT DISTINCT ON (order_ref) order_ref, is_fraud::int,
        (extract(epoch FROM known_at) * 1000000)::bigint
    FROM fraud_labels
    WHERE known_at >= %s AND known_at <= %s
    ORDER BY order_ref,
        array_position(ARRAY['customer', 'analyst', 'planted', 'chargeback'], source::text) DESC,
        known_at DESC, id DESC
) TO STDOUT (FORMAT csv)
"""
_PRODUCTS = "COPY (SELECT id, sku, category FROM products) TO STDOUT (FORMAT csv)"
_CUSTOMERS = """
COPY (
    SELECT id, code, (extract(epoch FROM created_at) * 1000000)::bigint, email FROM customers
) TO STDOUT (FORMAT csv)
"""


class PastSales:
    """Past sales with what some fields ask for; products and customers are read once."""

    def __init__(self, fields: Collection[str]) -> None:
        self._signals = sorted(code for code in fields if code.startswith(SIGNAL_PREFIX))
        self._products = self._customers = None
        if _PRODUCT_FIELDS & set(fields):
            schema = {"product_id": pl.Int64, "sku": pl.String, "category": pl.String}
            self._products = _copied(_PRODUCTS, (), schema)
        if _CUSTOMER_FIELDS & set(fields):
            self._customers = _copied(
                _CUSTOMERS,
                (),
                {
                    "customer_id": pl.Int64,
                    "customer": pl.String,
                    "customer_since_us": pl.Int64,
                    "email": pl.String,
                },
            )

    def between(self, begin: datetime, end: datetime) -> pl.DataFrame:
        """Return the sales of begin ≤ timestamp < end, as `fact_columns` takes them.

        Served by idx_tx_timestamp.
        """
        signals = "".join(f", {_signal(code)}" for code in self._signals)
        statement = f"""
            COPY (
                SELECT (extract(epoch FROM timestamp) * 1000000)::bigint, order_ref, customer_id,
                    product_id, (total_amount * 100)::bigint, (discount * 100)::bigint, quantity,
                    {", ".join(_TEXTS.values())}, (declined_at IS NOT NULL)::int,
                    fraud_score {signals}
                FROM transactions WHERE timestamp >= %s AND timestamp < %s
            ) TO STDOUT (FORMAT csv)
        """
        schema: dict[str, type[pl.DataType]] = {
            TIMESTAMP: pl.Int64,
            ORDER: pl.String,
            "customer_id": pl.Int64,
            "product_id": pl.Int64,
            "amount": pl.Int64,
            "discount": pl.Int64,
            "quantity": pl.Int64,
            **dict.fromkeys(_TEXTS, pl.String),
            "declined": pl.Int8,
            "score": pl.Float64,
            **dict.fromkeys(self._signals, pl.Float64),
        }
        sales = _copied(statement, (begin, end), schema).with_columns(
            pl.col("declined").cast(pl.Boolean)
        )
        if self._products is not None:
            sales = sales.join(self._products, on="product_id", how="left")
        if self._customers is not None:
            sales = sales.join(self._customers, on="customer_id", how="left")
        return sales


def load_labels(*, since: datetime, known_by: datetime) -> pl.DataFrame:
    """Return what orders are held to be: order_ref, is_fraud, known_us.

    since: no label is known before its sale, so earlier ones are of earlier sales.
    """
    schema = {ORDER: pl.String, "is_fraud": pl.Int8, "known_us": pl.Int64}
    return _copied(_LABELS, (since, known_by), schema).with_columns(
        pl.col("is_fraud").cast(pl.Boolean)
    )


def count_sales(begin: datetime, end: datetime) -> int:
    """Return how many sales a period has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM transactions WHERE timestamp >= %s AND timestamp < %s",
            [begin, end],
        )
        return int(cursor.fetchone()[0])


def _signal(code: str) -> str:
    """The value that a stored reason of this code has; nothing where the signal was silent."""
    name = code.removeprefix(SIGNAL_PREFIX)
    return f"""(jsonb_path_query_first(reasons, '$[*] ? (@.code == "{name}").value'))::float8"""


def _copied(
    statement: str, values: tuple[datetime, ...], schema: dict[str, type[pl.DataType]]
) -> pl.DataFrame:
    with connection.cursor() as cursor, cursor.copy(statement, values or None) as copy:
        data = b"".join(bytes(block) for block in copy)
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(BytesIO(data), has_header=False, schema=schema)
