"""Small invented pasts for the tests of the replay."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from inventory.arrays import FloatArray
from inventory.forecasting.demand import Demand
from inventory.replay.world import ABC_BLOCK_DAYS, ReceiptLog, Terms, World

FIRST_DAY = date(2026, 1, 5)
NO_RECEIPTS = ReceiptLog(
    supplier_ids=np.zeros(0, dtype=np.int64),
    product_ids=np.zeros(0, dtype=np.int64),
    lead_days=np.zeros(0),
    received_on=np.zeros(0, dtype=np.int64),
    known_on=np.zeros(0, dtype=np.int64),
)


def terms(products: int, *, service_mode: str = "class", **columns: Any) -> Terms:
    """Return products of one supplier: 3 days without spread, any day, 5.00 sold, 3.00 paid."""
    numbers = {
        "own_promise": np.nan,
        "promise": 3.0,
        "promise_sd": 0.0,
        "review_days": 1.0,
        "price": 5.0,
        "unit_cost": 3.0,
        "order_cost": 8.0,
        "holding_rate": 0.25,
        "minimum": 1.0,
        "pack": 1.0,
        "cap": np.inf,
        "supplier_minimum": 0.0,
    } | columns
    keys = np.arange(products, dtype=np.int64) + 1
    return Terms(
        product_ids=keys,
        supplier_ids=np.ones(products, dtype=np.int64),
        categories=np.zeros(products, dtype=np.int64),
        service_mode=np.full(products, service_mode),
        **{name: np.full(products, float(value)) for name, value in numbers.items()},
    )


def world(
    sold: FloatArray, *, opening: float = 0.0, before: FloatArray | None = None, **fields: Any
) -> World:
    """Return a world that sold so, (days, products), after days of demand `before`."""
    days, products = sold.shape
    none = np.zeros_like(sold)
    earlier = np.zeros((0, products)) if before is None else before
    units = np.vstack([earlier, sold])
    made = World(
        first_day=FIRST_DAY,
        terms=terms(products),
        demand=Demand(units, np.full(products, len(units))),
        censored=none.astype(bool),
        sold=sold,
        opening=np.full(products, float(opening)),
        receipts=none,
        adjustments=none,
        order_lines=none.astype(np.int64),
        real_lead_days=np.full_like(sold, np.nan),
        inbound=none,
        inbound_units=np.zeros(products),
        reviews=np.ones_like(sold, dtype=bool),
        abc=np.full((days // ABC_BLOCK_DAYS + 1, products), "B"),
        shelf_day=np.zeros(products, dtype=np.int64),
        receipt_log=NO_RECEIPTS,
    )
    return replace(made, **fields)
