"""JSON into expressions, and what is said of JSON that is none."""

from typing import Any

import pytest

from transactions.rules.nodes import (
    Condition,
    Group,
    GroupKind,
    Operator,
    fields_of,
    lists_of,
    to_json,
)
from transactions.rules.parsing import (
    MOST_LEVELS,
    MOST_NODES,
    ExpressionRefused,
    parse,
)
from transactions.rules.wording import sentence

LISTS = {"watch": "country", "cards": "device"}
AMOUNT = {"field": "amount", "operator": "at_least", "value": "500.00"}
WATCHED = {"field": "ship_country", "operator": "in_list", "value": "watch"}


def _errors(data: Any) -> list[tuple[str, str]]:
    with pytest.raises(ExpressionRefused) as refused:
        parse(data, lists=LISTS)
    assert refused.value.status == 422
    return [(error.field, error.code) for error in refused.value.errors]


def test_groups_and_conditions_are_read_and_written_alike() -> None:
    data = {"all": [AMOUNT, {"none": [WATCHED, {"field": "hour", "operator": "is", "value": 3}]}]}

    node = parse(data, lists=LISTS)

    assert node == Group(
        GroupKind.ALL,
        (
            Condition("amount", Operator.AT_LEAST, 50_000),
            Group(
                GroupKind.NONE,
                (
                    Condition("ship_country", Operator.IN_LIST, "watch"),
                    Condition("hour", Operator.IS, 3),
                ),
            ),
        ),
    )
    assert to_json(node) == data
    assert fields_of(node) == {"amount", "ship_country", "hour"}
    assert lists_of(node) == {"watch"}


def test_a_condition_by_itself_becomes_a_group() -> None:
    assert to_json(parse(AMOUNT, lists={})) == {"all": [AMOUNT]}


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ({"field": "amount", "operator": "is", "value": 12.5}, "12.50"),
        ({"field": "ship_country", "operator": "is", "value": " gb "}, "GB"),
        ({"field": "email_domain", "operator": "is", "value": "Mail.Example"}, "mail.example"),
        ({"field": "store", "operator": "one_of", "value": ["A", "B ", "A"]}, ["A", "B"]),
        ({"field": "quantity", "operator": "more_than", "value": "3"}, 3),
        ({"field": "countries_differ", "operator": "is", "value": True}, True),
    ],
)
def test_values_are_brought_to_one_form(raw: dict[str, Any], canonical: object) -> None:
    assert to_json(parse(raw, lists={}))["all"][0]["value"] == canonical


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (None, ("expression", "invalid")),
        ([AMOUNT], ("expression", "invalid")),
        ({}, ("expression.field", "unknown")),
        ({"all": []}, ("expression", "empty")),
        ({"all": [AMOUNT], "any": [AMOUNT]}, ("expression", "invalid")),
        ({"all": [{"any": []}]}, ("expression.0", "empty")),
        ({**AMOUNT, "code": "import os"}, ("expression", "invalid")),
        ({"field": "__class__", "operator": "is"}, ("expression.field", "unknown")),
        ({"field": "amount", "operator": "begins_with"}, ("expression.operator", "unknown")),
        # Every sale has an amount.
        ({"field": "amount", "operator": "unknown"}, ("expression.operator", "unknown")),
        ({**AMOUNT, "value": ""}, ("expression.value", "required")),
        ({**AMOUNT, "value": "much"}, ("expression.value", "invalid")),
        ({**AMOUNT, "value": "NaN"}, ("expression.value", "invalid")),
        ({**AMOUNT, "value": 1e400}, ("expression.value", "invalid")),
        ({**AMOUNT, "value": True}, ("expression.value", "invalid")),
        ({**AMOUNT, "value": "-1"}, ("expression.value", "too_low")),
        ({**AMOUNT, "value": "1.005"}, ("expression.value", "invalid")),
        (
            {"field": "score", "operator": "at_least", "value": 101},
            ("expression.value", "too_high"),
        ),
        ({"field": "hour", "operator": "is", "value": 2.5}, ("expression.value", "invalid")),
        ({"field": "channel", "operator": "is", "value": "fax"}, ("expression.value", "unknown")),
        ({"field": "store", "operator": "one_of", "value": []}, ("expression.value", "required")),
        (
            {"field": "store", "operator": "is", "value": "x" * 201},
            ("expression.value", "too_long"),
        ),
        ({**WATCHED, "value": "nowhere"}, ("expression.value", "unknown")),
        # A list of devices says nothing of countries.
        ({**WATCHED, "value": "cards"}, ("expression.value", "unknown")),
        (
            {"field": "countries_differ", "operator": "is", "value": "yes"},
            ("expression.value", "invalid"),
        ),
    ],
)
def test_what_cannot_be_used_is_named_by_its_place(data: Any, error: tuple[str, str]) -> None:
    assert _errors(data) == [error]


def test_every_error_is_named_at_once() -> None:
    bad = {**AMOUNT, "value": ""}

    assert _errors({"any": [AMOUNT, bad, {"all": [AMOUNT, bad]}]}) == [
        ("expression.1.value", "required"),
        ("expression.2.1.value", "required"),
    ]


def test_an_expression_stays_readable() -> None:
    deep: dict[str, Any] = AMOUNT
    for _ in range(MOST_LEVELS + 1):
        deep = {"all": [deep]}

    assert _errors(deep)[0][1] == "too_deep"
    assert [code for _, code in _errors({"all": [AMOUNT] * (MOST_NODES + 5)})] == ["too_large"]


def test_a_rule_is_said_as_a_sentence() -> None:
    night = {"field": "hour", "operator": "less_than", "value": 6}
    web = {"field": "channel", "operator": "one_of", "value": ["web", "phone"]}
    node = parse({"all": [AMOUNT, WATCHED, {"any": [night, web]}]}, lists=LISTS)

    assert sentence(node, lists={"watch": "Watch list"}, currency="USD") == (
        "amount ≥ $500.00 and ship country in 'Watch list' and "
        "(hour < 6 or channel is web or phone)"
    )


def test_a_negated_group_is_said_as_one() -> None:
    known = {"field": "device", "operator": "unknown"}
    differ = {"field": "countries_differ", "operator": "is", "value": False}
    node = parse({"none": [known, {"all": [differ, WATCHED]}]}, lists=LISTS)

    assert sentence(node, lists={"watch": "Watch list"}, currency="USD") == (
        "not (device is unknown or "
        "(not (ship and IP country differ) and ship country in 'Watch list'))"
    )
