"""The builder's form: a tree of groups and conditions as typed so far, right or wrong.

A node is named by its place, as errors of `transactions.rules.parsing` name it: "expression" is
the outermost group, "expression.0" its first member. Buttons send what to do in `do`, so that
the builder works without script.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from techmart.core.problems import FieldError
from techmart.lib.page_parts import Option
from transactions.rules.fields import FIELDS, SIGNAL_PREFIX, Field, FieldKind
from transactions.rules.nodes import LIST_OPERATORS, WITHOUT_VALUE, GroupKind, Operator
from transactions.rules.parsing import MOST_LEVELS, ROOT, operators_of
from transactions.rules.wording import GROUP_LABELS, OPERATOR_LABELS

SAVE = "save"
_ADD_CONDITION, _ADD_GROUP, _REMOVE = "add-condition", "add-group", "remove"
_FIRST_FIELD = "amount"


@dataclass(slots=True)
class Draft:
    """A node as typed. join: how a group joins its members; "" for a condition."""

    join: str = ""
    members: list["Draft"] = field(default_factory=list)
    field: str = _FIRST_FIELD
    operator: str = Operator.AT_LEAST
    value: str = ""

    def settle(self) -> None:
        """Let a condition whose field was changed compare as that field can."""
        known = FIELDS.get(self.field)
        if not self.join and known and self.operator not in operators_of(known):
            self.operator, self.value = operators_of(known)[0], ""
        for member in self.members:
            member.settle()


def new_draft() -> Draft:
    """Return a group with one empty condition."""
    return Draft(join=GroupKind.ALL, members=[Draft()])


def draft_of(expression: Mapping[str, Any]) -> Draft:
    """Return a stored expression as it would be typed."""
    for kind in GroupKind:
        if kind in expression:
            return Draft(join=kind, members=[draft_of(member) for member in expression[kind]])
    value = expression.get("value", "")
    if isinstance(value, list):
        value = ", ".join(value)
    elif isinstance(value, bool):
        value = "true" if value else "false"
    return Draft(field=expression["field"], operator=expression["operator"], value=str(value))


def read_draft(data: QueryDict) -> Draft:
    """Return the tree that a form sends, after what its button does."""
    members: dict[str, Draft] = {}
    for place in data.getlist("node"):
        draft = Draft(
            join=data.get(f"join:{place}", ""),
            field=data.get(f"field:{place}", _FIRST_FIELD),
            operator=data.get(f"operator:{place}", ""),
            value=data.get(f"value:{place}", ""),
        )
        parent = members.get(place.rpartition(".")[0])
        if parent is not None and parent.join:
            parent.members.append(draft)
        members[place] = draft
    root = members.get(ROOT)
    if root is None or not root.join:
        return new_draft()
    _carry_out(root, members, data.get("do", ""))
    root.settle()
    return root


def _carry_out(root: Draft, members: Mapping[str, Draft], do: str) -> None:
    act, _, place = do.partition(":")
    target = members.get(place)
    if target is None:
        return
    if act == _ADD_CONDITION and target.join:
        target.members.append(Draft())
    elif act == _ADD_GROUP and target.join:
        target.members.append(Draft(join=GroupKind.ANY, members=[Draft()]))
    elif act == _REMOVE and target is not root:
        parent = members[place.rpartition(".")[0]]
        parent.members = [member for member in parent.members if member is not target]


def expression_of(draft: Draft) -> dict[str, Any]:
    """Return what was typed as JSON for `parsing.parse`, which says what is wrong with it."""
    if draft.join:
        return {draft.join: [expression_of(member) for member in draft.members]}
    condition: dict[str, Any] = {"field": draft.field, "operator": draft.operator}
    if draft.operator in WITHOUT_VALUE:
        return condition
    known = FIELDS.get(draft.field)
    value: Any = draft.value
    if draft.operator == Operator.ONE_OF:
        value = [part for part in map(str.strip, draft.value.replace("\n", ",").split(",")) if part]
    elif known and known.kind is FieldKind.FLAG:
        value = {"true": True, "false": False}.get(draft.value)
    return condition | {"value": value}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A node as the template shows it.

    widget: "number", "text", "several", "choice" (of `values`) or "" for no value. errors: what
    is wrong with the node as a whole, its field, operator and value.
    """

    place: str
    ident: str
    is_group: bool
    join: str = ""
    joins: Sequence[Option] = ()
    members: Sequence["NodeRow"] = ()
    can_nest: bool = False
    can_remove: bool = False
    field: str = ""
    fields: Sequence[tuple[str, Sequence[Option]]] = ()
    operator: str = ""
    operators: Sequence[Option] = ()
    widget: str = ""
    value: str = ""
    values: Sequence[Option] = ()
    hint: str = ""
    error: str = ""
    field_error: str = ""
    operator_error: str = ""
    value_error: str = ""


_JOINS = tuple(Option(kind, label) for kind, label in GROUP_LABELS.items())
_FIELD_GROUPS = (
    (
        "The sale",
        tuple(
            Option(code, each.label)
            for code, each in FIELDS.items()
            if not code.startswith(SIGNAL_PREFIX)
        ),
    ),
    (
        "What scoring saw",
        tuple(
            Option(code, each.label)
            for code, each in FIELDS.items()
            if code.startswith(SIGNAL_PREFIX)
        ),
    ),
)


class Rows:
    """Makes the rows of a draft. lists: key, name and kind of every value list."""

    def __init__(
        self, lists: Iterable[tuple[str, str, str]], errors: Iterable[FieldError] = ()
    ) -> None:
        self._lists = list(lists)
        self._errors: dict[str, str] = {}
        for error in errors:
            self._errors.setdefault(error.field, error.message)

    def of(self, draft: Draft, place: str = ROOT) -> NodeRow:
        """Return a node with all below it."""
        ident = place.replace(".", "-")
        if not draft.join:
            return self._condition(draft, place, ident)
        return NodeRow(
            place=place,
            ident=ident,
            is_group=True,
            join=draft.join,
            joins=_JOINS,
            members=[self.of(each, f"{place}.{i}") for i, each in enumerate(draft.members)],
            can_nest=place.count(".") + 1 < MOST_LEVELS,
            can_remove=place != ROOT,
            error=self._errors.get(place, ""),
        )

    def _condition(self, draft: Draft, place: str, ident: str) -> NodeRow:
        known = FIELDS.get(draft.field)
        widget, values = self._widget(known, draft.operator)
        return NodeRow(
            place=place,
            ident=ident,
            is_group=False,
            can_remove=True,
            field=draft.field,
            fields=_FIELD_GROUPS,
            operator=draft.operator,
            operators=[
                Option(each, OPERATOR_LABELS[each])
                for each in (operators_of(known) if known else ())
            ],
            widget=widget,
            value=draft.value,
            values=values,
            hint=_hint(known, draft.operator),
            error=self._errors.get(place, ""),
            field_error=self._errors.get(f"{place}.field", ""),
            operator_error=self._errors.get(f"{place}.operator", ""),
            value_error=self._errors.get(f"{place}.value", ""),
        )

    def _widget(self, known: Field | None, operator: str) -> tuple[str, Sequence[Option]]:
        if known is None or operator in WITHOUT_VALUE:
            return "", ()
        if operator in LIST_OPERATORS:
            fitting = (each for each in self._lists if each[2] == known.list_kind)
            return "choice", _chosen(Option(key, name) for key, name, _ in fitting)
        if operator == Operator.ONE_OF:
            return "several", ()
        if known.kind is FieldKind.FLAG:
            return "choice", _chosen([Option("true", "true"), Option("false", "false")])
        if known.kind is FieldKind.CHOICE:
            return "choice", _chosen(Option(*each) for each in known.choices.items())
        return ("text" if known.kind is FieldKind.TEXT else "number"), ()


def _chosen(options: Iterable[Option]) -> list[Option]:
    return [Option("", "Choose"), *options]


def _hint(known: Field | None, operator: str) -> str:
    if known is None or operator in (*WITHOUT_VALUE, *LIST_OPERATORS):
        return ""
    if operator == Operator.ONE_OF:
        choices = f": {', '.join(known.choices)}" if known.choices else ""
        return f"separated by commas{choices}"
    return known.hint
