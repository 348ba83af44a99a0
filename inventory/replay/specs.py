"""Policies as people describe them: checked, and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from inventory.choices import PolicyKind
from inventory.reorder.service import HIGHEST_SERVICE, LOWEST_SERVICE, SERVICE_BY_CLASS
from techmart.core.choices import ServiceMode
from techmart.core.problems import FieldError, Refusal

# More than a chart has colours for; they are compared with what the shop did.
MOST_COMPARED = 5
MOST_NAME = 60


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """A policy and its parameters; those that its kind does not have stay None.

    name: as shown. minimum_days, maximum_days: cover at which to order and up to which, in days
    of the demand before the replay. service: α, 0 to 1. service_mode: whether class or costs
    decide; None for the shop's. service_by_class: α by ABC and XYZ, for the classes that differ
    from the shop's. review_days: between two chances to order; None for the supplier's calendar.
    order_cost: money. holding_rate: yearly share of unit cost.
    """

    kind: PolicyKind
    name: str
    minimum_days: float | None = None
    maximum_days: float | None = None
    service: float | None = None
    service_mode: ServiceMode | None = None
    service_by_class: Mapping[str, float] = field(default_factory=dict)
    review_days: int | None = None
    order_cost: float | None = None
    holding_rate: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as `parse_policies` takes it, parameters that are not set left out."""
        values = {name: getattr(self, name) for name in (*_NUMBERS, "review_days")}
        return {
            "kind": str(self.kind),
            "name": self.name,
            **{name: value for name, value in values.items() if value is not None},
            **({"service_mode": self.service_mode.value} if self.service_mode else {}),
            **({"service_by_class": dict(self.service_by_class)} if self.service_by_class else {}),
        }


@dataclass(frozen=True, slots=True)
class _Bounds:
    lowest: float
    highest: float
    words: str


_NUMBERS = {
    "minimum_days": _Bounds(0, 366, "days from 0 to 366"),
    "maximum_days": _Bounds(0, 366, "days from 0 to 366"),
    "service": _Bounds(0.5, 0.999, "a share from 0.5 to 0.999"),
    "order_cost": _Bounds(0, 1_000_000, "money from 0 to 1,000,000"),
    "holding_rate": _Bounds(0, 5, "a yearly share from 0 to 5"),
}
_CLASS_SERVICE = _Bounds(LOWEST_SERVICE, HIGHEST_SERVICE, "a share from 0.8 to 0.995")
_REVIEW = _Bounds(1, 90, "whole days from 1 to 90")
# What each kind takes, and what of it it must have.
_TAKES: dict[PolicyKind, tuple[str, ...]] = {
    PolicyKind.ACTUAL: (),
    PolicyKind.TODAY: (),
    PolicyKind.MIN_MAX: ("minimum_days", "maximum_days", "review_days"),
    PolicyKind.TEXTBOOK: ("service", "review_days"),
    PolicyKind.OWN: (
        "service_mode",
        "service_by_class",
        "review_days",
        "order_cost",
        "holding_rate",
    ),
}
_NEEDS: dict[PolicyKind, tuple[str, ...]] = {
    PolicyKind.MIN_MAX: ("minimum_days", "maximum_days"),
    PolicyKind.TEXTBOOK: ("service",),
}


class InvalidPolicies(Refusal):
    """Policies that cannot be replayed; each error names the policy's row and field."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors[0].message, code="invalid_policies", errors=errors)


def parse_policies(given: object) -> tuple[PolicySpec, ...]:
    """Return the policies to compare with what the shop did, which always comes first.

    given: a list of objects with `kind`, `name` (the kind's own when missing) and parameters.
    Raises InvalidPolicies naming row and field.
    """
    if not isinstance(given, list) or not given:
        _refuse(None, "policies", "Name one policy or more to replay.")
    parsed = [_parsed(row, one) for row, one in enumerate(given)]
    compared = [one for one in parsed if one.kind != PolicyKind.ACTUAL]
    if len(compared) > MOST_COMPARED:
        _refuse(None, "policies", f"Compare {MOST_COMPARED} policies at most.")
    if not compared:
        _refuse(0, "kind", "Name a policy to compare with what the shop did.")
    names: set[str] = {PolicyKind.ACTUAL.label}
    for row, one in enumerate(parsed):
        if one.kind == PolicyKind.ACTUAL:
            continue
        if one.name in names:
            _refuse(row, "name", f"Two policies are called {one.name!r}. Give each its own name.")
        names.add(one.name)
    return (PolicySpec(PolicyKind.ACTUAL, PolicyKind.ACTUAL.label), *compared)


def _parsed(row: int, given: object) -> PolicySpec:
    if not isinstance(given, Mapping):
        _refuse(row, "policies", "A policy is an object with a kind.")
    if given.get("kind") not in PolicyKind.values:
        _refuse(row, "kind", f"The kind is one of {', '.join(PolicyKind.values)}.")
    kind = PolicyKind(given["kind"])
    takes, needs = _TAKES[kind], _NEEDS.get(kind, ())
    for key in given:
        if key not in (*takes, "kind", "name"):
            _refuse(row, str(key), f"A policy of kind {kind} takes no {key}.")
    for key in needs:
        if given.get(key) is None:
            _refuse(row, key, f"Say {key.replace('_', ' ')}: {_NUMBERS[key].words}.")
    name = str(given.get("name") or kind.label).strip()
    if len(name) > MOST_NAME:
        _refuse(row, "name", f"A name has {MOST_NAME} letters at most.")
    numbers = {
        key: _number(row, key, given[key], bounds)
        for key, bounds in _NUMBERS.items()
        if given.get(key) is not None
    }
    if kind == PolicyKind.MIN_MAX and numbers["maximum_days"] < numbers["minimum_days"]:
        _refuse(row, "maximum_days", "The maximum is the minimum or more.")
    return PolicySpec(
        kind,
        name,
        **numbers,
        service_mode=_mode(row, given.get("service_mode")),
        service_by_class=_classes(row, given.get("service_by_class") or {}),
        review_days=_review(row, given.get("review_days")),
    )


def _mode(row: int, given: object) -> ServiceMode | None:
    if given is None:
        return None
    if not isinstance(given, str) or given not in ServiceMode.values:
        _refuse(row, "service_mode", f"Service is by {' or by '.join(ServiceMode.values)}.")
    return ServiceMode(given)


def _classes(row: int, given: object) -> dict[str, float]:
    if not isinstance(given, Mapping):
        _refuse(row, "service_by_class", 'Give service by class, such as {"AX": 0.98}.')
    for name in given:
        if name not in SERVICE_BY_CLASS:
            _refuse(row, "service_by_class", f"{name} is no class; they are AX, AY, AZ, BX to CZ.")
    return {
        str(name): _number(row, "service_by_class", value, _CLASS_SERVICE)
        for name, value in given.items()
    }


def _review(row: int, given: object) -> int | None:
    if given is None:
        return None
    days = _number(row, "review_days", given, _REVIEW)
    if not days.is_integer():
        _refuse(row, "review_days", f"Give {_REVIEW.words}.")
    return int(days)


def _number(row: int, key: str, given: object, bounds: _Bounds) -> float:
    # True and False are whole numbers to Python.
    if not isinstance(given, int | float) or isinstance(given, bool):
        _refuse(row, key, f"{key.replace('_', ' ').capitalize()} is {bounds.words}.")
    if not bounds.lowest <= given <= bounds.highest:
        _refuse(row, key, f"{key.replace('_', ' ').capitalize()} is {bounds.words}.")
    return float(given)


def _refuse(row: int | None, key: str, message: str) -> NoReturn:
    raise InvalidPolicies([FieldError(key, "invalid", message, row=row)])
