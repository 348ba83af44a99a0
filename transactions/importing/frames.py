"""Columns of the tables that pass between reading and writing."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

UTC_TIME = pl.Datetime("us", "UTC")

# One row a sale. Text is "" where nothing is known; only customer_code is null (anonymous).
# unit_price_e4 and unit_cost_e4 are ten-thousandths of the currency unit, null cost: the
# product's, null list price: unknown. total_cents = round(quantity × unit price, 2) − discount.
# Hashes and stems are those of `services.sale_marks`. recorded_at null: timestamp.
SALES_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "reference": pl.String,
    "order_ref": pl.String,
    "sku": pl.String,
    "customer_code": pl.String,
    "quantity": pl.Int64,
    "unit_price_e4": pl.Int64,
    "discount_cents": pl.Int64,
    "total_cents": pl.Int64,
    "unit_cost_e4": pl.Int64,
    "currency": pl.String,
    "status": pl.String,
    "channel": pl.String,
    "payment_method": pl.String,
    "device": pl.String,
    "ip_country": pl.String,
    "ship_country": pl.String,
    "store": pl.String,
    "card_hash": pl.String,
    "ship_address_hash": pl.String,
    "bill_address_hash": pl.String,
    "email_stem": pl.String,
    "list_price_e4": pl.Int64,
    "timestamp": UTC_TIME,
    "recorded_at": UTC_TIME,
}
# Columns of sales that a loader may leave out, with what then stands there.
SALES_DEFAULTS: dict[str, str | None] = {
    "card_hash": "",
    "ship_address_hash": "",
    "bill_address_hash": "",
    "email_stem": "",
    "list_price_e4": None,
}
# One row a return. quantity > 0 units came back for amount_cents ≥ 0. return_of: the order it
# belongs to, "" when the file does not say.
RETURNS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "reference": pl.String,
    "return_of": pl.String,
    "sku": pl.String,
    "customer_code": pl.String,
    "quantity": pl.Int64,
    "amount_cents": pl.Int64,
    "timestamp": UTC_TIME,
    "recorded_at": UTC_TIME,
}
# Created when the code is not known in any letter case.
NEW_PRODUCTS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "sku": pl.String,
    "name": pl.String,
    "category": pl.String,
    "supplier_code": pl.String,
    "supplier_name": pl.String,
    "price_e4": pl.Int64,
    "unit_cost_e4": pl.Int64,
}
NEW_CUSTOMERS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "code": pl.String,
    "name": pl.String,
    "country": pl.String,
}
# Further ledger entries of the same period, such as receipts; quantity is signed.
MOVEMENTS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "product_id": pl.Int64,
    "kind": pl.String,
    "quantity": pl.Int64,
    "occurred_at": UTC_TIME,
    "source_type": pl.String,
    "source_id": pl.Int64,
    "unit_cost_e4": pl.Int64,
}


def conform(
    frame: pl.DataFrame | None,
    schema: dict[str, pl.DataType | type[pl.DataType]],
    *,
    defaults: Mapping[str, str | None] = MappingProxyType({}),
) -> pl.DataFrame:
    """Return the frame with exactly these columns and types; empty for None.

    defaults: of columns that may be missing.
    Raises ValueError naming a column that is missing.
    """
    if frame is None:
        return pl.DataFrame(schema=schema)
    absent = {name: value for name, value in defaults.items() if name not in frame.columns}
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in absent.items())
    missing = [name for name in schema if name not in frame.columns]
    if missing:
        raise ValueError(f"missing columns: {', '.join(missing)}")
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
