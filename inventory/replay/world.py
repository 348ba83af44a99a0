"""What happened in a shop over some days, as a replay needs it: facts and terms."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray, StrArray
from inventory.forecasting.demand import Demand

# Classes by earned margin hold for so many days; a block has one row of World.abc.
ABC_BLOCK_DAYS = 28


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order of each product depends on, (products,) each, as of today.

    service_mode: ServiceMode values. own_promise: days, not a number where the supplier's
    promise holds. promise, promise_sd: of the supplier, days. review_days: R, days. price,
    unit_cost, order_cost: money. holding_rate: yearly share of unit cost. minimum, pack: units;
    cap: units, infinite without one. supplier_minimum: money, the least order of its supplier,
    or the share of it that falls to the products of the replay.
    """

    product_ids: IntArray
    supplier_ids: IntArray
    categories: IntArray
    service_mode: StrArray
    own_promise: FloatArray
    promise: FloatArray
    promise_sd: FloatArray
    review_days: FloatArray
    price: FloatArray
    unit_cost: FloatArray
    order_cost: FloatArray
    holding_rate: FloatArray
    minimum: FloatArray
    pack: FloatArray
    cap: FloatArray
    supplier_minimum: FloatArray

    @property
    def margin(self) -> FloatArray:
        """Money that one unit earns, 0 or more."""
        return np.maximum(0.0, self.price - self.unit_cost)


@dataclass(frozen=True, slots=True)
class ReceiptLog:
    """Deliveries of orders, (receipts,) each.

    lead_days: from order sent to receipt. received_on, known_on: shop days counted from the
    first day of the replay, on which they came and were recorded; below 0 before it.
    """

    supplier_ids: IntArray
    product_ids: IntArray
    lead_days: FloatArray
    received_on: IntArray
    known_on: IntArray

    def of(self, rows: BoolArray) -> Self:
        """Return some of the receipts."""
        return type(self)(
            self.supplier_ids[rows],
            self.product_ids[rows],
            self.lead_days[rows],
            self.received_on[rows],
            self.known_on[rows],
        )


@dataclass(frozen=True, slots=True)
class World:
    """A shop's past; (days, products) unless said otherwise, units unless said otherwise.

    demand: corrected for days without stock, from before the first day to the last one; on its
    imputed days next to nothing was on the shelf, so that it is an estimate. sold: what the shop
    sold. censored: days on which it could not sell all day.
    opening: (products,) on hand before the first day. receipts: what the shop got. adjustments:
    what else moved its stock (returns, counts, write-offs, sales taken back), signed.
    order_lines: lines that the shop ordered. real_lead_days: of what it ordered that day, not a
    number where it did not, or where nothing came. inbound: what of the receipts had been
    ordered before the first day; inbound_units: (products,) those and what came later still.
    reviews: days on which the supplier takes orders. abc: (blocks, products) class by the margin
    of the year before each block of 28 days. shelf_day: (products,) the day of the replay, 0 or
    more, from which the shop had the product.
    """

    first_day: date
    terms: Terms
    demand: Demand
    censored: BoolArray
    sold: FloatArray
    opening: FloatArray
    receipts: FloatArray
    adjustments: FloatArray
    order_lines: IntArray
    real_lead_days: FloatArray
    inbound: FloatArray
    inbound_units: FloatArray
    reviews: BoolArray
    abc: StrArray
    shelf_day: IntArray
    receipt_log: ReceiptLog

    @property
    def days(self) -> int:
        """Days to replay."""
        return int(self.sold.shape[0])

    @property
    def products(self) -> int:
        """Products to replay."""
        return int(self.sold.shape[1])

    @property
    def last_day(self) -> date:
        """The last day replayed."""
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def wanted(self) -> FloatArray:
        """Corrected demand of the days to replay."""
        return self.demand.units[self.demand.days - self.days :]

    @property
    def imputed(self) -> BoolArray:
        """Days of the replay whose demand is an estimate."""
        if self.demand.imputed is None:
            return np.zeros(self.sold.shape, dtype=bool)
        return self.demand.imputed[self.demand.days - self.days :]
