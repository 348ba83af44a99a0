"""A year of a thousand products replayed under every kind of policy, on invented sales.

python -m benchmarks.replays [--products 1000] [--days 365] [--draws 5]
"""

import argparse
import time
from datetime import date
from typing import Any

import numpy as np

from inventory.arrays import FloatArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.engine import HISTORY_DAYS
from inventory.replay.as_of import AsOf, week_of
from inventory.replay.comparison import course_of, differences
from inventory.replay.paths import Paths
from inventory.replay.policies import Policy
from inventory.replay.simulation import replay_actual, replay_policy
from inventory.replay.specs import parse_policies
from inventory.replay.world import ABC_BLOCK_DAYS, ReceiptLog, Terms, World
from techmart.core.choices import ServiceMode

LIMIT_SECONDS = 60
SUPPLIERS = 30
RECEIPTS = 2_000
DELIVERY_DAYS = 14
# As much as two or three lines: about every second order is topped up or waits.
MINIMUM_ORDER = 300.0
POLICIES = parse_policies(
    [
        {"kind": "today"},
        {"kind": "min_max", "minimum_days": 10, "maximum_days": 24},
        {"kind": "textbook", "service": 0.95},
        {"kind": "own", "review_days": 7, "service_by_class": {"BZ": 0.85}},
    ]
)


def main() -> None:
    """Print the seconds of each part, and of all beside the limit."""
    given = _arguments()
    world = invented(given.products, given.days)
    paths, as_of = Paths.of(world, draws=given.draws, seed=1), AsOf(world)
    began = time.perf_counter()
    actual = course_of(replay_actual(world, paths), world, draws=given.draws)
    _say("what the shop did", began)
    part = time.perf_counter()
    as_of.forecasts(week_of(world.days - 1))
    _say(f"forecasts of {week_of(world.days - 1) + 1} weeks", part)
    for spec in POLICIES[1:]:
        part = time.perf_counter()
        days = replay_policy(world, paths, Policy(world, as_of, spec), as_of)
        differences(course_of(days, world, draws=given.draws), actual, seed=1)
        _say(spec.name, part)
    _say(f"all, limit {LIMIT_SECONDS}", began)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--draws", type=int, default=5)
    return parser.parse_args()


def _say(what: str, since: float) -> None:
    print(f"{what:30} {time.perf_counter() - since:7.2f} s")


def invented(products: int, days: int) -> World:
    """Return a shop whose products sell by Poisson at gamma rates and are filled up fortnightly."""
    rng = np.random.default_rng(1)
    rate = rng.gamma(0.5, 1.0, products)
    units = rng.poisson(rate, (HISTORY_DAYS + days, products)).astype(np.float64)
    opening = np.ceil(rate * 30)
    sold, receipts = _traded(units[HISTORY_DAYS:], opening, rate)
    nothing = np.zeros((days, products))
    keys = np.arange(products, dtype=np.int64)
    return World(
        first_day=date(2025, 1, 1),
        terms=_terms(keys),
        demand=Demand(units, np.full(products, len(units))),
        censored=sold < units[HISTORY_DAYS:],
        sold=sold,
        opening=opening,
        receipts=receipts,
        adjustments=nothing,
        order_lines=(receipts > 0).astype(np.int64),
        real_lead_days=np.full((days, products), np.nan),
        inbound=nothing,
        inbound_units=np.zeros(products),
        reviews=(keys % 2 == 1)[None] | (np.arange(days) % 4 == 0)[:, None],
        abc=np.full((days // ABC_BLOCK_DAYS + 1, products), "B"),
        shelf_day=np.zeros(products, dtype=np.int64),
        receipt_log=ReceiptLog(
            supplier_ids=np.arange(RECEIPTS, dtype=np.int64) % SUPPLIERS,
            product_ids=np.arange(RECEIPTS, dtype=np.int64) % products,
            lead_days=rng.gamma(20, 0.4, RECEIPTS),
            received_on=np.sort(rng.integers(-300, days, RECEIPTS)),
            known_on=np.sort(rng.integers(-300, days, RECEIPTS)),
        ),
    )


def _traded(
    wanted: FloatArray, opening: FloatArray, rate: FloatArray
) -> tuple[FloatArray, FloatArray]:
    sold, receipts, on_hand = np.zeros_like(wanted), np.zeros_like(wanted), opening
    for day, asked in enumerate(wanted):
        if day % DELIVERY_DAYS == 0:
            receipts[day] = np.maximum(0, np.ceil(rate * 24) - on_hand)
        on_hand = on_hand + receipts[day]
        sold[day] = np.minimum(on_hand, asked)
        on_hand = on_hand - sold[day]
    return sold, receipts


def _terms(keys: Any) -> Terms:
    def every(value: float) -> FloatArray:
        return np.full(len(keys), value)

    return Terms(
        product_ids=keys,
        supplier_ids=keys % SUPPLIERS,
        categories=keys % 10,
        service_mode=np.full(len(keys), ServiceMode.BY_CLASS.value),
        own_promise=every(np.nan),
        promise=every(7.0),
        promise_sd=every(1.5),
        review_days=np.where(keys % 2 == 1, 1.0, 4.0),
        price=every(5.0),
        unit_cost=every(3.0),
        order_cost=every(8.0),
        holding_rate=every(0.25),
        minimum=every(1.0),
        pack=every(1.0),
        cap=every(np.inf),
        supplier_minimum=every(MINIMUM_ORDER),
    )


if __name__ == "__main__":
    main()
