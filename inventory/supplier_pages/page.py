"""Suppliers as their pages show them: finished values for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from inventory.choices import INBOUND_ORDER_STATES, OrderState
from inventory.list_filters import ProductFilters
from inventory.models import Product, PurchaseOrder, Supplier
from inventory.order_pages.page import OrderFilters, OrderTab
from inventory.paths import (
    LIST_PATH,
    SUPPLIERS_PATH,
    order_path,
    product_path,
    supplier_path,
)
from inventory.scorecards import Scorecard, load_scorecards
from inventory.supplier_pages.filters import SupplierFilters
from techmart.core.search.sources import has_a_name, named
from techmart.lib.columns import COLUMNS, columns_context, write_columns
from techmart.lib.keyset import Keyset
from techmart.lib.page_parts import AsOf, Chip, Column, keyset_pager, spelt_label

PAGE_SIZE = 50
FRESH_SECONDS = 60
# Products and orders on a supplier's page; the links show all.
MOST_ROWS = 12
BY_NAME = Keyset("name", "pk")
_COLUMNS = (
    Column("Supplier", direction="ascending", name="supplier"),
    Column("Products", align="r", hide="opt-m", name="products"),
    Column("Reliability", align="r", name="reliability"),
    Column("On time, in full", align="r", name="otif"),
    Column("Fill", align="r", hide="opt-m", name="fill"),
    Column("Lead time", align="r", name="lead"),
    Column("Against promise", align="r", hide="opt-l", name="bias"),
    Column("Late lines", align="r", name="late"),
    Column("Receipts", align="r", hide="opt-l", name="receipts"),
)


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """One supplier of the list. products: in the range."""

    name: str
    code: str
    url: str
    products: int
    card: Scorecard


def list_context(filters: SupplierFilters, *, cursor: str, now: datetime) -> dict[str, Any]:
    """Return what `inventory/_suppliers.html` asks for. Raises BadCursor."""
    filters = as_spelt(filters)
    suppliers = suppliers_of(filters)
    page = BY_NAME.page(suppliers, size=PAGE_SIZE, cursor=cursor)
    page_url = filters.url(cursor=cursor)
    return {
        "page_url": page_url,
        "clear_url": filters.whole.url(),
        "freshness": AsOf(now, FRESH_SECONDS),
        "query": filters.q,
        "spelt": filters.spelt,
        "hidden": [(COLUMNS, write_columns(filters.columns))] if filters.columns else [],
        "chips": _chips(filters),
        **columns_context(_COLUMNS, filters.columns, page_url=page_url),
        "rows": supplier_rows(page.rows, now=now),
        "pager": keyset_pager(
            page,
            lambda cursor: filters.url(cursor=cursor),
            total=suppliers.count(),
            labels=("Previous", "Next"),
        ),
        "filtered": bool(filters.q),
    }


def _chips(filters: SupplierFilters) -> list[Chip]:
    here = filters.url()
    chips = [Chip(label, filters.whole.url()) for label in filter_words(filters)]
    return chips + [Chip(f"ignored: {k}={v}", here, ignored=True) for k, v in filters.ignored]


def filter_words(filters: SupplierFilters) -> list[str]:
    """Say what narrows the list."""
    return [spelt_label(filters.q, spelt=filters.spelt)] if filters.q else []


def as_spelt(filters: SupplierFilters) -> SupplierFilters:
    """Return the filters of a list whose words name no supplier, but are spelt like one."""
    if not has_a_name(filters.q) or suppliers_of(filters).exists():
        return filters
    spelt = replace(filters, spelt=True)
    return spelt if suppliers_of(spelt).exists() else filters


def suppliers_of(filters: SupplierFilters) -> QuerySet[Supplier]:
    """Return the suppliers in use that the words name, or are spelt like; all for no words."""
    suppliers, q = Supplier.objects.filter(active=True), filters.q
    if filters.spelt:
        return suppliers.filter(named("name", q))
    return suppliers.filter(Q(name__icontains=q) | Q(code__iexact=q)) if q else suppliers


def supplier_rows(suppliers: Sequence[Supplier], *, now: datetime) -> list[SupplierRow]:
    """Return suppliers with their products and scorecards; four queries."""
    cards = load_scorecards([supplier.pk for supplier in suppliers], now=now)
    products = dict(
        Product.objects.filter(supplier__in=suppliers, active=True)
        .order_by()
        .values_list("supplier_id")
        .annotate(Count("pk"))
    )
    return [
        SupplierRow(
            name=supplier.name,
            code=supplier.code,
            url=supplier_path(supplier.code),
            products=products.get(supplier.pk, 0),
            card=cards[supplier.pk],
        )
        for supplier in suppliers
    ]


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product of the supplier, those that last shortest first."""

    name: str
    sku: str
    url: str
    abc: str
    available: int
    on_order: int
    reorder_at: int
    cover_days: float | None


def detail_context(supplier: Supplier, *, now: datetime) -> dict[str, Any]:
    """Return what `inventory/supplier.html` asks for; six queries."""
    products = Product.objects.filter(supplier=supplier, active=True)
    orders = list(
        PurchaseOrder.objects.filter(
            supplier=supplier, state__in=(OrderState.DRAFT, *INBOUND_ORDER_STATES)
        ).order_by("-created_at", "-pk")[:MOST_ROWS]
    )
    return {
        "page_url": supplier_path(supplier.code),
        "list_url": SUPPLIERS_PATH,
        "what_if_url": f"{supplier_path(supplier.code)}what-if/",
        "freshness": AsOf(now, FRESH_SECONDS),
        "supplier": supplier,
        "weekdays": _weekdays(supplier),
        "card": load_scorecards([supplier.pk], now=now)[supplier.pk],
        "late_url": OrderFilters(tab=OrderTab.LATE, supplier=supplier.code).url(),
        "orders_url": OrderFilters(tab=OrderTab.ALL, supplier=supplier.code).url(),
        "orders": [{"order": order, "url": order_path(order.number)} for order in orders],
        "products_url": ProductFilters(supplier=supplier.code).url(LIST_PATH),
        "products_total": products.count(),
        "products": _shortest(products),
    }


def _shortest(products: QuerySet[Product]) -> list[ProductRow]:
    """Return those with demand that last shortest."""
    rows = (
        products.filter(prediction__daily_mean__gt=0)
        .annotate(cover=F("stock_quantity") / F("prediction__daily_mean"))
        .order_by("cover", "pk")[:MOST_ROWS]
    )
    return [
        ProductRow(
            name=row.name,
            sku=row.sku,
            url=product_path(row.sku),
            abc=row.abc_class,
            available=row.stock_quantity,
            on_order=row.on_order_quantity,
            reorder_at=row.reorder_threshold,
            cover_days=row.cover,
        )
        for row in rows
    ]


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _weekdays(supplier: Supplier) -> str:
    """Return on which days orders are taken, in words."""
    if not supplier.order_weekdays:
        return "any day"
    return ", ".join(_DAYS[day - 1] for day in sorted(supplier.order_weekdays))
