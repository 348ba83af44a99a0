"""The product list as its page shows it: finished values for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, FloatField, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone

from inventory.choices import OPEN_SUGGESTION_STATES, AbcClass, ProductTab
from inventory.figures import product_figures
from inventory.list_filters import ProductFilters, sorts_of
from inventory.models import Product, ReorderSuggestion
from inventory.paths import LIST_PATH, product_path
from inventory.querysets import ProductQuerySet
from inventory.range_options import category_select, choice, supplier_select
from inventory.snoozes import SNOOZES
from inventory.stock_figures import StockFigures, filtered_products
from techmart.lib import formats
from techmart.lib.columns import column_menu, shown_columns
from techmart.lib.keyset import Keyset, KeysetPage
from techmart.lib.page_parts import (
    AsOf,
    Chip,
    Column,
    Direction,
    Link,
    Option,
    Select,
    Tile,
    Tone,
    keyset_pager,
    spelt_label,
)

PAGE_SIZE = 50
FRESH_SECONDS = 60

_KEYSETS = {
    "name": Keyset("name", "pk"),
    "-name": Keyset("-name", "-pk"),
    "available": Keyset("stock_quantity", "pk"),
    "-available": Keyset("-stock_quantity", "-pk"),
    "lasts": Keyset("cover", "pk"),
    "-lasts": Keyset("-cover", "-pk"),
}
# Days of cover of a product without demand: it lasts longest of all.
_FOR_EVER = 1e9
_TAB_LABELS = {
    ProductTab.ALL: "All",
    ProductTab.LOW: "At reorder point",
    ProductTab.OUT: "Out of stock",
    ProductTab.ORDERED: "On order",
    ProductTab.OVER: "Overstock",
}
_TAB_TONES: dict[ProductTab, Tone] = {ProductTab.OUT: "bad"}
# Parameters that the form has a field of its own for; the others it carries along.
_FIELDS_OF_FORM = {"cat", "sup", "abc", "q"}


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One row. trend: units on each of the last 28 whole days. per_day: predicted units a day."""

    name: str
    sku: str
    url: str
    category: str
    abc: str
    supplier_name: str
    available: int
    on_order: int
    reorder_at: int
    trend: Sequence[int]
    per_day: float | None
    cover_days: float | None
    lead_time_days: float
    state: str
    suggestion_url: str


def list_context(filters: ProductFilters, figures: StockFigures, *, cursor: str) -> dict[str, Any]:
    """Return what `inventory/_table.html` asks for, without its rows and pager."""
    page_url = filters.url(LIST_PATH, cursor=cursor)
    columns = _columns(filters)
    return {
        "page_url": page_url,
        "clear_url": filters.whole.url(LIST_PATH),
        "freshness": AsOf(figures.as_of, FRESH_SECONDS),
        "tabs": _tabs(filters, figures),
        "tiles": _tiles(filters, figures),
        "selects": _selects(filters),
        "chips": _chips(filters),
        "query": filters.q,
        "spelt": filters.spelt,
        "hidden": [
            (name, value)
            for name, value in filters.parameters().items()
            if name not in _FIELDS_OF_FORM
        ],
        "columns": shown_columns(columns, filters.columns),
        "column_menu": column_menu(columns, filters.columns, page_url=page_url),
        "filtered": filters.narrows,
        "snoozes": SNOOZES,
    }


def rows_context(
    filters: ProductFilters, figures: StockFigures, *, cursor: str, now: datetime
) -> dict[str, Any]:
    """Return the rows of one page and the way to the next. Raises BadCursor."""
    page = products_page(filters, cursor=cursor)
    return {
        "rows": _rows(page.rows, now=now),
        "pager": keyset_pager(
            page,
            lambda cursor: filters.url(LIST_PATH, cursor=cursor),
            total=figures.tabs[filters.tab],
            labels=("Previous", "Next"),
        ),
    }


def products_page(
    filters: ProductFilters, *, cursor: str, size: int = PAGE_SIZE
) -> KeysetPage[Product]:
    """Return one page of products. Raises BadCursor."""
    products: ProductQuerySet = filtered_products(filters).on_tab(filters.tab)
    products = products.select_related("supplier")
    if filters.order.endswith("lasts"):
        mean = NullIf(F("prediction__daily_mean"), Value(0.0))
        cover = Coalesce(Cast("stock_quantity", FloatField()) / mean, Value(_FOR_EVER))
        products = products.annotate(cover=cover)
    return _KEYSETS[filters.order].page(products, size=size, cursor=cursor)


def _rows(products: Sequence[Product], *, now: datetime) -> list[ProductRow]:
    suggested = set(
        ReorderSuggestion.objects.filter(
            product__in=products, state__in=OPEN_SUGGESTION_STATES, quantity__gt=0
        ).values_list("product_id", flat=True)
    )
    rows = []
    for figures in product_figures(products, today=timezone.localdate(now)):
        product = figures.product
        url = product_path(product.sku)
        lead_time = product.lead_time_days
        rows.append(
            ProductRow(
                name=product.name,
                sku=product.sku,
                url=url,
                category=product.category,
                abc=product.abc_class,
                supplier_name=product.supplier.name,
                available=product.stock_quantity,
                on_order=product.on_order_quantity,
                reorder_at=product.reorder_threshold,
                trend=figures.trend,
                per_day=figures.daily_mean,
                cover_days=figures.days_of_cover,
                lead_time_days=float(
                    product.supplier.lead_time_days if lead_time is None else lead_time
                ),
                state=figures.state.value,
                suggestion_url=f"{url}#order" if product.pk in suggested else "",
            )
        )
    return rows


def _tabs(filters: ProductFilters, figures: StockFigures) -> list[Link]:
    return [
        Link(
            label,
            filters.on_tab(tab).url(LIST_PATH),
            filters.tab is tab,
            figures.tabs[tab],
            _TAB_TONES.get(tab, "") if figures.tabs[tab] else "",
        )
        for tab, label in _TAB_LABELS.items()
    ]


def _tiles(filters: ProductFilters, figures: StockFigures) -> list[Tile]:
    stamp = AsOf(figures.as_of, FRESH_SECONDS)
    everything = filters.on_tab(ProductTab.ALL).url(LIST_PATH)
    sold_out = filters.on_tab(ProductTab.OUT)
    return [
        Tile(
            "value",
            "Stock value at cost",
            figures.value,
            "money",
            everything,
            "Units in stock times what one cost, over all products of this view.",
            stamp,
            detail=f"{formats.count(figures.tabs[ProductTab.ALL])} products",
        ),
        Tile(
            "in_stock",
            "In-stock rate, class A",
            figures.in_stock_rate,
            "rate",
            replace(sold_out, abc=AbcClass.A.value).url(LIST_PATH),
            "Share of class A products with a unit in stock. The link shows those without.",
            stamp,
            detail=f"{formats.count(figures.class_a_in_stock)} of {formats.count(figures.class_a)}",
        ),
        Tile(
            "cover",
            "Stock lasts, median",
            figures.median_cover_days,
            "days",
            everything,
            "Half of the products with predicted demand last longer than this, half less long.",
            stamp,
        ),
        Tile(
            "lost",
            "Sales at risk a day",
            figures.lost_a_day,
            "money",
            sold_out.url(LIST_PATH),
            "Predicted units a day times price, over products that are out of stock.",
            stamp,
            detail=f"{formats.count(figures.tabs[ProductTab.OUT])} out of stock",
        ),
    ]


def _selects(filters: ProductFilters) -> list[Select]:
    classes = [Option(value, f"Class {label}") for value, label in AbcClass.choices]
    found = [
        category_select(filters.category),
        supplier_select(filters.supplier),
        choice("abc", "Class", "All classes", classes, filters.abc),
    ]
    return [select for select in found if select is not None]


def filter_words(filters: ProductFilters) -> list[str]:
    """Say what narrows the list: its tab, and the words of its chips."""
    words = [] if filters.tab is ProductTab.ALL else [_TAB_LABELS[filters.tab]]
    return words + list(_named(filters).values())


def _chips(filters: ProductFilters) -> list[Chip]:
    # The address of this view has lost what was ignored already.
    here = filters.url(LIST_PATH)
    return [
        Chip(label, filters.without(name).url(LIST_PATH)) for name, label in _named(filters).items()
    ] + [Chip(f"ignored: {name}={value}", here, ignored=True) for name, value in filters.ignored]


def _named(filters: ProductFilters) -> dict[str, str]:
    """Return the filters in force: their words by parameter."""
    named = {
        "cat": filters.category,
        "sup": filters.supplier and f"Supplier {filters.supplier}",
        "abc": filters.abc and f"Class {filters.abc}",
        "q": filters.q and spelt_label(filters.q, spelt=filters.spelt),
    }
    return {name: label for name, label in named.items() if label}


def _columns(filters: ProductFilters) -> list[Column]:
    available = Column("Available", align="r", name="available")
    return [
        _sortable(filters, Column("Product", name="product"), "name"),
        Column("Class", align="c", hide="opt-m", name="class"),
        Column("Supplier", hide="opt-l", name="supplier"),
        _sortable(filters, available, "available"),
        Column("Inbound", align="r", name="inbound"),
        Column("Reorder at", align="r", hide="opt-m", name="reorder"),
        Column("Sold, 28 days", hide="opt-l", name="sold"),
        Column("Per day", align="r", name="rate"),
        _sortable(filters, Column("Lasts", align="r", name="lasts"), "lasts"),
        Column("Status", name="status"),
        Column("Actions", label_hidden=True),
    ]


def _sortable(filters: ProductFilters, column: Column, key: str) -> Column:
    """Return the column with its sort, upwards first, where the tab offers it."""
    if key not in sorts_of(filters.tab):
        return column
    upwards, downwards = key, f"-{key}"
    direction: Direction = ""
    if filters.order == upwards:
        direction = "ascending"
    elif filters.order == downwards:
        direction = "descending"
    wanted = downwards if filters.order == upwards else upwards
    url = filters.sorted_by(wanted).url(LIST_PATH)
    return replace(column, key=key, sort_url=url, direction=direction)
