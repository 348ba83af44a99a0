"""Reads of products, suppliers, the ledger and suggestions."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from inventory.choices import OPEN_SUGGESTION_STATES

if TYPE_CHECKING:
    from inventory.models import Product, ReorderSuggestion, StockMovement

# The predicate of idx_products_stock_low, in one place so that query and index agree.
LOW_STOCK = Q(active=True) & Q(reorder_threshold__gte=F("stock_quantity") + F("on_order_quantity"))


class ProductQuerySet(models.QuerySet["Product"]):
    """Products a page, the API or the planner asks for."""

    def low(self) -> Self:
        """At or below the reorder point, inbound counted; served by idx_products_stock_low."""
        return self.filter(LOW_STOCK).order_by("stock_quantity", "pk")


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """Ledger entries."""

    def ledger_of(self, product_id: int) -> Self:
        """One product's entries, newest first; served by idx_movements_product."""
        return self.filter(product_id=product_id).order_by("-occurred_at", "-pk")


class ReorderSuggestionQuerySet(models.QuerySet["ReorderSuggestion"]):
    """Suggestions to act on."""

    def open(self) -> Self:
        """Undecided or waiting, most expected lost margin first; idx_suggestions_open."""
        return (
            self.filter(state__in=OPEN_SUGGESTION_STATES)
            .select_related("product", "product__supplier")
            .order_by("-expected_lost_margin", "pk")
        )
