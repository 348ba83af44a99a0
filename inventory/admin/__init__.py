"""Admin of suppliers, products, the ledger, orders and plans.

Stock, inbound units and levels are shown; counts, receipts and reversals move them.
"""

from inventory.admin import orders, planning, products, stock, suppliers

__all__ = ["orders", "planning", "products", "stock", "suppliers"]
