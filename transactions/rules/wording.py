"""An expression as a sentence that a person can check."""

from collections.abc import Mapping
from decimal import Decimal

from techmart.lib import formats
from transactions.rules.fields import FIELDS, Field, FieldKind
from transactions.rules.nodes import (
    LIST_OPERATORS,
    ORDERINGS,
    Condition,
    Group,
    GroupKind,
    Node,
    Operator,
)

OPERATOR_LABELS: Mapping[Operator, str] = {
    Operator.AT_LEAST: "is at least",
    Operator.MORE_THAN: "is more than",
    Operator.AT_MOST: "is at most",
    Operator.LESS_THAN: "is less than",
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.ONE_OF: "is one of",
    Operator.BEGINS_WITH: "begins with",
    Operator.IN_LIST: "is in list",
    Operator.NOT_IN_LIST: "is not in list",
    Operator.KNOWN: "is known",
    Operator.UNKNOWN: "is unknown",
}
GROUP_LABELS: Mapping[GroupKind, str] = {
    GroupKind.ALL: "All of these",
    GroupKind.ANY: "Any of these",
    GroupKind.NONE: "None of these",
}
_SIGNS = dict(zip(ORDERINGS, ("≥", ">", "≤", "<"), strict=True))


def sentence(node: Node, *, lists: Mapping[str, str], currency: str) -> str:
    """Return an expression in words: "amount ≥ $500.00 and ship country in 'Watch list'".

    lists: name of each value list by its key. currency: ISO 4217 code.
    """
    if isinstance(node, Condition):
        return _condition(node, lists, currency)
    parts = [_part(member, node, lists, currency) for member in node.members]
    if node.kind is GroupKind.NONE:
        return f"not ({' or '.join(parts)})"
    return (" and " if node.kind is GroupKind.ALL else " or ").join(parts)


def _part(member: Node, group: Group, lists: Mapping[str, str], currency: str) -> str:
    text = sentence(member, lists=lists, currency=currency)
    if isinstance(member, Condition) or len(member.members) == 1:
        return text
    # "not (…)" carries brackets of its own.
    return text if member.kind in (GroupKind.NONE, group.kind) else f"({text})"


def _condition(condition: Condition, lists: Mapping[str, str], currency: str) -> str:
    field, operator, value = FIELDS[condition.field], condition.operator, condition.value
    if operator in (Operator.KNOWN, Operator.UNKNOWN):
        return f"{field.label} {OPERATOR_LABELS[operator]}"
    if operator in LIST_OPERATORS:
        word = "in" if operator is Operator.IN_LIST else "not in"
        return f"{field.label} {word} '{lists.get(str(value), value)}'"
    if field.kind is FieldKind.FLAG:
        return field.label if value else f"not ({field.label})"
    if isinstance(value, tuple):
        return f"{field.label} is {' or '.join(_shown(field, each, currency) for each in value)}"
    sign = _SIGNS.get(operator, OPERATOR_LABELS[operator])
    return f"{field.label} {sign} {_shown(field, value, currency)}"


def _shown(field: Field, value: object, currency: str) -> str:
    if field.kind is FieldKind.MONEY and isinstance(value, int):
        return formats.money(Decimal(value).scaleb(-2), currency)
    if field.kind is FieldKind.CHOICE:
        return field.choices.get(str(value), str(value)).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
