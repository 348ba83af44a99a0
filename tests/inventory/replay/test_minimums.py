"""A supplier's minimum order in a replay: topped up, waited for, and gone at last."""

from dataclasses import replace
from typing import Any

import numpy as np

from inventory.arrays import FloatArray
from inventory.replay.minimums import SupplierMinimums
from inventory.replay.world import Terms
from tests.inventory.replay.test_simulation import MIN_MAX, one, replayed, steady
from tests.inventory.replay.worlds import terms, world

EVERY = np.array([True])


def evening(
    minimums: SupplierMinimums,
    day: int,
    *units: float,
    position: float = 0.0,
    stock: float = 0.0,
    may_order: bool = True,
    daily: float = 2.0,
) -> list[float]:
    """Return what is ordered of each product in the only draw."""
    products = len(units)
    ordered = minimums.held_to(
        np.array([units], dtype=float),
        day,
        on_hand=np.full((1, products), stock),
        position=np.full((1, products), position),
        may_order=np.full(products, may_order),
        daily_mean=np.full(products, daily),
        daily_sd=np.full(products, daily**0.5),
        lead_time_days=np.full(products, 5.0),
    )
    return [float(units) for units in ordered[0]]


def minimums(given: Terms, *, draws: int = 1) -> SupplierMinimums:
    return SupplierMinimums(given, draws=draws, holding_rate=0.25)


def of_two_suppliers(**columns: Any) -> Terms:
    """Return three products, the last of a supplier of its own."""
    return replace(terms(3, **columns), supplier_ids=np.array([1, 1, 2]))


def test_an_order_is_topped_up_by_the_sum_of_its_supplier_s_products() -> None:
    # 3.00 a unit: 60 of the first supplier are there, 30 of the second are topped up by 10 more.
    held = minimums(of_two_suppliers(supplier_minimum=60.0))

    assert evening(held, 0, 10, 10, 10) == [10, 10, 20]
    assert evening(held, 1, 0, 0, 0) == [0, 0, 0]


def test_suppliers_without_a_minimum_take_any_order() -> None:
    given = replace(of_two_suppliers(), supplier_minimum=np.array([300.0, 300.0, 0.0]))

    # 2 of 3.00 each, at 0.01 a day nothing more lasts less than 120 days.
    assert evening(minimums(given), 0, 2, 0, 2, daily=0.01) == [0, 0, 2]


def test_each_draw_waits_for_itself() -> None:
    held = minimums(terms(1, supplier_minimum=900.0), draws=2)

    # 300 units of 3.00 are wanted at least; 240 are 120 days.
    ordered = held.held_to(
        np.array([[300.0], [30.0]]),
        0,
        on_hand=np.zeros((2, 1)),
        position=np.zeros((2, 1)),
        may_order=EVERY,
        daily_mean=np.array([2.0]),
        daily_sd=np.array([1.4]),
        lead_time_days=np.array([5.0]),
    )

    assert ordered.tolist() == [[300.0], [0.0]]


def waited(held: SupplierMinimums, *, stock: float, closed: FloatArray | None = None) -> int:
    """Return the evening on which an order that cannot reach its minimum goes."""
    for day in range(400):
        may_order = closed is None or not closed[day]
        [ordered] = evening(held, day, 30 if may_order else 0, stock=stock, may_order=may_order)
        if ordered:
            # 300 units of 3.00 make the 900, whatever they last.
            assert ordered == 300
            return day
    raise AssertionError("It never went.")


def test_an_order_below_its_minimum_waits_and_then_goes_past_120_days() -> None:
    # Up to 240 units, 720, are 120 days: 180 are missing. Topping up costs 0.25 · 180 · (120 +
    # 180/12) / 365 = 16.64. 5 days ask for 10; with 30 in stock a margin of 2.00 is lost from
    # day 16 on: after t days more than 8.32 units, which 2·(5 + t) − 30 passes at t = 15.
    assert waited(minimums(terms(1, supplier_minimum=900.0)), stock=30) == 15


def test_it_goes_when_the_supplier_takes_orders_again() -> None:
    closed = np.zeros(400)
    closed[14:20] = 1

    assert waited(minimums(terms(1, supplier_minimum=900.0)), stock=30, closed=closed) == 20


def test_another_product_that_waits_too_may_end_the_wait_earlier() -> None:
    def goes(*, from_day: int) -> int:
        held = minimums(terms(2, supplier_minimum=9_000.0))
        for day in range(400):
            second = 30 if day >= from_day else 0
            if any(evening(held, day, 30, second, stock=30)):
                return day
        raise AssertionError("It never went.")

    assert 1 < goes(from_day=1) < goes(from_day=400)


def test_what_needs_nothing_any_more_waits_no_longer() -> None:
    held = minimums(terms(1, supplier_minimum=900.0))
    for day in range(10):
        assert evening(held, day, 30, stock=30) == [0]
    # A return fills the shelf.
    assert evening(held, 10, 0, stock=90) == [0]

    # The wait begins anew on day 11: 15 days.
    days = [day for day in range(11, 40) if evening(held, day, 30, stock=30) != [0]]

    assert days[0] == 26


def test_what_its_caps_keep_below_the_minimum_is_never_sent() -> None:
    held = minimums(terms(1, supplier_minimum=900.0, cap=40.0))

    assert all(evening(held, day, 30, stock=0) == [0] for day in range(60))


def test_a_policy_waits_in_a_replay() -> None:
    # s = 8, S = 12: on day 2 the position is 8, and 4 of 3.00 are wanted. Those for 120 days
    # would be 232 more; a minimum of 30.00 takes 10.
    at_once = replayed(steady(5), MIN_MAX)
    topped = replayed(steady(5, terms=terms(1, supplier_minimum=30.0)), MIN_MAX)

    assert one(at_once, lambda day: day.on_hand)[-1] == 6
    assert one(topped, lambda day: day.on_hand)[-1] == 12
    assert one(topped, lambda day: day.ordered) == [0, 1, 0, 0, 0]


def test_every_kind_of_policy_is_held_to_the_minimum() -> None:
    rng = np.random.default_rng(4)
    past = world(
        rng.poisson(0.4, (50, 6)).astype(float),
        opening=2,
        before=rng.poisson(0.4, (90, 6)).astype(float),
        terms=terms(6, supplier_minimum=120.0),
    )
    policies: tuple[dict[str, object], ...] = (
        MIN_MAX,
        {"kind": "today"},
        {"kind": "textbook", "service": 0.9},
        {"kind": "own", "holding_rate": 0.5},
    )
    for policy in policies:
        before = np.zeros((1, 6))
        for day in replayed(past, policy):
            if day.number >= 3:
                # Three days of lead time: what came had been ordered together.
                came = day.morning - before
                assert came.sum() == 0 or 3.0 * came.sum() >= 120
            before = day.on_hand
