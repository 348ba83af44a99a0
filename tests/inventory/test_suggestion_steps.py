"""The six steps in words, from the arithmetic that the planner keeps."""

from typing import Any

import numpy as np

from inventory.product_page.steps import steps_of
from inventory.reorder.arithmetic import GroupShare, describe
from inventory.reorder.lead_times import Interval
from inventory.reorder.policy import PlanningInputs, plan


def arithmetic(*, service_mode: str = "class", unit_cost: float = 10.0) -> dict[str, Any]:
    """The first example of domain 3.5 with R 7: s 418, stock 88, packs of 24."""
    inputs = PlanningInputs(
        daily_mean=np.array([20.0]),
        daily_sd=np.array([6.0]),
        demand_class=np.array(["smooth"]),
        window=np.zeros((56, 1)),
        interval=Interval(np.array([10.0]), np.array([2.0]), np.array([7.0])),
        abc=np.array(["A"]),
        xyz=np.array(["Z"]),
        service_mode=np.array([service_mode]),
        unit_cost=np.array([unit_cost]),
        price=np.array([15.0]),
        holding_rate=np.array([0.25]),
        order_cost=np.array([8.0]),
        stock=np.array([88.0]),
        on_order=np.array([12.0]),
        minimum=np.array([50.0]),
        pack=np.array([24.0]),
        cap=np.array([np.inf]),
    )
    share = GroupShare(top_up_units=24, order_value=900.0, minimum_value=1000.0)
    return describe(inputs, plan(inputs), 0, share=share)


def test_the_steps_say_how_the_quantity_comes_about() -> None:
    steps = steps_of(arithmetic(), currency="USD")

    assert [step.strong for step in steps] == [False] * 5 + [True]
    # 20 a day over 17 days
    assert (steps[0].value, steps[0].working) == (
        "340",
        "20.00 a day × (10 + 7) days; varies by 47.0",
    )
    assert steps[1].value == "95%"
    assert steps[1].working.startswith("Normal (mean 340.00, sd 47.03); cycles without")
    # 417.36 up to 418; 418 − 340 = 78
    assert steps[2].value == "418"
    assert "418 − 340 = 78 safety stock" in steps[2].working
    # EOQ √(2·8·7300/2.5) = 216.1; S = 418 + 217
    assert (steps[3].value, steps[3].working) == ("635", "418 + lot 216.1, economic quantity 216.1")
    assert (steps[4].value, steps[4].working) == ("535", "635 − (88 in stock + 12 inbound)")
    # 535 up to 23 packs = 552, and one more for the minimum
    assert steps[5].value == "576"
    assert steps[5].working == (
        "at least 50, 24 packs of 24, 24 of them to reach the supplier's minimum of $1,000"
    )


def working(**changes: Any) -> tuple[str, str]:
    """Return the value of the service step and why it is so."""
    step = steps_of(arithmetic(**changes), currency="USD")[1]
    return step.value, step.working.split("; cycles without a stock-out ")[1]


def test_the_service_step_says_what_decided() -> None:
    # 5.00 earned; a quarter of 10 a year over 7 days is 0.0479: 5 / 5.0479 = 99.05 %.
    assert working() == ("95%", "for class AZ. Costs alone would ask for 99.1%")
    assert working(service_mode="cost") == (
        "99.1%",
        "by cost: a unit short loses $5.00, a unit held over a review costs $0.0479, of both 99.1%",
    )


def test_the_service_step_says_when_a_bound_holds() -> None:
    # 14.00 earned on 1.00: 0.0048 to hold, 99.97 %.
    value, why = working(service_mode="cost", unit_cost=1.0)

    assert value == "99.5%"
    assert "of both 100.0%, kept within 80% and 99.5%" in why


def test_the_service_step_says_why_costs_could_not_decide() -> None:
    assert working(service_mode="cost", unit_cost=0.0) == (
        "95%",
        "for class AZ, since what a unit costs is not known to decide by cost",
    )
    assert "what a unit earns is not known" in working(service_mode="cost", unit_cost=15.0)[1]


def test_a_suggestion_from_before_service_could_be_chosen_is_told_as_it_was() -> None:
    stored = arithmetic()
    for part in (stored["inputs"], stored["steps"][1]):
        for name in ("service_mode", "by_cost", "margin", "holding_cost"):
            part.pop(name, None)

    step = steps_of(stored, currency="USD")[1]

    assert step.working.endswith("for class AZ. Costs alone would ask for 99.1%")


def test_an_arithmetic_that_lacks_steps_shows_none() -> None:
    assert steps_of({}, currency="USD") == []
