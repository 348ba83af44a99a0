"""A suggestion's arithmetic: its inputs and the six steps, as JSON that can be computed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inventory.arrays import FloatArray
from inventory.reorder.distributions import Family, gamma_parameters, negative_binomial
from inventory.reorder.lead_times import Interval
from inventory.reorder.policy import Plan, PlanningInputs, plan
from techmart.core.choices import ServiceMode

VERSION = 1

_NUMBERS = (
    "daily_mean",
    "daily_sd",
    "unit_cost",
    "price",
    "holding_rate",
    "order_cost",
    "stock",
    "on_order",
    "minimum",
    "pack",
)
_CODES = ("demand_class", "abc", "xyz", "service_mode")
# What stood for an input that was not stored yet.
_BEFORE = {"service_mode": ServiceMode.BY_CLASS.value}
_INTERVAL = ("lead_time_days", "lead_time_sd_days", "review_days")


@dataclass(frozen=True, slots=True)
class GroupShare:
    """What the order to its supplier did to one product.

    top_up_units: added to reach the minimum. order_value, minimum_value: money of the whole
    order. wait_until: ISO date on which waiting for more costs more than topping up; empty when
    the order may go. waited_until: that date when it came and the order was topped up past 120
    days of cover; empty otherwise.
    """

    top_up_units: int
    order_value: float
    minimum_value: float
    wait_until: str = ""
    waited_until: str = ""


def describe(
    inputs: PlanningInputs, planned: Plan, row: int, *, share: GroupShare
) -> dict[str, Any]:
    """Return the arithmetic of one product: `inputs` and `steps`.

    The daily units behind the mean are part of the inputs where demand is taken as it was.
    """
    return {
        "version": VERSION,
        "inputs": _inputs(inputs, planned, row) | {"top_up_units": share.top_up_units},
        "steps": _steps(inputs, planned, row, share=share),
    }


def recompute(arithmetic: dict[str, Any]) -> int:
    """Return the quantity that the stored inputs give, units. Raises ValueError on old versions."""
    return recompute_all([arithmetic])[0]


def recompute_all(arithmetics: Sequence[dict[str, Any]]) -> list[int]:
    """Return what `recompute` does of each, worked out together.

    Raises ValueError on old versions, and for demand of different lengths.
    """
    for arithmetic in arithmetics:
        if arithmetic["version"] != VERSION:
            raise ValueError(f"arithmetic of version {arithmetic['version']} is no longer computed")
    given = [_BEFORE | arithmetic["inputs"] for arithmetic in arithmetics]

    def numbers(name: str) -> FloatArray:
        return np.array([float(row[name]) for row in given])

    columns: dict[str, Any] = {
        **{name: numbers(name) for name in _NUMBERS},
        **{name: np.array([row[name] for row in given]) for name in _CODES},
    }
    planned = plan(
        PlanningInputs(
            **columns,
            window=_windows([row["daily_units"] for row in given]),
            interval=Interval(*(numbers(name) for name in _INTERVAL)),
            cap=np.array([np.inf if row["cap"] is None else float(row["cap"]) for row in given]),
        )
    )
    return [
        int(quantity) + int(row["top_up_units"])
        for quantity, row in zip(planned.quantity, given, strict=True)
    ]


def _windows(daily_units: Sequence[Sequence[float]]) -> FloatArray:
    """Return (days, products); nothing was kept of products whose days do not matter."""
    lengths = {len(days) for days in daily_units if days}
    if len(lengths) > 1:
        raise ValueError("demand of different lengths is not worked out together")
    days = lengths.pop() if lengths else 0
    windows = np.zeros((days, len(daily_units)))
    for column, units in enumerate(daily_units):
        if units:
            windows[:, column] = units
    return windows


def _inputs(inputs: PlanningInputs, planned: Plan, row: int) -> dict[str, Any]:
    taken_as_it_was = planned.family[row] == Family.EMPIRICAL
    return {
        **{name: _number(getattr(inputs, name)[row]) for name in _NUMBERS},
        **{name: str(getattr(inputs, name)[row]) for name in _CODES},
        **{name: _number(getattr(inputs.interval, name)[row]) for name in _INTERVAL},
        "cap": None if np.isinf(inputs.cap[row]) else _number(inputs.cap[row]),
        "daily_units": (
            [_number(units) for units in inputs.window[:, row]] if taken_as_it_was else []
        ),
    }


def _steps(
    inputs: PlanningInputs, planned: Plan, row: int, *, share: GroupShare
) -> list[dict[str, Any]]:
    """Return the six steps in order, each with the figures that it ends in."""

    def figure(values: FloatArray) -> float | int:
        return _number(values[row])

    return [
        {
            "step": "protection",
            "days": figure(inputs.interval.days),
            "mean": figure(planned.interval_mean),
            "sd": float(np.sqrt(planned.interval_variance[row])),
        },
        {
            "step": "distribution",
            "family": str(planned.family[row]),
            "parameters": _parameters(planned, row),
            "service": figure(planned.service),
            "class": f"{inputs.abc[row]}{inputs.xyz[row]}",
            "by_cost": bool(planned.by_cost[row]),
            "margin": figure(inputs.margin),
            "holding_cost": figure(inputs.holding_cost),
            "cost_service": figure(planned.cost_service),
        },
        {
            "step": "reorder_point",
            "reorder_point": figure(planned.reorder_point),
            "safety_stock": figure(planned.safety_stock),
            "fill_rate": figure(planned.fill_rate),
        },
        {
            "step": "lot",
            "economic_quantity": figure(planned.economic_quantity),
            "lot": figure(planned.lot),
            "order_up_to": figure(planned.order_up_to),
        },
        {
            "step": "need",
            "position": figure(inputs.position),
            "need": figure(planned.need),
        },
        {
            "step": "order",
            "minimum": figure(inputs.minimum),
            "pack": figure(inputs.pack),
            "cap": None if np.isinf(inputs.cap[row]) else figure(inputs.cap),
            "blocked": bool(planned.blocked[row]),
            "order_value": round(share.order_value, 2),
            "minimum_value": share.minimum_value,
            "wait_until": share.wait_until,
            "waited_until": share.waited_until,
            "top_up_units": share.top_up_units,
            "quantity": int(planned.quantity[row]) + share.top_up_units,
        },
    ]


def _parameters(planned: Plan, row: int) -> dict[str, float]:
    """Return the parameters of F_P, by the names that scipy and textbooks use."""
    mean = planned.interval_mean[row : row + 1]
    variance = planned.interval_variance[row : row + 1]
    match Family(str(planned.family[row])):
        case Family.POISSON:
            return {"mean": float(mean[0])}
        case Family.NEGATIVE_BINOMIAL:
            size, share = negative_binomial(mean, variance)
            return {"r": float(size[0]), "p": float(share[0])}
        case Family.GAMMA:
            shape, scale = gamma_parameters(mean, variance)
            return {"shape": float(shape[0]), "scale": float(scale[0])}
        case Family.NORMAL:
            return {"mean": float(mean[0]), "sd": float(np.sqrt(variance[0]))}
        case Family.EMPIRICAL | Family.NONE:
            return {}


def _number(value: float | np.floating[Any]) -> float | int:
    """Return a plain number; whole ones without a fraction, the others with every digit."""
    plain = float(value)
    return int(plain) if plain.is_integer() else plain
