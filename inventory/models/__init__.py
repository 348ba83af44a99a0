"""The tables of inventory, a module a subject."""

from inventory.models.counts import CountLine, CountSheet
from inventory.models.forecasts import ForecastAccuracy, ForecastOverride
from inventory.models.ledger import StockCount, StockMovement
from inventory.models.orders import PurchaseOrder, PurchaseOrderLine, Receipt, SupplierReturn
from inventory.models.planning import ForecastRun, InventoryPrediction, ReorderSuggestion
from inventory.models.products import Product
from inventory.models.replay import ReplayRun
from inventory.models.rollups import ProductDaily, ProductTotals
from inventory.models.suppliers import Supplier

__all__ = [
    "CountLine",
    "CountSheet",
    "ForecastAccuracy",
    "ForecastOverride",
    "ForecastRun",
    "InventoryPrediction",
    "Product",
    "ProductDaily",
    "ProductTotals",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Receipt",
    "ReorderSuggestion",
    "ReplayRun",
    "StockCount",
    "StockMovement",
    "Supplier",
    "SupplierReturn",
]
