"""How sure to be not to run out, and what share of demand that serves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray, StrArray
from techmart.core.choices import ServiceMode

# Cycle service by ABC and XYZ class: this project's own judgement, domain 3.4, *tune*.
SERVICE_BY_CLASS = {
    "AX": 0.98,
    "AY": 0.97,
    "AZ": 0.95,
    "BX": 0.96,
    "BY": 0.95,
    "BZ": 0.92,
    "CX": 0.93,
    "CY": 0.90,
    "CZ": 0.85,
}
LOWEST_SERVICE, HIGHEST_SERVICE = 0.80, 0.995
DAYS_PER_YEAR = 365


@dataclass(frozen=True, slots=True)
class ServiceTargets:
    """How sure to be not to run out of each product, (products,) each.

    service: α, LOWEST_SERVICE to HIGHEST_SERVICE. cost_service: the critical ratio, 0 to 1,
    whatever decided. by_cost: where costs decided and not the class.
    """

    service: FloatArray
    cost_service: FloatArray
    by_cost: BoolArray


def service_targets(
    mode: StrArray,
    *,
    of_class: FloatArray,
    margin: FloatArray,
    unit_cost: FloatArray,
    holding_cost: FloatArray,
) -> ServiceTargets:
    """Return the α of each product, (products,) each.

    mode: ServiceMode values. of_class: α of its class. margin: money that one unit earns.
    unit_cost: money. holding_cost: money of one unit over one review cycle. Where a unit costs
    nothing or earns nothing, which is to say that one of the two is not known, costs say
    nothing and the class decides.
    """
    ratio = critical_ratio(margin, holding_cost)
    by_cost: BoolArray = (mode == ServiceMode.BY_COST.value) & (margin > 0) & (unit_cost > 0)
    return ServiceTargets(
        service=np.where(by_cost, np.clip(ratio, LOWEST_SERVICE, HIGHEST_SERVICE), of_class),
        cost_service=ratio,
        by_cost=by_cost,
    )


def service_by_class(
    abc: StrArray, xyz: StrArray, levels: Mapping[str, float] = SERVICE_BY_CLASS
) -> FloatArray:
    """Return the chance α of no stock-out in a cycle that each product's class asks for.

    levels: α by ABC and XYZ; of a class that it lacks, the lowest.
    """
    both = np.char.add(abc, xyz)
    alpha = np.zeros(both.shape)
    for name, service in levels.items():
        alpha[both == name] = service
    return np.clip(alpha, LOWEST_SERVICE, HIGHEST_SERVICE)


def critical_ratio(margin: FloatArray, holding_cost: FloatArray) -> FloatArray:
    """Return the newsvendor's α = b/(b + h), 0 to 1; 0 where a unit earns nothing.

    margin: b, money lost per unit short, 0 or more. holding_cost: h of one unit over one review
    cycle. Source: Snyder and Shen, Fundamentals of Supply Chain Theory.
    """
    total = margin + holding_cost
    ratio = np.zeros_like(total)
    np.divide(margin, total, out=ratio, where=total > 0)
    return ratio


def holding_cost_per_cycle(
    unit_cost: FloatArray, *, holding_rate: FloatArray, review_days: FloatArray
) -> FloatArray:
    """Return h: money to hold one unit over a review cycle, yearly rate · cost · R/365."""
    return holding_rate * unit_cost * review_days / DAYS_PER_YEAR


def fill_rate(expected_short: FloatArray, lot: FloatArray) -> FloatArray:
    """Return β = 1 − ESC/Q, 0 to 1: the share of demand served from stock; 1 without a lot.

    expected_short: ESC, units short in one cycle at the reorder point. Source: Silver, Pyke and
    Thomas, (s, Q) policy.
    """
    short = np.zeros_like(expected_short)
    np.divide(expected_short, lot, out=short, where=lot > 0)
    return np.clip(1.0 - short, 0.0, 1.0)
