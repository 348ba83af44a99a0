"""The six steps of a suggested order in words, from the arithmetic kept with it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from techmart.core.choices import ServiceMode
from techmart.lib import formats

_FAMILIES = {
    "none": "No demand",
    "empirical": "Demand as it was",
    "poisson": "Poisson",
    "negative_binomial": "Negative binomial",
    "normal": "Normal",
    "gamma": "Gamma",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step. value: what it comes to; working: how, with this product's figures."""

    label: str
    value: str
    working: str
    strong: bool = False


def steps_of(arithmetic: Mapping[str, Any], *, currency: str) -> list[Step]:
    """Return the steps; none of an arithmetic without any, as of a version no longer read.

    currency: ISO code of costs and of the supplier's minimum.
    """
    given = arithmetic.get("inputs", {})
    by_name = {step["step"]: step for step in arithmetic.get("steps", ())}
    if set(_WORDS) - set(by_name):
        return []
    return [
        _protection(by_name["protection"], given),
        _distribution(by_name["distribution"], given, currency=currency),
        _reorder_point(by_name["reorder_point"], by_name),
        _lot(by_name["lot"], by_name),
        _need(by_name["need"], by_name, given),
        _order(by_name["order"], currency=currency),
    ]


_WORDS = ("protection", "distribution", "reorder_point", "lot", "need", "order")


def _protection(step: Mapping[str, Any], given: Mapping[str, Any]) -> Step:
    days = f"({_figure(given['lead_time_days'])} + {_figure(given['review_days'])}) days"
    return Step(
        "Demand over lead time and review",
        _figure(step["mean"]),
        f"{formats.decimal(given['daily_mean'], places=2)} a day × {days}; varies by "
        f"{_figure(step['sd'])}",
    )


def _distribution(step: Mapping[str, Any], given: Mapping[str, Any], *, currency: str) -> Step:
    family = _FAMILIES.get(step["family"], step["family"])
    parameters = ", ".join(
        f"{name} {formats.decimal(value, places=2)}" for name, value in step["parameters"].items()
    )
    shape = f"{family} ({parameters})" if parameters else family
    return Step(
        "Distribution and service",
        _service(step["service"]),
        f"{shape}; cycles without a stock-out {_reason(step, given, currency=currency)}",
    )


def _reason(step: Mapping[str, Any], given: Mapping[str, Any], *, currency: str) -> str:
    """Say what decided the service and why; suggestions from before it could be chosen, too."""
    ratio = formats.rate(step["cost_service"], places=1)
    if step.get("by_cost"):
        held = "" if step["service"] == step["cost_service"] else ", kept within 80% and 99.5%"
        return (
            f"by cost: a unit short loses {formats.money(step['margin'], currency)}, a unit held "
            f"over a review costs {formats.money(step['holding_cost'], currency, places=4)}, of "
            f"both {ratio}{held}"
        )
    if given.get("service_mode") == ServiceMode.BY_COST:
        unknown = "what a unit costs" if not given["unit_cost"] else "what a unit earns"
        return f"for class {step['class']}, since {unknown} is not known to decide by cost"
    return f"for class {step['class']}. Costs alone would ask for {ratio}"


def _reorder_point(step: Mapping[str, Any], by_name: Mapping[str, Any]) -> Step:
    service = _service(by_name["distribution"]["service"])
    point, mean = _figure(step["reorder_point"]), _figure(by_name["protection"]["mean"])
    return Step(
        "Reorder point",
        point,
        f"smallest s with F(s) ≥ {service}; {point} − {mean} = "
        f"{_figure(step['safety_stock'])} safety stock, fill rate "
        f"{formats.rate(step['fill_rate'])}",
    )


def _lot(step: Mapping[str, Any], by_name: Mapping[str, Any]) -> Step:
    point = _figure(by_name["reorder_point"]["reorder_point"])
    return Step(
        "Lot and order-up-to level",
        _figure(step["order_up_to"]),
        f"{point} + lot {_figure(step['lot'])}, economic quantity "
        f"{_figure(step['economic_quantity'])}",
    )


def _need(step: Mapping[str, Any], by_name: Mapping[str, Any], given: Mapping[str, Any]) -> Step:
    level = _figure(by_name["lot"]["order_up_to"])
    return Step(
        "Needed now",
        _figure(step["need"]),
        f"{level} − ({_figure(given['stock'])} in stock + {_figure(given['on_order'])} inbound)",
    )


def _order(step: Mapping[str, Any], *, currency: str) -> Step:
    quantity, pack = step["quantity"], int(step["pack"])
    parts = [f"at least {_figure(step['minimum'])}"]
    if pack > 1 and quantity % pack == 0:
        parts.append(f"{formats.count(quantity // pack)} packs of {formats.count(pack)}")
    if step["cap"] is not None:
        parts.append(f"stock cap {_figure(step['cap'])}")
    if step["top_up_units"]:
        parts.append(
            f"{formats.count(step['top_up_units'])} of them to reach the supplier's minimum of "
            f"{formats.money(step['minimum_value'], currency, places=0)}"
        )
    # Absent in what was stored before it was known.
    if step.get("waited_until"):
        parts.append("past 120 days of cover, since waiting longer would cost more")
    if step["blocked"]:
        parts.append("the cap leaves no room for the least order")
    return Step("Minimum, pack and cap", formats.count(quantity), ", ".join(parts), strong=True)


def _service(share: float) -> str:
    """Return a whole percentage without decimals, others with one."""
    return formats.rate(share, places=0 if round(100 * share, 6).is_integer() else 1)


def _figure(value: float) -> str:
    """Return whole numbers without decimals, others with one."""
    return formats.decimal(value, places=0 if float(value).is_integer() else 1)
