"""Writes the simulated catalogue and customers into an empty shop."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from techmart.demo.simulate import Catalogue


def write_catalogue(catalogue: Catalogue, *, customers: Any, opened_at: datetime) -> None:
    """Write suppliers, products without stock, and customers, by COPY.

    Inside a transaction. opened_at: when the shop's history begins.
    """
    _copy(
        "suppliers",
        [*catalogue.suppliers.columns, "email", "tolerance_days", "active", "version"],
        (
            (*row[:6], Decimal(row[6]) / 100, "", 1, True, 1)
            for row in catalogue.suppliers.iter_rows()
        ),
        opened_at,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, id FROM suppliers")
        supplier_ids = dict(cursor.fetchall())
    _copy(
        "products",
        _PRODUCT_COLUMNS,
        (
            (
                row["sku"],
                row["name"],
                row["category"],
                supplier_ids[row["supplier_code"]],
                Decimal(row["price"]) / 100,
                Decimal(row["unit_cost_e4"]) / 10_000,
                row["pack_size"],
                row["minimum_order_quantity"],
                *_PRODUCT_DEFAULTS,
            )
            for row in catalogue.products.iter_rows(named=True)
        ),
        opened_at,
    )
    _copy(
        "customers",
        ["code", "name", "country", "email", "active", "version"],
        ((*row, "", True, 1) for row in customers.iter_rows()),
        opened_at,
    )


def product_ids(catalogue: Catalogue) -> list[int]:
    """Return the shop's product ids in the catalogue's order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sku, id FROM products")
        ids = dict(cursor.fetchall())
    return [ids[sku] for sku in catalogue.products["sku"].to_list()]


_PRODUCT_COLUMNS = [
    "sku",
    "name",
    "category",
    "supplier_id",
    "price",
    "unit_cost",
    "pack_size",
    "minimum_order_quantity",
    "stock_quantity",
    "on_order_quantity",
    "reorder_threshold",
    "order_up_to",
    "demand_class",
    "abc_class",
    "xyz_class",
    "watch_below_20",
    "active",
    "version",
]
_PRODUCT_DEFAULTS = (0, 0, 0, 0, "new", "C", "Z", False, True, 1)


def _copy(
    table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]], at: datetime
) -> None:
    names = ", ".join([*columns, "created_at", "updated_at"])
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row((*row, at, at))
