"""What the database has already: sales and returns of an earlier import, sales to return to."""

import polars as pl
from django.db import connection

from techmart.lib.copying import copy_frame
from transactions.choices import TransactionStatus
from transactions.importing.returns import OpenSale

_REFERENCES = """
CREATE TEMPORARY TABLE staged_references (reference text NOT NULL) ON COMMIT DROP
"""
_KNOWN_SALES = """
SELECT t.reference, t.order_ref, t.product_id, coalesce(t.customer_id, 0), t.quantity::bigint,
    (t.total_amount * 100)::bigint, (extract(epoch FROM t.timestamp) * 1000000)::bigint
FROM staged_references s JOIN transactions t USING (reference)
"""
# The sale a piece went against says product and customer.
_KNOWN_RETURNS = """
SELECT a.reference, t.product_id, a.units_returned::bigint, (a.amount * 100)::bigint,
    (extract(epoch FROM a.booked_at) * 1000000)::bigint
FROM staged_references s JOIN adjustments a USING (reference)
JOIN transactions t ON t.id = a.transaction_id
"""
# Locked in key order: nobody refunds them through the API at the same time.
_OPEN_SALES = """
SELECT t.reference, coalesce(t.customer_id, 0), t.product_id, t.order_ref,
    (extract(epoch FROM t.timestamp) * 1000000)::bigint, t.quantity - t.units_returned,
    ((t.total_amount - t.refunded_amount) * 100)::bigint, t.status = %(partly)s
FROM transactions t
WHERE t.id IN (
    SELECT c.id FROM transactions c
    JOIN unnest(%(customers)s::bigint[], %(products)s::bigint[]) AS k (customer_id, product_id)
        ON c.customer_id = k.customer_id AND c.product_id = k.product_id
    UNION
    SELECT n.id FROM transactions n
    WHERE n.customer_id IS NULL AND n.product_id = ANY(%(anonymous)s::bigint[])
    UNION
    SELECT o.id FROM transactions o
    JOIN unnest(%(orders)s::text[], %(order_products)s::bigint[]) AS k (order_ref, product_id)
        ON o.order_ref = k.order_ref AND o.product_id = k.product_id
) AND t.status IN (%(completed)s, %(partly)s) AND t.units_returned < t.quantity
ORDER BY t.id FOR NO KEY UPDATE OF t
"""


def split_known_sales(sales: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series, list[str]]:
    """Tell new sales from known ones.

    Returns the new rows, the references that are known with the same order, product, customer,
    units, total and time, and those known with another content.
    """
    columns = ("reference", "order_ref", "product_id", "customer_id", "quantity", "total_cents")
    rows = _known(_KNOWN_SALES, sales["reference"])
    there = pl.DataFrame(
        rows,
        schema={name: sales.schema[name] for name in columns} | {"at": pl.Int64},
        orient="row",
    )
    wanted = sales.select(*columns, at=pl.col("timestamp").dt.epoch("us"))
    same = wanted.join(there, on=wanted.columns, how="semi")["reference"]
    conflicts = there.filter(~pl.col("reference").is_in(same.implode()))["reference"].to_list()
    new = sales.join(there, on="reference", how="anti", maintain_order="left")
    return new, same, conflicts


def split_known_returns(returns: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series, list[str]]:
    """Tell new returns from known ones, by product, units, money and time of all their pieces."""
    schema = {
        "reference": pl.String,
        "product_id": pl.Int64,
        "quantity": pl.Int64,
        "amount_cents": pl.Int64,
        "at": pl.Int64,
    }
    parts = []
    asked, number = returns["reference"], 1
    while asked.len():
        rows = _known(_KNOWN_RETURNS, piece_references(asked, number))
        found = pl.DataFrame(rows, schema=schema, orient="row")
        if number > 1:
            found = found.with_columns(pl.col("reference").str.strip_suffix(f"#{number}"))
        parts.append(found)
        asked, number = found["reference"], number + 1
    there = (
        pl.concat([pl.DataFrame(schema=schema), *parts])
        .group_by("reference", "product_id", "at")
        .agg(pl.col("quantity", "amount_cents").sum())
    )
    wanted = returns.select(
        "reference",
        "product_id",
        pl.col("timestamp").dt.epoch("us").alias("at"),
        "quantity",
        "amount_cents",
    )
    same = wanted.join(there, on=wanted.columns, how="semi")["reference"]
    conflicts = (
        there.filter(~pl.col("reference").is_in(same.implode()))["reference"].unique().to_list()
    )
    new = returns.join(there, on="reference", how="anti", maintain_order="left")
    return new, same, conflicts


def piece_references(references: pl.Series, number: int) -> pl.Series:
    """Return the adjustment references of the n-th piece of returns."""
    return references if number == 1 else references + f"#{number}"


def open_sales(returns: pl.DataFrame, sales: pl.DataFrame) -> list[OpenSale]:
    """Return the sales that these returns may take back, of the batch and of the database."""
    by_customer = returns.filter(pl.col("return_of") == "").select("customer_id", "product_id")
    by_order = returns.filter(pl.col("return_of") != "").select("product_id", order_ref="return_of")
    standing = sales.filter(pl.col("status") == TransactionStatus.COMPLETED)
    of_batch = pl.concat(
        [
            standing.join(by_customer, on=["customer_id", "product_id"], how="semi"),
            standing.join(by_order, on=["order_ref", "product_id"], how="semi"),
        ]
    ).unique("reference")
    found = [
        OpenSale(*row)
        for row in of_batch.select(
            "reference",
            "customer_id",
            "product_id",
            "order_ref",
            pl.col("timestamp").dt.epoch("us"),
            "quantity",
            "total_cents",
            pl.lit(value=False),
        ).iter_rows()
    ]
    named = by_customer.filter(pl.col("customer_id") > 0).unique()
    orders = by_order.unique()
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN_SALES,
            {
                "customers": named["customer_id"].to_list(),
                "products": named["product_id"].to_list(),
                "anonymous": by_customer.filter(pl.col("customer_id") == 0)["product_id"]
                .unique()
                .to_list(),
                "orders": orders["order_ref"].to_list(),
                "order_products": orders["product_id"].to_list(),
                "completed": TransactionStatus.COMPLETED,
                "partly": TransactionStatus.PARTIALLY_REFUNDED,
            },
        )
        found.extend(OpenSale(*row) for row in cursor.fetchall())
    return found


def _known(query: str, references: pl.Series) -> list[tuple[object, ...]]:
    """Run a query that joins these references, staged."""
    rows: list[tuple[object, ...]]
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCES)
        copy_frame(cursor, "staged_references", references.alias("reference").to_frame())
        cursor.execute("ANALYZE staged_references")
        cursor.execute(query)
        rows = cursor.fetchall()
        cursor.execute("DROP TABLE staged_references")
    return rows
