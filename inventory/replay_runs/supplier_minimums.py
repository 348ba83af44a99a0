"""The minimum orders of suppliers as they bind the products of a replay."""

from datetime import date

import numpy as np
from django.db import connection

from inventory.arrays import FloatArray, IntArray
from inventory.reorder.service import DAYS_PER_YEAR

_SHARES = """
SELECT p.supplier_id,
    sum(CASE WHEN p.id = ANY(%(product_ids)s) THEN d.demand_units * p.unit_cost ELSE 0 END)::float8,
    sum(d.demand_units * p.unit_cost)::float8
FROM product_daily d JOIN products p ON p.id = d.product_id
WHERE d.day >= %(first_day)s::date - %(days)s AND d.day < %(first_day)s
    AND p.supplier_id = ANY(%(supplier_ids)s)
    AND (p.active OR p.id = ANY(%(product_ids)s))
GROUP BY p.supplier_id
"""


def shared_minimums(
    product_ids: IntArray, supplier_ids: IntArray, minimum: FloatArray, *, first_day: date
) -> FloatArray:
    """Return the least money of an order of these products to each one's supplier, (products,).

    supplier_ids, minimum: of the products; money. A replay of all that is bought of a supplier
    has its whole minimum. One of a part has the part's share by demand at cost in the year before
    first_day, since the other products help to reach it; the whole where nothing was asked for.
    """
    if not minimum.any():
        return minimum
    with connection.cursor() as cursor:
        cursor.execute(
            _SHARES,
            {
                "product_ids": product_ids.tolist(),
                "supplier_ids": np.unique(supplier_ids).tolist(),
                "first_day": first_day,
                "days": DAYS_PER_YEAR,
            },
        )
        shares = {supplier: own / whole for supplier, own, whole in cursor.fetchall() if whole}
    share: FloatArray = np.array([shares.get(key, 1.0) for key in supplier_ids.tolist()])
    return minimum * share
