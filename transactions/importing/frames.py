"""Columns of the tables that pass between reading and writing."""

import polars as pl

UTC_TIME = pl.Datetime("us", "UTC")

# One row a sale. Text is "" where nothing is known; only customer_code is null (anonymous).
# unit_price_e4 and unit_cost_e4 are ten-thousandths of the currency unit, null cost: the
# product's. total_cents = round(quantity × unit price, 2) − discount. recorded_at null: timestamp.
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
    "timestamp": UTC_TIME,
    "recorded_at": UTC_TIME,
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
    frame: pl.DataFrame | None, schema: dict[str, pl.DataType | type[pl.DataType]]
) -> pl.DataFrame:
    """Return the frame with exactly these columns and types; empty for None.

    Raises ValueError naming a column that is missing.
    """
    if frame is None:
        return pl.DataFrame(schema=schema)
    missing = [name for name in schema if name not in frame.columns]
    if missing:
        raise ValueError(f"missing columns: {', '.join(missing)}")
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
