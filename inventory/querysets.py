"""Reads of products, suppliers, the ledger and suggestions."""

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import ExpressionWrapper, F, Q, Sum, Value
from django.db.models.functions import Coalesce

from inventory.choices import OPEN_SUGGESTION_STATES, ProductTab
from techmart.core.search.sources import named

if TYPE_CHECKING:
    from inventory.models import Product, ReorderSuggestion, StockMovement

_POSITION = F("stock_quantity") + F("on_order_quantity")
# The predicate of idx_products_stock_low, in one place so that query and index agree.
LOW_STOCK = Q(active=True) & Q(reorder_threshold__gte=_POSITION)
# The predicate of idx_products_out.
OUT_OF_STOCK = Q(active=True) & Q(stock_quantity__lte=0)
# The predicate of idx_products_inbound.
ON_ORDER = Q(on_order_quantity__gt=0)
# Beyond this many times the level to order up to; what is not ordered has no such level.
OVER_RATIO = 1.25
OVERSTOCKED = Q(active=True, order_up_to__gt=0) & Q(order_up_to__lt=_POSITION / OVER_RATIO)

_TABS = {
    ProductTab.LOW: LOW_STOCK,
    ProductTab.OUT: OUT_OF_STOCK,
    ProductTab.ORDERED: ON_ORDER,
    ProductTab.OVER: OVERSTOCKED,
    ProductTab.ALL: Q(active=True),
}


def late_on(day: date) -> Q:
    """Return which orders are late on a day: past the promise and the supplier's tolerance."""
    promised_by = ExpressionWrapper(
        Value(day, models.DateField()) - F("supplier__tolerance_days"), models.DateField()
    )
    return Q(promised_date__lt=promised_by)


class ProductQuerySet(models.QuerySet["Product"]):
    """Products a page, the API or the planner asks for."""

    def low(self) -> Self:
        """At or below the reorder point, inbound counted; served by idx_products_stock_low."""
        return self.filter(LOW_STOCK).order_by("stock_quantity", "pk")

    def on_tab(self, tab: ProductTab) -> Self:
        """Products of one tab of the list; each has the predicate of its index."""
        return self.filter(_TABS[tab])

    def matching(self, text: str) -> Self:
        """Whose name or code contains the text, in any letter case; the trigram indexes."""
        # ~* is what those indexes answer; Django's icontains compares in upper case.
        part = re.escape(text.strip())
        return self.filter(Q(name__iregex=part) | Q(sku__iregex=part))

    def spelt_like(self, text: str) -> Self:
        """Whose name is spelt like the text; idx_products_name_trgm. text: with `has_a_name`.

        Codes are left out: a number that is nearly right is another number.
        """
        return self.filter(named("name", text))


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """Ledger entries."""

    def ledger_of(self, product_id: int) -> Self:
        """One product's entries, newest first; served by idx_movements_product."""
        return self.filter(product_id=product_id).order_by("-occurred_at", "-pk")

    def stock_at(
        self, product_id: int, *, moment: datetime, known_at: datetime | None = None
    ) -> int:
        """Return a product's stock at a past moment, units: the sum of what occurred until then.

        known_at: only what had been recorded by then; all that is known now when not given.
        """
        entries = self.filter(product_id=product_id, occurred_at__lte=moment)
        if known_at is not None:
            entries = entries.filter(recorded_at__lte=known_at)
        return int(entries.aggregate(stock=Coalesce(Sum("quantity"), 0))["stock"])


class ReorderSuggestionQuerySet(models.QuerySet["ReorderSuggestion"]):
    """Suggestions to act on."""

    def open(self) -> Self:
        """Undecided or waiting, most expected lost margin first; idx_suggestions_open."""
        return (
            self.filter(state__in=OPEN_SUGGESTION_STATES)
            .select_related("product", "product__supplier")
            .order_by("-expected_lost_margin", "pk")
        )
