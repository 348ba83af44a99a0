"""The product list as a file: the rows of its page, all of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum
from django.utils import timezone

from inventory.figures import product_figures
from inventory.list_filters import parse_filters
from inventory.list_page import filter_words, products_page
from inventory.paths import LIST_PATH
from inventory.stock_figures import as_spelt, filtered_products
from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table, pages_of, rounded

_PAGE = 1_000
FILE_COLUMNS = (
    Column("Code", width=14, of="product"),
    Column("Product", width=32, of="product"),
    Column("Category", width=18, of="product"),
    Column("Class", width=6, of="class"),
    Column("Supplier", width=20, of="supplier"),
    Column("Available", Kind.COUNT, 10, of="available"),
    Column("Inbound", Kind.COUNT, 9, of="inbound"),
    Column("Reorder at", Kind.COUNT, 10, of="reorder"),
    Column("Sold in 28 days", Kind.COUNT, 10, of="sold"),
    Column("Per day", Kind.NUMBER, 9, of="rate"),
    Column("Lasts, days", Kind.NUMBER, 9, of="lasts"),
    Column("Price", Kind.MONEY, 11),
    Column("Unit cost", Kind.MONEY, 11),
    Column("Stock value", Kind.MONEY, 13),
    Column("Status", width=10, of="status"),
)


def register_lists() -> None:
    """Offer the list of products."""
    register(
        ExportList(
            key="inventory",
            title="Inventory",
            permission="inventory.view_product",
            path=LIST_PATH,
            build=products_table,
        )
    )


def products_table(query: Query, _user: User, now: datetime) -> Table:
    """Return the products that the page's address asks for."""
    filters = as_spelt(parse_filters(dict(query)))
    products = filtered_products(filters).on_tab(filters.tab)
    totals: dict[str, Any] = products.order_by().aggregate(
        rows=Count("pk"),
        units=Sum("stock_quantity", default=0),
        value=Sum(F("stock_quantity") * F("unit_cost"), default=Decimal(0)),
    )

    def rows() -> Iterator[Sequence[Cell]]:
        today = timezone.localdate(now)
        for page in pages_of(lambda cursor: products_page(filters, cursor=cursor, size=_PAGE)):
            for figures in product_figures(page, today=today):
                product = figures.product
                yield (
                    product.sku,
                    product.name,
                    product.category,
                    product.abc_class,
                    product.supplier.name,
                    product.stock_quantity,
                    product.on_order_quantity,
                    product.reorder_threshold,
                    sum(figures.trend),
                    rounded(figures.daily_mean, 3),
                    rounded(figures.days_of_cover, 1),
                    product.price,
                    product.unit_cost,
                    product.stock_quantity * product.unit_cost,
                    figures.state.value,
                )

    return shop_table(
        title="Inventory",
        columns=FILE_COLUMNS,
        rows=rows,
        row_count=totals["rows"],
        totals=[
            ("Units", totals["units"]),
            ("Stock value at cost", round(Decimal(totals["value"]), 2)),
        ],
        filters=filter_words(filters),
        as_of=now,
        url=filters.url(LIST_PATH),
    ).in_columns(filters.columns)
