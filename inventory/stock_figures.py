"""What the products of a list come to: how many stand on each tab, and the figures above it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, DecimalField, F, FloatField, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from inventory.choices import AbcClass, ProductTab
from inventory.list_filters import ProductFilters
from inventory.models import Product
from inventory.querysets import LOW_STOCK, ON_ORDER, OUT_OF_STOCK, OVERSTOCKED, ProductQuerySet
from techmart.core.search.sources import has_a_name
from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import STOCK_FIGURES

_ACTIVE = Q(active=True)
_CLASS_A = _ACTIVE & Q(abc_class=AbcClass.A)
_MONEY: Any = DecimalField(max_digits=20, decimal_places=4)


class _Median(Aggregate):
    """PostgreSQL's exact median; NULLs are left out."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()
    allow_distinct = False


@dataclass(frozen=True, slots=True)
class StockFigures:
    """Counts by tab, and figures of the active products. as_of: when they were read.

    value: stock at cost. class_a, class_a_in_stock: products. median_cover_days: of products
    with predicted demand. lost_a_day: predicted sales of what is out of stock, money a day.
    """

    tabs: dict[str, int]
    value: Decimal
    class_a: int
    class_a_in_stock: int
    median_cover_days: float | None
    lost_a_day: Decimal
    as_of: datetime

    @property
    def in_stock_rate(self) -> float | None:
        """Share of class A that is in stock, 0 to 1; None without such products."""
        return self.class_a_in_stock / self.class_a if self.class_a else None


def as_spelt(filters: ProductFilters) -> ProductFilters:
    """Return the filters of a list whose words name nothing of the range, but are spelt like some.

    The others are returned as they are. Whatever else narrows the list has no say in it, so that
    its tabs, pages and file agree.
    """
    if not has_a_name(filters.q):
        return filters
    listed = Product.objects.filter(_ACTIVE | ON_ORDER).order_by()
    if listed.matching(filters.q).exists() or not listed.spelt_like(filters.q).exists():
        return filters
    return replace(filters, spelt=True)


def filtered_products(filters: ProductFilters) -> ProductQuerySet:
    """Return the products that the filters beside the tab leave."""
    products: ProductQuerySet = Product.objects.all()
    if filters.category:
        products = products.filter(category=filters.category)
    if filters.supplier:
        products = products.filter(supplier__code=filters.supplier)
    if filters.abc:
        products = products.filter(abc_class=filters.abc)
    if filters.spelt:
        return products.spelt_like(filters.q)
    return products.matching(filters.q) if filters.q else products


def stock_figures(filters: ProductFilters) -> StockFigures:
    """Return what the filtered products come to, kept until stock, range or predictions change."""
    shown = (filters.category, filters.supplier, filters.abc, filters.q, filters.spelt)
    key = hashlib.blake2b(repr(shown).encode(), digest_size=16).hexdigest()
    cached = get_or_compute(STOCK_FIGURES, {"variant": key}, lambda: computed_figures(filters))
    return StockFigures(**cached.value, as_of=cached.as_of)


def computed_figures(filters: ProductFilters) -> dict[str, Any]:
    """Read the figures, in one pass over the filtered products."""
    daily_mean = F("prediction__daily_mean")
    # Division, since days of cover without demand are none.
    cover = Cast("stock_quantity", FloatField()) / NullIf(daily_mean, Value(0.0))
    found = filtered_products(filters).aggregate(
        all=Count("pk", filter=_ACTIVE),
        low=Count("pk", filter=LOW_STOCK),
        out=Count("pk", filter=OUT_OF_STOCK),
        ordered=Count("pk", filter=ON_ORDER),
        over=Count("pk", filter=OVERSTOCKED),
        value=Coalesce(
            Sum(F("stock_quantity") * F("unit_cost"), filter=_ACTIVE, output_field=_MONEY),
            Decimal(0),
            output_field=_MONEY,
        ),
        class_a=Count("pk", filter=_CLASS_A),
        class_a_in_stock=Count("pk", filter=_CLASS_A & Q(stock_quantity__gt=0)),
        median_cover_days=_Median(cover, filter=_ACTIVE),
        lost_a_day=Coalesce(
            Sum(Cast("price", FloatField()) * daily_mean, filter=OUT_OF_STOCK), 0.0
        ),
    )
    return {
        "tabs": {tab.value: found.pop(tab.value) for tab in ProductTab},
        **found,
        "value": found["value"].quantize(Decimal("0.01")),
        "lost_a_day": Decimal(str(round(found["lost_a_day"], 2))),
    }
