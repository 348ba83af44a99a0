"""Units that stand in orders which are not sent yet."""

import numpy as np
from django.db.models import Sum

from inventory.arrays import FloatArray, IntArray
from inventory.choices import OrderState
from inventory.models import PurchaseOrderLine


def drafted_units(product_ids: IntArray) -> FloatArray:
    """Return units of each product in drafts, (products,); product_ids by rising key."""
    rows = (
        PurchaseOrderLine.objects.filter(order__state=OrderState.DRAFT)
        .order_by()
        .values_list("product_id")
        .annotate(Sum("quantity"))
    )
    found = np.array(list(rows), dtype=np.int64).reshape(-1, 2)
    units = np.zeros(len(product_ids))
    known = np.isin(found[:, 0], product_ids)
    units[np.searchsorted(product_ids, found[known, 0])] = found[known, 1]
    return units
