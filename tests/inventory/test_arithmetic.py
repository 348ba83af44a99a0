"""A suggestion's arithmetic: told in six steps, and computed again from what is stored."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from inventory.reorder.arithmetic import GroupShare, describe, recompute, recompute_all
from inventory.reorder.distributions import (
    Family,
)
from inventory.reorder.policy import (
    plan,
)
from tests.inventory.reorder_inputs import (
    NO_MINIMUM,
    inputs,
    random_inputs,
    states,
)


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


def test_what_was_stored_before_service_could_be_chosen_is_by_class() -> None:
    given_inputs = inputs(stock=150, length=(10.0, 2.0, 7.0))
    told = describe(given_inputs, plan(given_inputs), 0, share=NO_MINIMUM)
    quantity = recompute(told)

    del told["inputs"]["service_mode"]

    assert recompute(told) == quantity
    assert recompute({**told, "inputs": told["inputs"] | {"service_mode": "cost"}}) > quantity


def test_arithmetic_of_another_version_is_not_computed() -> None:
    with pytest.raises(ValueError, match="version 0"):
        recompute({"version": 0})


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
    # By class, by cost, and by class since no cost or margin is known.
    by_cost = many.service_mode == "cost"
    assert planned.by_cost[by_cost].any()
    assert not planned.by_cost[by_cost].all()
    assert not planned.by_cost[~by_cost].any()
    at_odds = planned.by_cost & (
        planned.quantity != plan(replace(many, service_mode=np.full(10_000, "class"))).quantity
    )
    assert np.count_nonzero(at_odds) > 100
