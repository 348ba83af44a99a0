"""JSON into an expression: what is wrong is named by node, with what would be right."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from techmart.core.problems import FieldError, Refusal
from transactions.rules.fields import FIELDS, Field, FieldKind
from transactions.rules.nodes import (
    LIST_OPERATORS,
    ORDERINGS,
    WITHOUT_VALUE,
    Condition,
    Group,
    GroupKind,
    Node,
    Operator,
    Value,
)

# Deeper or larger ones nobody reads.
MOST_LEVELS = 6
MOST_NODES = 60
MOST_VALUES = 200
LONGEST_TEXT = 200
ROOT = "expression"
_LARGEST_NUMBER = 10**12
_EQUALITIES = (Operator.IS, Operator.IS_NOT)
_GROUP_WORDS = ", ".join(kind.value for kind in GroupKind)


class ExpressionRefused(Refusal):
    """An expression that cannot be read.

    A field of an error is the node's place: "expression" is the whole, "expression.0.2" the
    third member of its first; ".field", ".operator" and ".value" name the part of a condition.
    """

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(
            "The rule's conditions cannot be used as they are.",
            code="expression_refused",
            status=422,
            errors=errors,
        )


def operators_of(field: Field) -> tuple[Operator, ...]:
    """Return how a field can be compared."""
    by_kind: dict[FieldKind, tuple[Operator, ...]] = {
        FieldKind.MONEY: (*ORDERINGS, *_EQUALITIES),
        FieldKind.NUMBER: (*ORDERINGS, *_EQUALITIES),
        FieldKind.TEXT: (*_EQUALITIES, Operator.ONE_OF, Operator.BEGINS_WITH),
        FieldKind.CHOICE: (*_EQUALITIES, Operator.ONE_OF),
        FieldKind.FLAG: (Operator.IS,),
    }
    looked_up = LIST_OPERATORS if field.list_kind else ()
    unknown = WITHOUT_VALUE if field.may_be_unknown else ()
    return (*by_kind[field.kind], *looked_up, *unknown)


def parse(data: Any, *, lists: Mapping[str, str]) -> Group:
    """Return the expression; a condition by itself becomes a group of one.

    lists: kind of each value list by its key. Raises ExpressionRefused with every error.
    """
    reader = _Reader(lists)
    node = reader.node(data, ROOT, level=1)
    if reader.errors or node is None:
        raise ExpressionRefused(reader.errors)
    return node if isinstance(node, Group) else Group(GroupKind.ALL, (node,))


class _Wrong(Exception):
    """One error; its place is the node's, or a part of it."""

    def __init__(self, code: str, message: str, *, part: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.part = part


class _Reader:
    def __init__(self, lists: Mapping[str, str]) -> None:
        self.errors: list[FieldError] = []
        self._lists = lists
        self._nodes = 0

    def node(self, data: Any, place: str, *, level: int) -> Node | None:
        """Return the node; None with the error noted, and the reading goes on."""
        self._nodes += 1
        try:
            return self._node(data, place, level)
        except _Wrong as wrong:
            # Once said, more would say nothing new.
            if wrong.code != "too_large" or self._nodes == MOST_NODES + 1:
                self.errors.append(FieldError(f"{place}{wrong.part}", wrong.code, str(wrong)))
            return None

    def _node(self, data: Any, place: str, level: int) -> Node | None:
        if self._nodes > MOST_NODES:
            raise _Wrong("too_large", f"Use at most {MOST_NODES} conditions.")
        if not isinstance(data, Mapping):
            raise _Wrong("invalid", "Give a group or a condition as an object.")
        kind = next((kind for kind in GroupKind if kind in data), None)
        if kind is None:
            return self._condition(data)
        if len(data) > 1:
            raise _Wrong("invalid", f"A group has one key of {_GROUP_WORDS}.")
        if level > MOST_LEVELS:
            raise _Wrong("too_deep", f"Nest at most {MOST_LEVELS} groups.")
        return self._group(kind, data[kind], place, level)

    def _group(self, kind: GroupKind, members: Any, place: str, level: int) -> Group | None:
        if not isinstance(members, list) or not members:
            raise _Wrong("empty", "Add a condition, or remove the group.")
        read = [
            self.node(member, f"{place}.{i}", level=level + 1) for i, member in enumerate(members)
        ]
        found = tuple(node for node in read if node is not None)
        return Group(kind, found) if len(found) == len(members) else None

    def _condition(self, data: Mapping[str, Any]) -> Condition:
        if extra := sorted(set(data) - {"field", "operator", "value"}):
            raise _Wrong(
                "invalid",
                f"{extra[0]!r} is unknown; a condition has field, operator and value, "
                f"a group one of {_GROUP_WORDS}.",
            )
        field = FIELDS.get(str(data.get("field", "")))
        if field is None:
            known = ", ".join(FIELDS)
            raise _Wrong("unknown", f"Choose a field: {known}.", part=".field")
        allowed = operators_of(field)
        operator = next((each for each in allowed if each == data.get("operator")), None)
        if operator is None:
            words = ", ".join(allowed)
            message = f"Compare {field.label} by one of: {words}."
            raise _Wrong("unknown", message, part=".operator")
        if operator in WITHOUT_VALUE:
            return Condition(field.code, operator)
        return Condition(field.code, operator, self._value(field, operator, data.get("value")))

    def _value(self, field: Field, operator: Operator, raw: Any) -> Value:
        if operator in LIST_OPERATORS:
            return self._list_key(field, raw)
        if operator is Operator.ONE_OF:
            return _several(field, raw)
        if field.kind is FieldKind.FLAG:
            if not isinstance(raw, bool):
                raise _WrongValue("invalid", "Say true or false.")
            return raw
        if field.kind in (FieldKind.MONEY, FieldKind.NUMBER):
            return _number(field, raw)
        return _word(field, raw)

    def _list_key(self, field: Field, raw: Any) -> str:
        fitting = sorted(key for key, kind in self._lists.items() if kind == field.list_kind)
        if raw in fitting:
            return str(raw)
        kind = str(field.list_kind).replace("_", " ")
        if not fitting:
            raise _WrongValue("unknown", f"There is no list of kind {kind}; make one first.")
        raise _WrongValue("unknown", f"Choose a list of kind {kind}: {', '.join(fitting)}.")


class _WrongValue(_Wrong):
    """An error of a condition's value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, part=".value")


def _number(field: Field, raw: Any) -> int | float:
    number = _decimal(raw)
    if field.lower is not None and number < Decimal(str(field.lower)):
        raise _WrongValue("too_low", f"Give {field.lower:g} or more.")
    if field.upper is not None and number > Decimal(str(field.upper)):
        raise _WrongValue("too_high", f"Give {field.upper:g} or less.")
    if field.kind is FieldKind.MONEY:
        return _integer(number.scaleb(2), "Give an amount with at most two decimals.")
    return _integer(number, "Give a whole number.") if field.whole else float(number)


def _decimal(raw: Any) -> Decimal:
    if raw is None or raw == "":
        raise _WrongValue("required", "Give a number.")
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise _WrongValue("invalid", "Give a number.")
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation as error:
        raise _WrongValue("invalid", f"{raw!r} is no number; write one such as 12.5.") from error
    if not number.is_finite() or abs(number) > _LARGEST_NUMBER:
        raise _WrongValue("invalid", "Give a number below a trillion.")
    return number


def _integer(number: Decimal, otherwise: str) -> int:
    if number != number.to_integral_value():
        raise _WrongValue("invalid", otherwise)
    return int(number)


def _word(field: Field, raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise _WrongValue("required", "Give a value.")
    word = field.spelling.of(raw)
    if len(word) > LONGEST_TEXT:
        raise _WrongValue("too_long", f"Use at most {LONGEST_TEXT} characters.")
    if field.kind is FieldKind.CHOICE and word not in field.choices:
        raise _WrongValue("unknown", f"Choose one of: {', '.join(field.choices)}.")
    return word


def _several(field: Field, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw:
        raise _WrongValue("required", "Give at least one value.")
    if len(raw) > MOST_VALUES:
        raise _WrongValue("too_long", f"Give at most {MOST_VALUES} values, or make a list of them.")
    return tuple(dict.fromkeys(_word(field, each) for each in raw))
