"""Customers and products behind the codes of a batch."""

from datetime import datetime

import polars as pl
from django.db import connection

from inventory.services.bulk_products import BulkProducts, ensure_products
from transactions.importing import frames
from transactions.importing.refusals import Reason

_NEW_CUSTOMERS = """
INSERT INTO customers (code, name, email, country, active, version, created_at, updated_at)
SELECT code, name, '', country, true, 1, %s, %s
FROM unnest(%s::text[], %s::text[], %s::text[]) AS new (code, name, country)
ORDER BY code
ON CONFLICT (code) DO NOTHING
"""
_PRODUCTS = """
SELECT upper(sku), id, (unit_cost * 10000)::bigint FROM products WHERE upper(sku) = ANY(%s)
"""
_CUSTOMERS = "SELECT code, id FROM customers WHERE code = ANY(%s)"
_STOCK = """
SELECT p.id, p.stock_quantity::bigint,
    EXISTS (SELECT 1 FROM stock_movements m WHERE m.product_id = p.id)
FROM products p WHERE p.id = ANY(%s)
"""


def ensure_masters(
    products: pl.DataFrame | None, customers: pl.DataFrame | None, *, now: datetime, reason: str
) -> tuple[BulkProducts, int]:
    """Create the products and customers that are not known; return what was made."""
    made = BulkProducts(0, 0, 0)
    new_products = frames.conform(products, frames.NEW_PRODUCTS_SCHEMA)
    if new_products.height:
        made = ensure_products(new_products, now=now, reason=reason)
    new_customers = frames.conform(customers, frames.NEW_CUSTOMERS_SCHEMA)
    if new_customers.is_empty():
        return made, 0
    with connection.cursor() as cursor:
        cursor.execute(
            _NEW_CUSTOMERS,
            [now, now, *(new_customers[name].to_list() for name in ("code", "name", "country"))],
        )
        return made, cursor.rowcount


def resolve(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, Reason]]:
    """Add product_id, product_cost_e4 and customer_id (0: anonymous) to rows with codes.

    Returns the rows whose codes are known, and the references of the others with the reason.
    """
    if frame.is_empty():
        ids = (
            pl.lit(0, pl.Int64).alias(n) for n in ("product_id", "product_cost_e4", "customer_id")
        )
        return frame.with_columns(*ids), {}
    frame = frame.with_columns(sku_key=pl.col("sku").str.to_uppercase())
    codes = frame["customer_code"].drop_nulls().unique().to_list()
    with connection.cursor() as cursor:
        cursor.execute(_PRODUCTS, [frame["sku_key"].unique().to_list()])
        products = pl.DataFrame(
            cursor.fetchall(),
            schema={"sku_key": pl.String, "product_id": pl.Int64, "product_cost_e4": pl.Int64},
            orient="row",
        )
        cursor.execute(_CUSTOMERS, [codes])
        customers = pl.DataFrame(
            cursor.fetchall(),
            schema={"customer_code": pl.String, "customer_id": pl.Int64},
            orient="row",
        )
    resolved = (
        frame.join(products, on="sku_key", how="left", maintain_order="left")
        .join(customers, on="customer_code", how="left", maintain_order="left")
        .with_columns(
            customer_id=pl.when(pl.col("customer_code").is_null())
            .then(pl.lit(0, pl.Int64))
            .otherwise("customer_id")
        )
        .drop("sku_key")
    )
    refused = {
        **dict.fromkeys(
            resolved.filter(pl.col("customer_id").is_null())["reference"],
            Reason.UNKNOWN_CUSTOMER,
        ),
        **dict.fromkeys(
            resolved.filter(pl.col("product_id").is_null())["reference"], Reason.UNKNOWN_PRODUCT
        ),
    }
    known = pl.col("product_id").is_not_null() & pl.col("customer_id").is_not_null()
    return resolved.filter(known), refused


def stock_of(product_ids: pl.Series) -> pl.DataFrame:
    """Return `product_id`, `units` at hand and `has_ledger` of these products."""
    with connection.cursor() as cursor:
        cursor.execute(_STOCK, [product_ids.to_list()])
        return pl.DataFrame(
            cursor.fetchall(),
            schema={"product_id": pl.Int64, "units": pl.Int64, "has_ledger": pl.Boolean},
            orient="row",
        )
