"""The inventory app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Products, suppliers, the stock ledger, forecasts and reordering."""

    name = "inventory"
