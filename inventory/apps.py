"""The inventory app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Products, suppliers, the stock ledger, forecasts and reordering."""

    name = "inventory"

    def ready(self) -> None:
        """Offer products for export and search; models must be there first."""
        from inventory import exports, search
        from inventory.count_pages import export as counts
        from inventory.order_pages import export as orders
        from inventory.product_page import export as ledger
        from inventory.replay_page import export as replays
        from inventory.replay_page import what_if_export as what_if
        from inventory.suggestion_pages import export as suggestions
        from inventory.supplier_pages import export as suppliers

        for listed in (exports, suggestions, orders, suppliers, ledger, replays, counts, what_if):
            listed.register_lists()
        search.register_sources()
