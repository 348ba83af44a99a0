"""Worked figures of the domain, and how distributions, service and lots fit together."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from inventory.arrays import FloatArray
from inventory.reorder.arithmetic import GroupShare, describe, recompute, recompute_all
from inventory.reorder.dates import NEVER, days_until_need, days_until_stockout
from inventory.reorder.distributions import (
    Family,
    FittedDemand,
    choose_families,
    gamma_parameters,
    negative_binomial,
    parametric,
)
from inventory.reorder.lead_times import Interval, protection_moments, shrunk
from inventory.reorder.policy import (
    PlanningInputs,
    economic_order_quantity,
    order_quantities,
    plan,
)
from inventory.reorder.service import (
    SERVICE_BY_CLASS,
    critical_ratio,
    fill_rate,
    holding_cost_per_cycle,
    service_by_class,
)


def one(value: float) -> FloatArray:
    """Return one product's figure."""
    return np.array([float(value)])


def interval(lead: float, lead_sd: float = 0.0, review: float = 0.0) -> Interval:
    """Return one product's protection interval."""
    return Interval(one(lead), one(lead_sd), one(review))


def fitted(family: Family, mean: float, variance: float) -> FittedDemand:
    """Return one product's demand."""
    return FittedDemand(np.array([family.value]), one(mean), one(variance))


# --- 3.1 lead times -------------------------------------------------------------------------


def test_few_receipts_are_drawn_towards_the_supplier() -> None:
    # (3 x 10 + 5 x 6) / 8; no receipts leave the prior
    means = shrunk(np.array([10.0, np.nan]), np.array([3.0, 0.0]), np.array([6.0, 6.0]))

    assert means.tolist() == [7.5, 6.0]


def test_lengths_of_a_varying_lead_time_keep_its_mean_and_spread() -> None:
    weights = interval(10, 2, 7).lengths().weights[0]
    days = np.arange(len(weights))

    mean = (weights * days).sum()
    assert weights.sum() == pytest.approx(1)
    assert mean == pytest.approx(17, abs=0.02)
    # Rounding to whole days adds a twelfth to the variance.
    assert (weights * (days - mean) ** 2).sum() == pytest.approx(4 + 1 / 12, abs=0.05)


def test_no_lead_time_is_no_days() -> None:
    assert interval(0).lengths().weights[0, 0] == 1


# --- 3.2 and 3.5.1 protection interval, reorder point ---------------------------------------


@pytest.mark.parametrize(
    ("lead_sd", "review", "alpha", "sd", "reorder_point"),
    [
        (2, 0, 0.95, 44.272, 272.82),
        (0, 0, 0.95, 18.974, 231.21),
        (2, 7, 0.95, 47.032, 417.36),
        (2, 0, 0.90, 44.272, 256.74),
        (2, 0, 0.99, 44.272, 302.99),
    ],
)
def test_reorder_points_of_20_a_day_in_10_days(
    lead_sd: float, review: float, alpha: float, sd: float, reorder_point: float
) -> None:
    mean, variance = protection_moments(one(20), one(6), interval(10, lead_sd, review))
    demand = FittedDemand(parametric(mean, variance), mean, variance)

    assert demand.family[0] == Family.NORMAL
    assert np.sqrt(variance[0]) == pytest.approx(sd, abs=0.001)
    assert mean[0] + norm.ppf(alpha) * np.sqrt(variance[0]) == pytest.approx(
        reorder_point, abs=0.01
    )
    assert demand.quantile(one(alpha))[0] == np.ceil(reorder_point)


def test_units_short_and_fill_rate_of_the_first_case() -> None:
    demand = fitted(Family.NORMAL, 200, 44.272**2)

    short = demand.expected_above(one(272.82))

    assert short[0] == pytest.approx(0.925, abs=0.001)
    assert fill_rate(short, one(100))[0] == pytest.approx(0.9908, abs=0.0001)
    # For a fill rate of 0.98: k 1.3037
    assert fill_rate(demand.expected_above(one(257.72)), one(100))[0] == pytest.approx(
        0.98, abs=0.0001
    )


# --- 3.3 distributions ----------------------------------------------------------------------


def test_poisson_of_3() -> None:
    demand = fitted(Family.POISSON, 3, 3)

    assert demand.quantile(one(0.95))[0] == 6
    assert 1 - demand.above(one(6))[0] == pytest.approx(0.9665, abs=0.0001)


def test_negative_binomial_of_3_with_variance_9() -> None:
    demand = fitted(Family.NEGATIVE_BINOMIAL, 3, 9)

    size, share = negative_binomial(one(3), one(9))
    assert (size[0], share[0]) == (1.5, pytest.approx(1 / 3))
    assert demand.quantile(one(0.95))[0] == 9
    assert 1 - demand.above(one(9))[0] == pytest.approx(0.9598, abs=0.0001)


@pytest.mark.parametrize(
    ("demand_class", "mean", "variance", "family"),
    [
        ("lumpy", 3, 9, "empirical"),
        ("intermittent", 300, 9000, "empirical"),
        ("smooth", 3, 3.15, "poisson"),
        ("smooth", 3, 3.16, "negative_binomial"),
        ("erratic", 99.9, 900, "negative_binomial"),
        ("smooth", 100, 625, "normal"),
        ("erratic", 100, 626, "gamma"),
        ("new", 3, 9, "negative_binomial"),
        ("smooth", 0, 0, "none"),
    ],
)
def test_the_first_family_that_fits(
    demand_class: str, mean: float, variance: float, family: str
) -> None:
    chosen = choose_families(
        np.array([demand_class]), one(mean), one(variance), has_sales=np.array([True])
    )

    assert chosen[0] == family


def test_uneven_demand_without_a_sale_to_take_is_fitted() -> None:
    chosen = choose_families(np.array(["lumpy"]), one(3), one(9), has_sales=np.array([False]))

    assert chosen[0] == "negative_binomial"


@pytest.mark.parametrize("family", [f for f in Family if f not in {"none", "empirical"}])
def test_units_short_agree_with_the_sum_of_chances(family: Family) -> None:
    """E[(X - x)+] = sum, or integral, of P(X > u) from x on."""
    demand = fitted(family, 120, 300 if family != Family.POISSON else 120)
    step = 1.0 if family in {Family.POISSON, Family.NEGATIVE_BINOMIAL} else 0.01
    grid = np.arange(110, 400, step)
    # The same demand at each point of the grid.
    points = len(grid)
    wide = FittedDemand(
        family=np.repeat(demand.family, points),
        mean=np.repeat(demand.mean, points),
        variance=np.repeat(demand.variance, points),
    )

    total = wide.above(grid).sum() * step

    assert demand.expected_above(one(110))[0] == pytest.approx(total, abs=0.02)


def test_gamma_keeps_its_moments() -> None:
    shape, scale = gamma_parameters(one(200), one(90000))

    assert shape[0] * scale[0] == pytest.approx(200)
    assert shape[0] * scale[0] ** 2 == pytest.approx(90000)


def test_no_demand_needs_no_stock() -> None:
    demand = fitted(Family.NONE, 0, 0)

    assert demand.quantile(one(0.99))[0] == 0
    assert demand.above(one(0))[0] == 0


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


def inputs(
    *,
    length: tuple[float, float, float] = (10.0, 2.0, 0.0),
    demand_class: str = "smooth",
    window: list[float] | None = None,
    **numbers: float,
) -> PlanningInputs:
    """Return one product: 20 a day, sd 6, ten days, BY, nothing in stock."""
    figures = {
        "daily_mean": 20.0,
        "daily_sd": 6.0,
        "unit_cost": 10.0,
        "price": 15.0,
        "stock": 0.0,
        "on_order": 0.0,
    } | numbers
    return PlanningInputs(
        daily_mean=one(figures["daily_mean"]),
        daily_sd=one(figures["daily_sd"]),
        demand_class=np.array([demand_class]),
        window=np.array(window or [20.0] * 56)[:, None],
        interval=interval(*length),
        abc=np.array(["B"]),
        xyz=np.array(["Y"]),
        unit_cost=one(figures["unit_cost"]),
        price=one(figures["price"]),
        holding_rate=one(0.25),
        order_cost=one(8),
        stock=one(figures["stock"]),
        on_order=one(figures["on_order"]),
        minimum=one(1),
        pack=one(1),
        cap=one(np.inf),
    )


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


# --- arithmetic -----------------------------------------------------------------------------


def test_the_six_steps_are_told_in_order() -> None:
    given_inputs = inputs(stock=150, on_order=100)

    share = GroupShare(top_up_units=12, order_value=2520.0, minimum_value=2500.0)
    told = describe(given_inputs, plan(given_inputs), 0, share=share)

    assert [step["step"] for step in told["steps"]] == [
        "protection",
        "distribution",
        "reorder_point",
        "lot",
        "need",
        "order",
    ]
    assert told["steps"][1]["parameters"] == {
        "mean": 200,
        "sd": pytest.approx(44.272, abs=0.001),
    }
    assert told["steps"][2]["reorder_point"] == 273
    assert told["steps"][4] == {"step": "need", "position": 250, "need": 240}
    assert told["steps"][5]["quantity"] == 252
    assert recompute(told) == 252


def test_arithmetic_of_another_version_is_not_computed() -> None:
    with pytest.raises(ValueError, match="version 0"):
        recompute({"version": 0})


NO_MINIMUM = GroupShare(top_up_units=0, order_value=0.0, minimum_value=0.0)
states = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "products": st.integers(1, 12),
    }
)


def random_inputs(seed: int, products: int) -> PlanningInputs:
    """Return random products, from dead to fast, with every class and constraint."""
    rng = np.random.default_rng(seed)
    rate = rng.choice([0, 0.02, 0.3, 2, 20, 400], products)
    window = rng.negative_binomial(rng.choice([0.2, 1, 10], products), 0.5, (56, products)) * rate
    window = np.floor(window)
    return PlanningInputs(
        daily_mean=window.mean(axis=0),
        daily_sd=window.std(axis=0, ddof=1),
        demand_class=rng.choice(["smooth", "erratic", "intermittent", "lumpy", "new"], products),
        window=window,
        interval=Interval(
            rng.choice([0.0, 1.0, 6.37, 21.0], products),
            rng.choice([0.0, 0.5, 4.1], products),
            rng.choice([1.0, 3.5, 7 / 3], products),
        ),
        abc=rng.choice(["A", "B", "C"], products),
        xyz=rng.choice(["X", "Y", "Z"], products),
        unit_cost=rng.choice([0, 0.1234, 3.5, 900], products),
        price=rng.choice([0.0, 4.99, 1200.0], products),
        holding_rate=np.full(products, 0.25),
        order_cost=np.full(products, 8.0),
        stock=rng.integers(0, 60, products).astype(float),
        on_order=rng.integers(0, 30, products).astype(float),
        minimum=rng.choice([1.0, 12.0, 50.0], products),
        pack=rng.choice([1.0, 6.0, 24.0], products),
        cap=rng.choice([np.inf, 40.0, 500.0], products),
    )


@settings(max_examples=100, deadline=None)
@given(states)
def test_stored_arithmetic_gives_the_same_quantity(state: dict[str, int]) -> None:
    many = random_inputs(state["seed"], state["products"])
    planned = plan(many)

    for row in range(state["products"]):
        stored = json.loads(json.dumps(describe(many, planned, row, share=NO_MINIMUM)))
        assert recompute(stored) == planned.quantity[row]


def test_ten_thousand_states_give_their_quantities_again() -> None:
    many = random_inputs(seed=20_261_124, products=10_000)
    planned = plan(many)

    stored = [
        json.loads(json.dumps(describe(many, planned, row, share=NO_MINIMUM)))
        for row in range(10_000)
    ]

    assert recompute_all(stored) == planned.quantity.astype(int).tolist()
    # Every family, orders and refusals are among them.
    assert {family.value for family in Family} <= set(planned.family.tolist())
    assert 1_000 < np.count_nonzero(planned.quantity) < 9_000
    assert planned.blocked.any()


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
