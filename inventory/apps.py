"""The inventory app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Products, suppliers, the stock ledger, forecasts and reordering."""

    name = "inventory"

    def ready(self) -> None:
        """Offer products for export and search; models must be there first."""
        from inventory import exports, search

        exports.register_lists()
        search.register_sources()
