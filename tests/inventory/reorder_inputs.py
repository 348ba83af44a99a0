"""Products to plan, for the tests of distributions, policy and arithmetic."""

import numpy as np
from hypothesis import strategies as st

from inventory.arrays import FloatArray
from inventory.reorder.arithmetic import GroupShare
from inventory.reorder.distributions import (
    Family,
    FittedDemand,
)
from inventory.reorder.lead_times import Interval
from inventory.reorder.policy import (
    PlanningInputs,
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


def inputs(
    *,
    length: tuple[float, float, float] = (10.0, 2.0, 0.0),
    demand_class: str = "smooth",
    service_mode: str = "class",
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
        service_mode=np.array([service_mode]),
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
        service_mode=rng.choice(["class", "cost"], products),
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
