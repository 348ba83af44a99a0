"""The nodes of an expression, and their form as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from transactions.rules.fields import FIELDS, FieldKind


class Operator(StrEnum):
    """How a condition compares. The order is the builder's."""

    AT_LEAST = "at_least"
    MORE_THAN = "more_than"
    AT_MOST = "at_most"
    LESS_THAN = "less_than"
    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    BEGINS_WITH = "begins_with"
    IN_LIST = "in_list"
    NOT_IN_LIST = "not_in_list"
    KNOWN = "known"
    UNKNOWN = "unknown"


class GroupKind(StrEnum):
    """How a group joins its members; NONE is true when no member is."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


ORDERINGS = (Operator.AT_LEAST, Operator.MORE_THAN, Operator.AT_MOST, Operator.LESS_THAN)
LIST_OPERATORS = (Operator.IN_LIST, Operator.NOT_IN_LIST)
WITHOUT_VALUE = (Operator.KNOWN, Operator.UNKNOWN)

# MONEY: hundredths; NUMBER: a number; ONE_OF: texts; in and not in a list: the list's key.
Value: TypeAlias = int | float | str | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. Of an unknown value none is true but `unknown`."""

    field: str
    operator: Operator
    value: Value = None


@dataclass(frozen=True, slots=True)
class Group:
    """Members joined; at least one."""

    kind: GroupKind
    members: tuple["Node", ...]


Node: TypeAlias = Condition | Group


def conditions(node: Node) -> Iterator[Condition]:
    """Yield every condition of an expression, in its order."""
    if isinstance(node, Condition):
        yield node
        return
    for member in node.members:
        yield from conditions(member)


def fields_of(node: Node) -> frozenset[str]:
    """Return the codes of the fields that an expression reads."""
    return frozenset(condition.field for condition in conditions(node))


def lists_of(node: Node) -> frozenset[str]:
    """Return the keys of the value lists that an expression looks into."""
    return frozenset(
        str(condition.value)
        for condition in conditions(node)
        if condition.operator in LIST_OPERATORS
    )


def to_json(node: Node) -> dict[str, Any]:
    """Return an expression as `parsing.parse` reads it; equal expressions are equal JSON."""
    if isinstance(node, Group):
        return {node.kind.value: [to_json(member) for member in node.members]}
    found: dict[str, Any] = {"field": node.field, "operator": node.operator.value}
    if node.operator in WITHOUT_VALUE:
        return found
    if FIELDS[node.field].kind is FieldKind.MONEY:
        assert isinstance(node.value, int)  # noqa: S101  narrows the type
        return found | {"value": str(Decimal(node.value).scaleb(-2).quantize(Decimal("0.01")))}
    return found | {"value": list(node.value) if isinstance(node.value, tuple) else node.value}
