"""Whether an expression is true of a sale: of one, or of every row of a frame, to the same end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import Any, Self, TypeAlias

import polars as pl

from transactions.rules.nodes import Condition, Group, GroupKind, Node, Operator

# A sale by field code, and "timestamp_us"; None is unknown.
Facts: TypeAlias = Mapping[str, Any]
TIMESTAMP = "timestamp_us"
# Half-open, in microseconds since 1970.
Spell: TypeAlias = tuple[int, int]
ALWAYS: Spell = (-(2**63), 2**63 - 1)

_COMPARISONS: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.AT_LEAST: ge,
    Operator.MORE_THAN: gt,
    Operator.AT_MOST: le,
    Operator.LESS_THAN: lt,
    Operator.IS: eq,
    Operator.IS_NOT: ne,
}


@dataclass(frozen=True, slots=True)
class ListBook:
    """What stands in the value lists, and when: by list's key, then value, the spells of each."""

    spells: Mapping[str, Mapping[str, tuple[Spell, ...]]] = field(default_factory=dict)

    def holds(self, key: str, value: str, at_us: int) -> bool:
        """Return whether the value stood in the list at a moment."""
        spells = self.spells.get(key, {}).get(value, ())
        return any(begin <= at_us < end for begin, end in spells)

    def as_if_always(self, at_us: int) -> Self:
        """Return the lists as they are at a moment, as if they had ever been so."""
        return type(self)(
            {
                key: {value: (ALWAYS,) for value in values if self.holds(key, value, at_us)}
                for key, values in self.spells.items()
            }
        )


def matches(node: Node, facts: Facts, lists: ListBook) -> bool:
    """Return whether an expression is true of one sale."""
    if isinstance(node, Condition):
        return _meets(node, facts, lists)
    met = (matches(member, facts, lists) for member in node.members)
    if node.kind is GroupKind.ALL:
        return all(met)
    return any(met) if node.kind is GroupKind.ANY else not any(met)


def mask(node: Node, lists: ListBook) -> pl.Expr:
    """Return an expression's truth for a frame with a column a field code, unknown as null."""
    if isinstance(node, Condition):
        return _met(node, lists).fill_null(False)
    return _joined(node, [mask(member, lists) for member in node.members])


def _joined(group: Group, masks: list[pl.Expr]) -> pl.Expr:
    if group.kind is GroupKind.ALL:
        return reduce(and_, masks)
    met = reduce(or_, masks)
    return met if group.kind is GroupKind.ANY else ~met


def _meets(condition: Condition, facts: Facts, lists: ListBook) -> bool:
    known: Any = facts[condition.field]
    operator, value = condition.operator, condition.value
    if operator is Operator.UNKNOWN:
        return known is None
    if known is None:
        return False
    if operator is Operator.KNOWN:
        return True
    if operator in _COMPARISONS:
        return bool(_COMPARISONS[operator](known, value))
    if operator is Operator.ONE_OF:
        return known in _texts(value)
    if operator is Operator.BEGINS_WITH:
        return bool(known.startswith(value))
    held = lists.holds(str(value), known, facts[TIMESTAMP])
    return held is (operator is Operator.IN_LIST)


def _met(condition: Condition, lists: ListBook) -> pl.Expr:
    column = pl.col(condition.field)
    operator, value = condition.operator, condition.value
    if operator is Operator.UNKNOWN:
        return column.is_null()
    if operator is Operator.KNOWN:
        return column.is_not_null()
    if operator in _COMPARISONS:
        met: pl.Expr = _COMPARISONS[operator](column, pl.lit(value))
        return met
    if operator is Operator.ONE_OF:
        return column.is_in(list(_texts(value)))
    if operator is Operator.BEGINS_WITH:
        return column.str.starts_with(str(value))
    held = _held(column, lists.spells.get(str(value), {}))
    return held if operator is Operator.IN_LIST else ~held & column.is_not_null()


def _held(column: pl.Expr, entries: Mapping[str, tuple[Spell, ...]]) -> pl.Expr:
    """Whether each row's value stood in the list at the row's moment, spell after spell."""
    # False for each row; a bare literal would be one row for any number of them.
    met = column.is_null() & False
    at = pl.col(TIMESTAMP)
    for turn in range(max(map(len, entries.values()), default=0)):
        spells = {value: told[turn] for value, told in entries.items() if len(told) > turn}
        begin, end = (
            column.replace_strict(
                list(spells), [spell[side] for spell in spells.values()],
                default=None, return_dtype=pl.Int64,
            )
            for side in (0, 1)
        )  # fmt: skip
        met |= ((begin <= at) & (at < end)).fill_null(False)
    return met


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value)
