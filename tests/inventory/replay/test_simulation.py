"""Each step of a replayed day, worked by hand, and what a policy may know."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from inventory.arrays import FloatArray
from inventory.forecasting.demand import Demand
from inventory.replay.as_of import AsOf
from inventory.replay.paths import Paths
from inventory.replay.policies import Policy
from inventory.replay.simulation import Day, replay_actual, replay_policy
from inventory.replay.specs import parse_policies
from inventory.replay.world import ReceiptLog, World
from tests.inventory.replay.worlds import terms, world

MIN_MAX = {"kind": "min_max", "minimum_days": 4, "maximum_days": 6}


def actual(past: World, *, draws: int = 1, share: float = 0.0) -> list[Day]:
    return list(replay_actual(past, Paths.of(past, draws=draws, seed=1), backorder_share=share))


def replayed(
    past: World, policy: dict[str, object], *, draws: int = 1, seed: int = 1, share: float = 0.0
) -> list[Day]:
    as_of, [_, spec] = AsOf(past), parse_policies([policy])
    return list(
        replay_policy(
            past,
            Paths.of(past, draws=draws, seed=seed),
            Policy(past, as_of, spec),
            as_of,
            backorder_share=share,
        )
    )


def one(days: list[Day], figure: Callable[[Day], FloatArray]) -> list[float]:
    """Return a figure of the only product in the first draw, day by day."""
    return [float(figure(day)[0, 0]) for day in days]


def column(*units: float) -> FloatArray:
    return np.array(units, dtype=float)[:, None]


# --- what the shop did ----------------------------------------------------------------------


def test_actual_receives_then_sells_then_writes_off() -> None:
    # 4 on hand; day 1: 3 sold. Day 2: 10 come, 5 sold, 2 broken. Day 3: 1 comes back, 6 sold.
    past = world(
        column(3, 5, 6),
        opening=4,
        receipts=column(0, 10, 0),
        adjustments=column(0, -2, 1),
    )

    days = actual(past)

    assert one(days, lambda day: day.on_hand) == [1, 4, -0.0 + 0]
    assert one(days, lambda day: day.morning) == [4, 11, 5]
    assert one(days, lambda day: day.sold) == [3, 5, 5]


def test_actual_sells_no_more_than_was_sold_on_a_day_without_stock_for_long() -> None:
    # 3 would have been asked for, and 1 was sold before goods came in the evening.
    past = world(column(1), opening=1, receipts=column(8), censored=column(1).astype(bool))
    past = replace(past, demand=Demand(column(3), past.demand.history_days))

    [day] = actual(past)

    assert (day.sold[0, 0], day.lost[0, 0], day.on_hand[0, 0]) == (1, 2, 8)


def test_actual_loses_only_those_who_would_not_have_waited() -> None:
    past = world(column(0), censored=column(1).astype(bool))
    past = replace(past, demand=Demand(column(4), past.demand.history_days))

    [day] = actual(past, share=0.25)

    assert day.lost[0, 0] == 3


# --- a policy -------------------------------------------------------------------------------


def steady(days: int, *, units: float = 2, opening: float = 12, **fields: object) -> World:
    """Return a product that sold the same each day, also in the 28 days before."""
    sold = np.full((days, 1), float(units))
    return world(sold, opening=opening, before=np.full((28, 1), float(units)), **fields)


def test_a_policy_orders_in_the_evening_and_gets_it_after_the_lead_time() -> None:
    # Mean 2: s = 8, S = 12. 12 − 2 = 10, then 8: order 4, there 3 days later. The next evening
    # the position is 10, the one after 8: order 4 again.
    days = replayed(steady(7), MIN_MAX)

    assert one(days, lambda day: day.on_hand) == [10, 8, 6, 4, 6, 4, 6]
    assert one(days, lambda day: day.ordered) == [0, 1, 0, 1, 0, 1, 0]


def test_what_is_not_on_hand_is_lost() -> None:
    days = replayed(steady(4, opening=3), MIN_MAX)

    assert one(days, lambda day: day.sold) == [2, 1, 0, 2]
    assert one(days, lambda day: day.lost) == [0, 1, 2, 0]


def test_those_who_wait_are_served_first_and_were_not_sold_from_stock() -> None:
    # Day 2: 1 of 2 sold, 1 waits. Day 3: 2 wait. On day 4 come the 11 of day 1 (position 1,
    # up to 12): 3 go to those who waited.
    days = replayed(steady(4, opening=3), MIN_MAX, share=1.0)

    assert one(days, lambda day: day.lost) == [0, 0, 0, 0]
    assert one(days, lambda day: day.sold) == [2, 1, 0, 2]
    assert days[3].on_hand[0, 0] == 11 - 3 - 2


def test_an_order_under_way_at_the_start_is_not_ordered_again() -> None:
    # 12 on hand; 40 ordered before come on day 3, so that the position never is 8.
    past = steady(5, inbound=column(0, 0, 40, 0, 0), inbound_units=np.array([40.0]))

    days = replayed(past, MIN_MAX)

    assert one(days, lambda day: day.ordered) == [0, 0, 0, 0, 0]
    assert days[2].morning[0, 0] == 8 + 40


def test_orders_are_made_only_on_the_supplier_s_days() -> None:
    past = steady(7, reviews=column(0, 0, 0, 1, 0, 0, 0).astype(bool))

    days = replayed(past, MIN_MAX)

    assert one(days, lambda day: day.ordered) == [0, 0, 0, 1, 0, 0, 0]


def test_a_policy_with_days_of_its_own_orders_on_those() -> None:
    days = replayed(steady(7), MIN_MAX | {"review_days": 3})

    assert one(days, lambda day: day.ordered) == [0, 0, 1, 0, 0, 1, 0]


def test_service_is_the_shop_s_or_the_policy_s_own() -> None:
    rng = np.random.default_rng(2)
    by_class = world(
        rng.poisson(2.0, (60, 4)).astype(float),
        opening=8,
        before=rng.poisson(2.0, (90, 4)).astype(float),
        terms=terms(4),
    )
    by_cost = replace(by_class, terms=terms(4, service_mode="cost"))

    def stock(past: World, **policy: object) -> list[list[float]]:
        return [day.on_hand[0].tolist() for day in replayed(past, policy)]

    assert stock(by_cost, kind="today") == stock(by_class, kind="own", service_mode="cost")
    assert stock(by_class, kind="today") == stock(by_cost, kind="own", service_mode="class")
    # 0.995 by cost (2.00 earned on 3.00), less by class.
    assert np.sum(stock(by_cost, kind="today")) > np.sum(stock(by_class, kind="today"))


def test_packs_minimum_and_cap_bind() -> None:
    past = steady(3, opening=2, terms=terms(1, pack=5, minimum=7))

    days = replayed(past, MIN_MAX)

    # Day 1: position 0, need 12, 3 packs: 15.
    assert (
        replayed(replace(past, terms=terms(1, pack=5, minimum=7, cap=14)), MIN_MAX)[0].ordered[0, 0]
        == 1
    )
    assert (
        replayed(replace(past, terms=terms(1, pack=5, minimum=7, cap=6)), MIN_MAX)[0].ordered[0, 0]
        == 0
    )
    assert one(days, lambda day: day.ordered) == [1, 0, 0]


def test_the_lead_time_is_the_real_one_where_the_shop_ordered_that_day() -> None:
    # Drawn it would be 3 days; what the shop ordered on day 2 took 5.
    past = steady(8, real_lead_days=column(np.nan, 5, *[np.nan] * 6))

    days = replayed(past, MIN_MAX)

    # 4 ordered on day 2 come on day 7; 4 ordered on day 4 come on day 7 as well.
    assert one(days, lambda day: day.on_hand) == [10, 8, 6, 4, 2, 0, 6, 4]


def test_other_lead_times_are_drawn_from_receipts_before_that_day() -> None:
    took = ReceiptLog(
        supplier_ids=np.ones(10, dtype=np.int64),
        product_ids=np.full(10, 99),
        lead_days=np.array([1.0] * 5 + [9.0] * 5),
        # The slow ones come later than the first week.
        received_on=np.array([-3] * 5 + [50] * 5),
        known_on=np.array([-3] * 5 + [50] * 5),
    )

    days = replayed(steady(7, receipt_log=took), MIN_MAX, draws=3)

    # 4 ordered on day 2 come on day 3, and so on.
    assert one(days, lambda day: day.on_hand) == [10, 8, 10, 8, 10, 8, 10]


def test_a_shop_s_stock_returns_and_write_offs_reach_every_policy() -> None:
    past = steady(2, adjustments=column(3, -50))

    days = replayed(past, MIN_MAX)

    assert one(days, lambda day: day.on_hand) == [13, 0]


# --- chance ---------------------------------------------------------------------------------


def imputed_world(days: int = 60) -> World:
    rng = np.random.default_rng(5)
    sold = rng.poisson(2.0, (days, 8)).astype(float)
    sold[10:20] = 0
    missing = np.zeros((60 + days, 8), dtype=bool)
    missing[70:80] = True
    past = world(sold, opening=20, before=rng.poisson(2.0, (60, 8)).astype(float))
    units = past.demand.units.copy()
    units[70:80] = 2.5
    return replace(
        past,
        demand=Demand(units, past.demand.history_days, missing),
        censored=missing[60:],
        terms=terms(8, promise_sd=1.5),
    )


def test_each_draw_has_its_own_path_on_imputed_days_only() -> None:
    past = imputed_world()
    paths = Paths.of(past, draws=400, seed=3)

    counted, drawn = paths.demand(5), paths.demand(15)

    assert (counted == past.sold[5]).all()
    assert (drawn == np.floor(drawn)).all()
    assert drawn.mean() == pytest.approx(2.5, abs=0.1)
    assert drawn.std() > 1


def test_a_fraction_left_by_the_correction_is_rounded_as_often_as_it_says() -> None:
    past = world(np.full((1, 1), 2.0))
    past = replace(past, demand=Demand(np.full((1, 1), 2.25), past.demand.history_days))

    drawn = Paths.of(past, draws=4000, seed=1).demand(0)

    assert set(np.unique(drawn)) == {2, 3}
    assert drawn.mean() == pytest.approx(2.25, abs=0.03)


def test_a_seed_gives_the_same_days_and_another_seed_others() -> None:
    past, policy = imputed_world(), {"kind": "textbook", "service": 0.9}

    first, again, other = (
        np.array([day.on_hand for day in replayed(past, policy, draws=3, seed=seed)])
        for seed in (1, 1, 2)
    )

    assert (first == again).all()
    assert (first != other).any()


POLICIES = (
    {"kind": "today"},
    {"kind": "own", "service_by_class": {"BZ": 0.99}, "review_days": 2, "order_cost": 1},
    {"kind": "textbook", "service": 0.95},
    MIN_MAX,
)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["kind"])
def test_what_comes_later_changes_no_decision_before(policy: dict[str, object]) -> None:
    # All that happens from day 30 on is another: demand, receipts, what is learned from them.
    past, cut = imputed_world(), 30
    log = ReceiptLog(
        supplier_ids=np.ones(60, dtype=np.int64),
        product_ids=np.arange(60) % 8 + 1,
        lead_days=np.linspace(1, 9, 60),
        received_on=np.arange(60) - 5,
        known_on=np.arange(60) - 5,
    )
    past = replace(past, receipt_log=log)
    units, sold = past.demand.units.copy(), past.sold.copy()
    units[60 + cut :] *= 9
    sold[cut:] *= 9
    assert past.demand.imputed is not None
    imputed = past.demand.imputed.copy()
    imputed[60 + cut :] = True
    changed = replace(
        past,
        demand=Demand(units, past.demand.history_days, imputed),
        sold=sold,
        abc=np.vstack([past.abc[:2], np.full((1, 8), "A")]),
        receipt_log=log.of(log.received_on < cut),
    )

    decided, decided_again = (
        np.array([day.ordered for day in replayed(one_past, policy, draws=2)])
        for one_past in (past, changed)
    )

    assert decided[:cut].any()
    assert (decided[:cut] == decided_again[:cut]).all()
    assert (decided[cut:] != decided_again[cut:]).any()


def test_a_receipt_recorded_late_teaches_nothing_before() -> None:
    past = steady(14, terms=terms(1))
    late = ReceiptLog(
        supplier_ids=np.ones(5, dtype=np.int64),
        product_ids=np.ones(5, dtype=np.int64),
        lead_days=np.full(5, 13.0),
        received_on=np.full(5, -10),
        known_on=np.full(5, 3),
    )
    as_of = AsOf(replace(past, receipt_log=late))

    # Supplier: (5 x 13 + 5 x 3) / 10 = 8; the product: (5 x 13 + 5 x 8) / 10 = 10.5.
    assert as_of.week(0).lead_time_days.tolist() == [3]
    assert as_of.week(1).lead_time_days.tolist() == [10.5]
