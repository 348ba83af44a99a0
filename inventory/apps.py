"""The inventory app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Products, suppliers, the stock ledger, forecasts and reordering."""

    name = "inventory"

    def ready(self) -> None:
        """Offer products for export and search; models must be there first."""
        from inventory import exports, search
        from inventory.order_pages import export as orders
        from inventory.suggestion_pages import export as suggestions
        from inventory.supplier_pages import export as suppliers

        for listed in (exports, suggestions, orders, suppliers):
            listed.register_lists()
        search.register_sources()
