"""One product as its page shows it: finished values for the templates."""

from typing import Any

from inventory.product_page.cards import suggestion_card, supplier_card
from inventory.product_page.charts import forecast_context, stock_chart
from inventory.product_page.corrections import Sent, corrections_context
from inventory.product_page.figures import figures_context
from inventory.product_page.ledger import ledger_context, parse_moment
from inventory.product_page.view import HORIZONS, ProductView

__all__ = [
    "HORIZONS",
    "ProductView",
    "Sent",
    "corrections_context",
    "figures_context",
    "ledger_context",
    "page_context",
    "parse_moment",
]


def page_context(view: ProductView, *, horizon: int) -> dict[str, Any]:
    """Return what `inventory/product.html` asks for beside figures and ledger."""
    product = view.product
    return {
        "freshness": view.freshness,
        "product": {
            "name": product.name,
            "sku": product.sku,
            "category": product.category,
            "supplier_name": product.supplier.name,
            "abc": product.abc_class,
            "xyz": product.xyz_class,
            "price": product.price,
            "unit_cost": product.unit_cost,
            "active": product.active,
        },
        **forecast_context(view, horizon),
        "stock_chart": stock_chart(view),
        "suggestion": suggestion_card(view),
        "supplier": supplier_card(view),
    }
