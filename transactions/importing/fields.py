"""The fields that a file may fill, and the step from its columns to them."""

import re
from dataclasses import dataclass

import polars as pl

from transactions.importing.mapping import Mapping, MappingError
from transactions.importing.reading import LINE, TextTable, require_columns


@dataclass(frozen=True, slots=True)
class TextField:
    """A text of limited length."""

    longest: int


SALES_TEXTS = {
    # Room is left for "#12": one return may go against several sales.
    "reference": TextField(112),
    "order_ref": TextField(80),
    "return_of": TextField(80),
    "sku": TextField(60),
    "name": TextField(200),
    "category": TextField(100),
    "supplier": TextField(60),
    "customer": TextField(60),
    "customer_name": TextField(160),
    "device": TextField(80),
    "store": TextField(40),
    "card_token": TextField(200),
    "ship_address": TextField(500),
    "bill_address": TextField(500),
    "email": TextField(254),
}
SALES_FIELDS = (
    *SALES_TEXTS,
    "quantity",
    "unit_price",
    "discount",
    "total_amount",
    "unit_cost",
    "list_price",
    "currency",
    "status",
    "channel",
    "payment_method",
    "ip_country",
    "ship_country",
    "timestamp",
    "recorded_at",
)
PRODUCT_TEXTS = {
    "sku": TextField(60),
    "name": TextField(200),
    "category": TextField(100),
    "supplier": TextField(60),
    "supplier_name": TextField(160),
}
PRODUCT_FIELDS = (
    *PRODUCT_TEXTS,
    "price",
    "unit_cost",
    "pack_size",
    "minimum_order_quantity",
    "stock_cap",
    "lead_time_days",
)
STOCK_TEXTS = {"sku": TextField(60), "reason": TextField(300)}
STOCK_FIELDS = (*STOCK_TEXTS, "counted_units", "counted_at")


def columns_of_fields(
    table: TextTable, mapping: Mapping, known_fields: tuple[str, ...]
) -> dict[str, str]:
    """Return field → column: as mapped, or where nothing is mapped, columns named as fields are.

    Raises UnreadableFile when a mapped column is not in the file.
    """
    require_columns(table, list(mapping.columns.values()))
    if mapping.columns:
        return dict(mapping.columns)
    return {name: name for name in known_fields if name in table.columns}


def field_frame(table: TextTable, mapping: Mapping, columns: dict[str, str]) -> pl.DataFrame:
    """Return `line` and one column a mapped or constant field, cleaned but not yet judged."""
    cells = []
    for name, column in columns.items():
        cell = pl.col(column)
        if name in mapping.remove and table.frame.schema[column] == pl.String:
            cut = cell.str.replace_all(mapping.remove[name], "").str.strip_chars()
            cell = pl.when(cut != "").then(cut)
        if name in mapping.constants:
            cell = cell.fill_null(pl.lit(mapping.constants[name]))
        cells.append(cell.alias(name))
    constants = [
        pl.lit(value).alias(name)
        for name, value in mapping.constants.items()
        if name not in columns
    ]
    return table.frame.select(LINE, *cells, *constants)


def template_expression(template: str, table: TextTable, columns: dict[str, str]) -> pl.Expr:
    """Return the text a template such as "{InvoiceNo}:{StockCode}" makes of a line.

    Works on a frame that has both the fields and the file's columns: a column that feeds a field
    is taken as the field has it. Null when one of the parts is. Raises MappingError.
    """
    field_of = {column: name for name, column in columns.items()}
    parts: list[pl.Expr] = []
    names = re.findall(r"\{([^{}]*)\}", template)
    if not names:
        raise MappingError("[keys] reference names no column; write it as {Column}.")
    require_columns(table, names)
    for text, name in re.findall(r"([^{}]*)(?:\{([^{}]*)\})?", template):
        if text:
            parts.append(pl.lit(text))
        if name:
            parts.append(pl.col(field_of.get(name, name)).cast(pl.String))
    return pl.concat_str(parts)
