"""A supplier's minimum order in a replay: each evening's orders topped up, or told to wait."""

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.reorder.supplier_minimum import OrderLines, days_worth_waiting, topped_up
from inventory.replay.world import Terms

# The evening of an order that does not wait.
_NONE = np.iinfo(np.int64).max


class SupplierMinimums:
    """Orders of one policy held to the minimum of their suppliers, evening by evening.

    An order that cannot reach it within 120 days of cover waits. The evening on which waiting
    will cost more than topping up is worked out when it begins to wait, and anew when another
    product joins; on that evening, or the supplier's next one, it is topped up past 120 days.
    What its caps keep below the minimum even then goes on waiting, as no supplier takes it.
    """

    def __init__(self, terms: Terms, *, draws: int, holding_rate: float) -> None:
        self._terms = terms
        self._holding_rate = holding_rate
        _, first, self._supplier = np.unique(
            terms.supplier_ids, return_index=True, return_inverse=True
        )
        self._minimum = terms.supplier_minimum[first]
        shape = (draws, len(first))
        self._waits_until = np.full(shape, _NONE)
        self._lines_waiting = np.zeros(shape, dtype=np.int64)

    def held_to(
        self,
        quantity: FloatArray,
        day: int,
        *,
        on_hand: FloatArray,
        position: FloatArray,
        may_order: BoolArray,
        daily_mean: FloatArray,
        daily_sd: FloatArray,
        lead_time_days: FloatArray,
    ) -> FloatArray:
        """Return what is ordered that evening, (draws, products) whole units, of what is wanted.

        quantity, on_hand, position: (draws, products) units; position before these orders. The
        others: (products,); may_order: whose supplier takes orders that evening.
        """
        if not self._minimum.any():
            return quantity
        draw, product = np.nonzero(quantity)
        keys = draw * len(self._minimum) + self._supplier[product]
        by_order = np.argsort(keys, kind="stable")
        draw, product = draw[by_order], product[by_order]
        orders, order = np.unique(keys[by_order], return_inverse=True)
        terms = self._terms
        lines = OrderLines(
            order=order,
            quantity=quantity[draw, product],
            pack=terms.pack[product],
            position=position[draw, product],
            cap=terms.cap[product],
            unit_cost=terms.unit_cost[product],
            margin=terms.margin[product],
            stock=np.maximum(0.0, on_hand[draw, product]),
            daily_mean=daily_mean[product],
            daily_sd=daily_sd[product],
            lead_time_days=lead_time_days[product],
        )
        taken = self._taken(lines, orders, day, may_order)
        ordered = np.zeros_like(quantity)
        ordered[draw, product] = taken
        return ordered

    def _taken(
        self, lines: OrderLines, orders: IntArray, day: int, may_order: BoolArray
    ) -> FloatArray:
        """Return what is ordered of each line; orders: draw and supplier of each as one number."""
        minimum = self._minimum[orders % len(self._minimum)]
        found = topped_up(lines, minimum)
        units, met = found.units, found.met
        self._begin(lines, orders, day, missing=minimum - found.value, waiting=~met)
        overdue = ~met & (self._waits_until.flat[orders] <= day)
        if overdue.any():
            late = topped_up(lines.of(overdue), minimum[overdue], longest_cover_days=np.inf)
            units = units.copy()
            units[overdue[lines.order]] = late.units
            met = met.copy()
            met[overdue] = late.met
        self._end(orders[~met], may_order)
        return np.where(met[lines.order], lines.quantity + units, 0.0)

    def _begin(
        self,
        lines: OrderLines,
        orders: IntArray,
        day: int,
        *,
        missing: FloatArray,
        waiting: BoolArray,
    ) -> None:
        """Work out until when orders wait that did not yet, or not with these products."""
        number = np.bincount(lines.order, minlength=len(orders))
        anew = waiting & (number > self._lines_waiting.flat[orders])
        if not anew.any():
            return
        days = days_worth_waiting(lines.of(anew), missing[anew], holding_rate=self._holding_rate)
        told = self._waits_until.flat[orders[anew]]
        self._waits_until.flat[orders[anew]] = np.minimum(told, day + days)
        self._lines_waiting.flat[orders[anew]] = number[anew]

    def _end(self, waiting: IntArray, may_order: BoolArray) -> None:
        """Forget who waited and does so no more: it went, or needs nothing any more."""
        asked = np.zeros(len(self._minimum), dtype=bool)
        asked[self._supplier[may_order]] = True
        ends = np.broadcast_to(asked, self._waits_until.shape).copy()
        ends.flat[waiting] = False
        self._waits_until[ends] = _NONE
        self._lines_waiting[ends] = 0
