"""Orders brought up to a supplier's minimum value, or told to wait."""

import heapq
import tracemalloc
from dataclasses import fields, replace

import numpy as np
import pytest

from inventory.arrays import FloatArray
from inventory.reorder.supplier_minimum import (
    LONGEST_COVER_DAYS,
    OrderLines,
    days_worth_waiting,
    topped_up,
)

# 2 a day, 10 to order on top of 10: cover 10 days; a pack of 5 costs 10.
LINE = {
    "quantity": 10.0,
    "pack": 5.0,
    "position": 10.0,
    "cap": np.inf,
    "unit_cost": 2.0,
    "margin": 1.0,
    "stock": 10.0,
    "daily_mean": 2.0,
    "daily_sd": 2.0**0.5,
    "lead_time_days": 5.0,
}


def lines(*rows: dict[str, float], order: list[int] | None = None) -> OrderLines:
    """Return lines that differ from LINE so, all of one order unless said otherwise."""
    numbers = np.zeros(len(rows), dtype=np.int64) if order is None else np.array(order)
    columns = {name: np.array([(LINE | row)[name] for row in rows]) for name in LINE}
    return OrderLines(order=numbers, **columns)


def outcome(
    *rows: dict[str, float], minimum: float, longest: float = LONGEST_COVER_DAYS
) -> tuple[list[float], float, bool]:
    """Return units added to each line of one order, its value, and whether it may go."""
    found = topped_up(lines(*rows), np.array([minimum]), longest_cover_days=longest)
    return found.units.tolist(), float(found.value[0]), bool(found.met[0])


def test_an_order_that_is_large_enough_is_left_alone() -> None:
    assert outcome({}, {}, minimum=40) == ([0, 0], 40, True)


def test_the_line_with_the_least_cover_gets_the_next_pack() -> None:
    # Cover 10 and 20 days. Packs of 5 (2.5 days) to the first until it has as much: after 15
    # units 17.5 and 20. Four packs make 40 + 40.
    assert outcome({}, {"daily_mean": 1.0}, minimum=75) == ([20, 0], 80, True)


def test_both_lines_share_once_they_last_as_long() -> None:
    assert outcome({}, {}, minimum=60) == ([5, 5], 60, True)


def test_nothing_is_bought_beyond_120_days_of_cover() -> None:
    # (10 + 10 + added) / 2 <= 120: 220 added
    assert outcome({}, minimum=10_000) == ([220], 460, False)


def test_an_order_that_has_to_go_passes_120_days_of_cover() -> None:
    # 998 packs of 10 on top of 20.
    assert outcome({}, minimum=10_000, longest=np.inf) == ([4990], 10_000, True)


def test_what_does_not_sell_is_topped_up_last_and_only_when_it_has_to_go() -> None:
    unsold = {"daily_mean": 0.0}

    assert outcome(unsold, minimum=100) == ([0], 20, False)
    assert outcome(unsold, minimum=100, longest=np.inf) == ([40], 100, True)
    assert outcome(unsold, {}, minimum=100, longest=np.inf) == ([0, 30], 100, True)


def test_a_cap_is_kept() -> None:
    assert outcome({"cap": 32.0}, minimum=100) == ([10], 40, False)
    assert outcome({"cap": 32.0}, minimum=100, longest=np.inf) == ([10], 40, False)


def test_what_costs_nothing_brings_an_order_no_nearer() -> None:
    assert outcome({"unit_cost": 0.0}, {}, minimum=60) == ([0, 20], 60, True)


def test_cents_that_no_sum_hits_exactly_are_no_reason_for_another_pack() -> None:
    # Ten packs of 0.1 and one of 0.1 more: 1.1 in money, 1.0999999999999999 in doubles.
    cheap = {"unit_cost": 0.1, "pack": 1.0, "quantity": 1.0}

    units, _, met = outcome(cheap, minimum=1.1)

    assert (units, met) == ([10], True)


def one_by_one(given: OrderLines, minimum: FloatArray) -> list[float]:
    """Top up as the rule is written: a pack at a time to the line with the least cover."""
    added = np.zeros(len(given.order))
    for order, wanted in enumerate(minimum):
        rows = np.flatnonzero(given.order == order)
        value = sum(given.quantity[rows] * given.unit_cost[rows])
        level = given.position + given.quantity
        waiting = [(level[row] / given.daily_mean[row], row) for row in rows]
        heapq.heapify(waiting)
        while value < wanted - 1e-6 and waiting:
            _, row = heapq.heappop(waiting)
            units = added[row] + given.pack[row]
            cover = (level[row] + units) / given.daily_mean[row]
            if cover > LONGEST_COVER_DAYS + 1e-9 or level[row] + units > given.cap[row]:
                continue
            added[row] = units
            value += given.pack[row] * given.unit_cost[row]
            heapq.heappush(waiting, (cover, row))
    return added.tolist()


def many_orders() -> tuple[OrderLines, FloatArray]:
    """Return 400 lines of 90 orders, and the minimum of each order."""
    rng = np.random.default_rng(11)
    number = 400
    given = OrderLines(
        order=np.sort(np.concatenate([np.arange(90), rng.integers(0, 90, number - 90)])),
        quantity=rng.integers(1, 60, number).astype(float),
        pack=rng.choice([1.0, 6.0, 24.0], number),
        position=rng.integers(0, 40, number).astype(float),
        cap=rng.choice([np.inf, 80.0, 300.0], number),
        unit_cost=rng.choice([0.35, 1.2, 9.99, 80.0], number),
        margin=np.ones(number),
        stock=np.zeros(number),
        daily_mean=rng.choice([0.05, 0.7, 3.0, 20.0], number),
        daily_sd=np.ones(number),
        lead_time_days=np.ones(number),
    )
    return given, rng.choice([0.0, 250.0, 2_000.0, 20_000.0], 90)


def test_all_orders_at_once_are_topped_up_as_one_pack_after_another() -> None:
    given, minimum = many_orders()

    found = topped_up(given, minimum)

    assert found.units.tolist() == one_by_one(given, minimum)
    assert found.met.any()
    assert not found.met.all()


@pytest.mark.parametrize("longest", [LONGEST_COVER_DAYS, np.inf])
@pytest.mark.parametrize("most", [0, 500])
def test_narrowing_down_first_comes_to_the_same_packs(
    monkeypatch: pytest.MonkeyPatch, longest: float, most: int
) -> None:
    given, minimum = many_orders()
    # A third of it does not sell.
    rng = np.random.default_rng(12)
    unsold = rng.random(len(given.order)) < 1 / 3
    given = replace(given, daily_mean=np.where(unsold, 0.0, given.daily_mean))
    each = topped_up(given, minimum, longest_cover_days=longest)

    monkeypatch.setattr("inventory.reorder.supplier_minimum.MOST_PACKS", most)
    narrowed = topped_up(given, minimum, longest_cover_days=longest)

    assert narrowed.units.tolist() == each.units.tolist()
    assert narrowed.value == pytest.approx(each.value, abs=1e-9)
    assert narrowed.met.tolist() == each.met.tolist()


def test_screws_by_the_million_are_not_counted_one_by_one() -> None:
    # 25,000,000 in packs of 0.0005 are 50,000,000,000 packs; twice as many of what sells twice
    # as fast, so that both last as long. Both had 20 before.
    screws = {"unit_cost": 0.0001}

    tracemalloc.start()
    try:
        units, value, met = outcome(
            screws, screws | {"daily_mean": 4.0}, minimum=25_000_000, longest=np.inf
        )
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert met
    assert value == pytest.approx(25_000_000, abs=0.001)
    assert (units[1] + 20) / (units[0] + 20) == pytest.approx(2, abs=1e-9)
    assert peak_bytes < 50_000_000


def test_screws_that_do_not_sell_are_not_counted_one_by_one_either() -> None:
    unsold = {"unit_cost": 0.0001, "daily_mean": 0.0}

    units, value, met = outcome(
        unsold | {"cap": 10_000_020.0}, unsold, {"unit_cost": 0.0}, minimum=2_000, longest=np.inf
    )

    # 20 are in the first, so 10,000,000 more fit; the rest is the second's, in packs of 5.
    assert (units[0], met) == (10_000_000, True)
    assert units[1] == pytest.approx(9_999_980, abs=5)
    assert value == pytest.approx(2_000, abs=0.001)


def waits(*missing: float, holding_rate: float = 0.25, **changes: float) -> list[int]:
    """Return the days of orders of one line each that miss so much."""
    given = lines(*[changes] * len(missing), order=list(range(len(missing))))
    days = days_worth_waiting(given, np.array(missing), holding_rate=holding_rate)
    return [int(day) for day in days]


def test_waiting_ends_when_it_costs_more_than_stock_that_lies() -> None:
    # Topping up: v = 4 a day; 0.25 x 40 x (120 + 40/8) / 365 = 3.42. Demand over 5 days is
    # Poisson(10) with 1.25 short of 10; over 6, Poisson(12), 2.58; over 7, 4.22; over 8, 6.06.
    assert waits(40) == [3]


def test_each_order_waits_by_its_own_figures() -> None:
    little, much, again = waits(40, 4000, 40)

    assert little == again == 3
    assert much > 30


@pytest.mark.parametrize("changes", [{"daily_mean": 0.0, "daily_sd": 0.0}, {"margin": 0.0}])
def test_waiting_that_costs_nothing_may_last_a_year(changes: dict[str, float]) -> None:
    assert waits(40, **changes) == [365]


def test_some_orders_are_taken_out_with_their_lines() -> None:
    given = lines({"stock": 1.0}, {"stock": 2.0}, {"stock": 3.0}, order=[0, 1, 2])

    kept = given.of(np.array([True, False, True]))

    assert (kept.order.tolist(), kept.stock.tolist()) == ([0, 1], [1, 3])
    assert all(len(getattr(kept, each.name)) == 2 for each in fields(kept))


def test_nobody_waits() -> None:
    nothing = lines()

    assert topped_up(nothing, np.zeros(0)).units.tolist() == []
    assert days_worth_waiting(nothing, np.zeros(0), holding_rate=0.25).tolist() == []
