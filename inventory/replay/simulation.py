"""The replay itself: a shop's days in order, all products and draws at once.

Each day: what is due arrives and what came back is put away; customers ask; what is on hand is
sold and the rest lost, or a share of it waits; stock that was written off goes; in the evening
the policy orders by what it knows then, and each order gets a lead time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray
from inventory.replay.as_of import LEAD_TIME_STEPS, AsOf, week_of
from inventory.replay.paths import Paths
from inventory.replay.policies import Policy
from inventory.replay.world import World

# No lead time is longer, and the longest still has its own place in the ring.
LONGEST_LEAD_DAYS = 366


@dataclass(frozen=True, slots=True)
class Day:
    """How a day went, (draws, products) each, units.

    morning: on hand after what arrived. sold: from stock on that day. lost: what customers did
    not wait for. on_hand: in the evening. ordered: lines ordered, 0 or 1. wanted: asked for.
    on_shelf: (products,) whether the shop had the product by then.
    """

    number: int
    morning: FloatArray
    wanted: FloatArray
    sold: FloatArray
    lost: FloatArray
    on_hand: FloatArray
    ordered: FloatArray
    on_shelf: BoolArray


def replay_actual(world: World, paths: Paths, *, backorder_share: float = 0.0) -> Iterator[Day]:
    """Yield the days as they were: the shop's own receipts, and what it sold.

    On days on which it could not sell all day no more is sold than it sold; the ledger says that
    nobody waited, so that the share that would wait is neither lost nor served.
    """
    limit = np.where(world.censored, world.sold, np.inf)
    on_hand = np.tile(world.opening, (paths.draws, 1))
    for day in range(world.days):
        on_hand = on_hand + world.receipts[day] + np.maximum(world.adjustments[day], 0.0)
        morning, wanted = on_hand, paths.demand(day)
        sold = np.minimum(np.minimum(on_hand, wanted), limit[day])
        on_hand = _without_write_offs(on_hand - sold, world, day)
        yield Day(
            number=day,
            morning=morning,
            wanted=wanted,
            sold=sold,
            lost=(1 - backorder_share) * (wanted - sold),
            on_hand=on_hand,
            ordered=np.tile(world.order_lines[day].astype(np.float64), (paths.draws, 1)),
            on_shelf=day >= world.shelf_day,
        )


def replay_policy(
    world: World, paths: Paths, policy: Policy, as_of: AsOf, *, backorder_share: float = 0.0
) -> Iterator[Day]:
    """Yield the days as they would have been with a policy's orders.

    It starts with the stock and the open orders that the shop had. backorder_share: of what is
    short, the share that waits for the next receipt, 0 to 1.
    """
    pipeline = _Pipeline(world, paths, as_of)
    on_hand = np.tile(world.opening, (paths.draws, 1))
    waiting = np.zeros_like(on_hand)
    for day in range(world.days):
        on_hand = on_hand + pipeline.arrived(day) + np.maximum(world.adjustments[day], 0.0)
        morning = on_hand
        served_late = np.minimum(on_hand, waiting)
        on_hand, waiting = on_hand - served_late, waiting - served_late
        wanted = paths.demand(day)
        sold = np.minimum(on_hand, wanted)
        waits = np.rint(backorder_share * (wanted - sold))
        waiting = waiting + waits
        on_hand = _without_write_offs(on_hand - sold, world, day)
        quantity = policy.orders(
            day, on_hand=on_hand, position=on_hand + pipeline.on_order - waiting
        )
        pipeline.order(day, quantity)
        yield Day(
            number=day,
            morning=morning,
            wanted=wanted,
            sold=sold,
            lost=wanted - sold - waits,
            on_hand=on_hand,
            ordered=(quantity > 0).astype(np.float64),
            on_shelf=day >= world.shelf_day,
        )


def _without_write_offs(on_hand: FloatArray, world: World, day: int) -> FloatArray:
    # What is not there cannot be written off.
    left: FloatArray = np.maximum(0.0, on_hand + np.minimum(world.adjustments[day], 0.0))
    return left


class _Pipeline:
    """Units on order and when they come, a ring of days; (draws, products)."""

    def __init__(self, world: World, paths: Paths, as_of: AsOf) -> None:
        self._world, self._paths, self._as_of = world, paths, as_of
        shape = (paths.draws, world.products)
        # Whole units: 32 bits hold them up to 16 million.
        self._due = np.zeros((LONGEST_LEAD_DAYS + 1, *shape), dtype=np.float32)
        self.on_order = np.tile(world.inbound_units, (paths.draws, 1))

    def arrived(self, day: int) -> FloatArray:
        """Take what is due that day."""
        slot = day % len(self._due)
        units: FloatArray = self._due[slot] + self._world.inbound[day]
        self._due[slot] = 0.0
        self.on_order = np.maximum(0.0, self.on_order - units)
        return units

    def order(self, day: int, quantity: FloatArray) -> None:
        """Put orders of that evening under way; they come 1 day later at the earliest."""
        draws, products = np.nonzero(quantity)
        if not len(products):
            return
        chance = self._paths.lead_time_chances(day)[draws, products]
        step = (chance * LEAD_TIME_STEPS).astype(np.int64)
        drawn = self._as_of.lead_times(week_of(day))[products, step]
        real = self._world.real_lead_days[day, products]
        days = np.where(np.isnan(real), drawn, np.nan_to_num(real))
        days = np.clip(np.rint(days), 1, LONGEST_LEAD_DAYS).astype(np.int64)
        slots = (day + days) % len(self._due)
        self._due[slots, draws, products] += quantity[draws, products]
        self.on_order = self.on_order + quantity
