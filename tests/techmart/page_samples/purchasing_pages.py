"""Orders, suppliers, suggestions and counts."""

from decimal import Decimal
from typing import Any

from inventory.models import PurchaseOrder, Supplier
from inventory.reorder.reliability import Reliability
from inventory.scorecards import Scorecard
from techmart.lib.page_parts import (
    AsOf,
    Pager,
)
from tests.techmart import core_samples
from tests.techmart.page_samples.shared import NOW


def purchasing(**values: Any) -> dict[str, Any]:
    """A list of suggestions, orders, suppliers or counts with nothing in it."""
    return {
        "page_url": "/inventory/",
        "clear_url": "/inventory/",
        "list_url": "/inventory/",
        "freshness": AsOf(NOW, 60),
        **dict.fromkeys(("tabs", "selects", "chips", "hidden", "columns", "rows", "due"), ()),
        **dict.fromkeys(("lines", "timeline", "orders", "products"), ()),
        "column_menu": core_samples.EVERY_COLUMN,
        "total_cost": Decimal(0),
        "pager": Pager("No rows"),
        "filtered": False,
        "problem": None,
        **values,
    }


SUPPLIER = Supplier(code="S1", name="Halden Audio", email="orders@halden.example")
ORDER = PurchaseOrder(number="PO-000001", supplier=SUPPLIER, state="draft")
SCORECARD = Scorecard(1, Reliability(0.8, 0.57, 0.96), 0, None, None, None, None, None, None, 0, 0)
