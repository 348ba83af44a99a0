"""Worked figures of the domain: service, lots, orders and dates, and how they fit together."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import norm

from inventory.reorder.dates import NEVER, days_until_need, days_until_stockout
from inventory.reorder.policy import (
    economic_order_quantity,
    order_quantities,
    plan,
)
from inventory.reorder.service import (
    HIGHEST_SERVICE,
    LOWEST_SERVICE,
    SERVICE_BY_CLASS,
    critical_ratio,
    holding_cost_per_cycle,
    service_by_class,
)
from tests.inventory.reorder_inputs import inputs, one, random_inputs, states

# --- 3.4 service ----------------------------------------------------------------------------


def test_the_newsvendor_s_ratio() -> None:
    ratio = critical_ratio(one(0.70), one(0.18))

    assert ratio[0] == pytest.approx(0.79545, abs=0.00001)
    assert norm.ppf(ratio[0], 50, 8) == pytest.approx(56.6040, abs=0.0001)


def test_a_unit_that_earns_nothing_needs_no_service() -> None:
    assert critical_ratio(one(0), one(0))[0] == 0


def test_holding_cost_of_a_cycle() -> None:
    # a quarter of 10 a year, for 7.3 days
    cost = holding_cost_per_cycle(one(10), holding_rate=one(0.25), review_days=one(7.3))

    assert cost[0] == pytest.approx(0.05)


def test_each_class_has_its_service() -> None:
    abc, xyz = zip(*SERVICE_BY_CLASS, strict=True)

    service = service_by_class(np.array(abc), np.array(xyz))

    assert service.tolist() == [0.98, 0.97, 0.95, 0.96, 0.95, 0.92, 0.93, 0.90, 0.85]


def test_a_policy_may_have_other_levels_for_some_classes() -> None:
    levels = SERVICE_BY_CLASS | {"AX": 0.9, "CZ": 0.5}

    service = service_by_class(np.array(["A", "B", "C"]), np.array(["X", "Y", "Z"]), levels)

    # None is below the lowest.
    assert service.tolist() == [0.9, 0.95, 0.8]


def test_costs_decide_where_they_are_asked_and_known() -> None:
    # 5 earned, 10 paid, a quarter a year over 7 days: h = 0.04795, 5 / 5.04795 = 0.9905.
    by_class, by_cost = (
        plan(inputs(length=(10.0, 2.0, 7.0), service_mode=mode)) for mode in ("class", "cost")
    )

    assert (by_class.service[0], by_class.by_cost[0]) == (0.95, False)
    assert by_cost.service[0] == pytest.approx(0.9905, abs=0.0001)
    assert by_cost.by_cost[0]
    assert by_class.cost_service[0] == by_cost.cost_service[0] == by_cost.service[0]
    # N(340, 47.03): z 1.645 and 2.346.
    assert (by_class.reorder_point[0], by_cost.reorder_point[0]) == (418, 451)


@pytest.mark.parametrize(
    ("price", "unit_cost", "service"),
    [
        # A daily review asks for 0.9986; a cent earned on ten for 0.59.
        (15.0, 10.0, HIGHEST_SERVICE),
        (10.01, 10.0, LOWEST_SERVICE),
    ],
)
def test_service_by_cost_keeps_within_its_bounds(
    price: float, unit_cost: float, service: float
) -> None:
    planned = plan(
        inputs(length=(10.0, 2.0, 1.0), service_mode="cost", price=price, unit_cost=unit_cost)
    )

    assert (planned.service[0], planned.by_cost[0]) == (service, True)


@pytest.mark.parametrize(("price", "unit_cost"), [(10.0, 10.0), (9.0, 10.0), (15.0, 0.0)])
def test_without_a_margin_or_a_cost_the_class_decides(price: float, unit_cost: float) -> None:
    planned = plan(inputs(service_mode="cost", price=price, unit_cost=unit_cost))

    assert (planned.service[0], planned.by_cost[0]) == (0.95, False)


# --- 3.5 lots and orders --------------------------------------------------------------------


def test_the_economic_order_quantity() -> None:
    quantity = economic_order_quantity(one(1300), order_cost=one(8), holding_cost=one(0.225))

    assert quantity[0] == pytest.approx(304.0468, abs=0.0001)
    yearly_cost = 8 * 1300 / quantity[0] + 0.225 * quantity[0] / 2
    assert yearly_cost == pytest.approx(68.4105, abs=0.0001)


@pytest.mark.parametrize(
    ("need", "minimum", "pack", "cap", "position", "quantity", "blocked"),
    [
        (137, 50, 24, None, 0, 144, False),
        (0, 50, 24, None, 0, 0, False),
        (10, 50, 1, None, 0, 50, False),
        (10, 50, 24, None, 0, 72, False),
        # 100 - 20 leaves 80: three packs of 24
        (137, 50, 24, 100, 20, 72, False),
        # 60 leaves 40: one pack, below the minimum
        (137, 50, 24, 100, 60, 0, True),
        (137, 1, 24, 100, 90, 0, True),
        # beyond the cap already
        (5, 1, 1, 100, 120, 0, True),
        # a need that fits to the unit
        (80, 1, 1, 100, 20, 80, False),
    ],
)
def test_minimum_pack_and_cap(
    need: int,
    minimum: int,
    pack: int,
    cap: int | None,
    position: int,
    quantity: int,
    blocked: bool,
) -> None:
    ordered, stopped = order_quantities(
        one(need),
        minimum=one(minimum),
        pack=one(pack),
        cap=one(np.inf if cap is None else cap),
        position=one(position),
    )

    assert (ordered[0], stopped[0]) == (quantity, blocked)


def test_a_whole_plan_by_hand() -> None:
    planned = plan(inputs(stock=150, on_order=100))

    # s of 3.5 with BY's 0.95; D = 7300, h = 2.5: sqrt(2 x 8 x 7300 / 2.5) = 216.15
    assert planned.family[0] == "normal"
    assert planned.reorder_point[0] == 273
    assert planned.safety_stock[0] == 73
    assert planned.economic_quantity[0] == pytest.approx(216.15, abs=0.01)
    assert planned.order_up_to[0] == 273 + 217
    assert planned.need[0] == 490 - 250
    assert planned.quantity[0] == 240
    # Stock 150 against N(200, 44.27): k = -1.129; chance 0.8706, short 53.0 = 50 + 3.0
    assert planned.p_stockout[0] == pytest.approx(0.8706, abs=0.0005)
    assert planned.expected_lost_margin[0] == pytest.approx(53.0 * 5, abs=1.5)
    assert planned.lost_revenue_per_day[0] == pytest.approx(20 * 15 * 0.8706, abs=0.2)


def test_what_is_inbound_is_not_ordered_again() -> None:
    assert plan(inputs(stock=150, on_order=123)).quantity[0] == 217
    assert plan(inputs(stock=150, on_order=124)).quantity[0] == 0


def test_a_review_period_is_covered_by_the_lot() -> None:
    # 20 a day for 14 days are more than the economic 216
    planned = plan(inputs(length=(10.0, 2.0, 14.0)))

    assert planned.lot[0] == 280


def test_a_lot_covers_180_days_at_most() -> None:
    # D = 36.5, h = 0.0025: EOQ 483 against 18 units in 180 days
    planned = plan(inputs(daily_mean=0.1, daily_sd=0.3, unit_cost=0.01))

    assert planned.lot[0] == pytest.approx(18)
    assert plan(inputs(daily_mean=0.1, daily_sd=0.3, unit_cost=0)).lot[0] == pytest.approx(18)


def test_nothing_is_ordered_of_what_does_not_sell() -> None:
    planned = plan(inputs(daily_mean=0, daily_sd=0, window=[0] * 56))

    assert (planned.reorder_point[0], planned.order_up_to[0], planned.quantity[0]) == (0, 0, 0)


def test_uneven_demand_is_taken_as_it_was() -> None:
    # One day in four sells 8; over one day (lead 1, review 0) the 0.95 quantile is 8.
    window = [8.0, 0, 0, 0] * 14
    planned = plan(
        inputs(
            daily_mean=2,
            daily_sd=3.5,
            demand_class="intermittent",
            window=window,
            length=(1.0, 0.0, 0.0),
            stock=5,
        )
    )

    assert planned.family[0] == "empirical"
    assert planned.reorder_point[0] == 8
    # A quarter of days ask for more than 5, by 3.
    assert planned.p_stockout[0] == pytest.approx(0.25)
    assert planned.expected_lost_margin[0] == pytest.approx(0.25 * 3 * 5)


# --- dates ----------------------------------------------------------------------------------


def test_days_until_need_and_stockout_of_certain_demand() -> None:
    # 5 a day, Poisson; 20 left. The median reaches 20 on day 4 or 5; 5 % pass 20 earlier.
    mean, sd = one(5), one(5**0.5)

    # Poisson(20): P(>= 20) = 0.53, Poisson(15): 0.13
    assert days_until_stockout(mean, sd, stock=one(20))[0] == 4
    # Poisson(15): P(> 20) = 0.083 > 0.05, Poisson(10): 0.0016
    assert days_until_need(mean, sd, stock=one(20), service=one(0.95))[0] == 3


def test_nothing_left_is_today() -> None:
    assert days_until_stockout(one(5), one(2), stock=one(0))[0] == 0
    assert days_until_need(one(5), one(2), stock=one(0), service=one(0.9))[0] == 0


def test_what_does_not_sell_lasts() -> None:
    assert days_until_stockout(one(0), one(0), stock=one(5))[0] == NEVER
    assert days_until_need(one(0), one(0), stock=one(5), service=one(0.9))[0] == NEVER


@settings(max_examples=100, deadline=None)
@given(states)
def test_a_plan_keeps_its_promises(state: dict[str, int]) -> None:
    many = random_inputs(state["seed"], state["products"])

    planned = plan(many)

    ordered = planned.quantity > 0
    assert (planned.order_up_to >= planned.reorder_point).all()
    assert (planned.reorder_point >= 0).all()
    assert (many.position[ordered] <= planned.reorder_point[ordered]).all()
    assert (planned.quantity[ordered] >= many.minimum[ordered]).all()
    assert (planned.quantity % many.pack == 0).all()
    assert (many.position + planned.quantity <= np.maximum(many.cap, many.position)).all()
    assert not (ordered & planned.blocked).any()
    assert ((planned.p_stockout >= 0) & (planned.p_stockout <= 1)).all()
    assert (planned.expected_lost_margin >= 0).all()
