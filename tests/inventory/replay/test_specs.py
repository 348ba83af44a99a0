"""Policies as people describe them."""

from typing import Any

import pytest

from inventory.choices import PolicyKind
from inventory.replay.specs import InvalidPolicies, parse_policies

MIN_MAX = {"kind": "min_max", "minimum_days": 7, "maximum_days": 21}


def test_what_the_shop_did_always_comes_first() -> None:
    parsed = parse_policies([MIN_MAX, {"kind": "actual"}])

    assert [one.kind for one in parsed] == [PolicyKind.ACTUAL, PolicyKind.MIN_MAX]


def test_json_and_back_is_the_same() -> None:
    parsed = parse_policies(
        [
            {"kind": "own", "name": "Cheap", "service_by_class": {"AX": 0.9}, "review_days": 7},
            {"kind": "own", "service_mode": "cost"},
            {"kind": "textbook", "service": 0.95},
            MIN_MAX,
        ]
    )

    assert parse_policies([one.as_json() for one in parsed]) == parsed


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], "policies"),
        ("today", "policies"),
        ([MIN_MAX] * 7, "policies"),
        (["today"], "policies"),
        ([{"kind": "actual"}], "kind"),
        ([{"kind": "magic"}], "kind"),
        ([{"kind": "today", "service": 0.9}], "service"),
        ([{"kind": "textbook"}], "service"),
        ([{"kind": "textbook", "service": 1}], "service"),
        ([{"kind": "textbook", "service": "0.9"}], "service"),
        ([{"kind": "textbook", "service": True}], "service"),
        ([MIN_MAX | {"maximum_days": 6}], "maximum_days"),
        ([MIN_MAX | {"review_days": 1.5}], "review_days"),
        ([{"kind": "own", "service_by_class": {"DX": 0.9}}], "service_by_class"),
        ([{"kind": "own", "service_by_class": {"AX": 0.5}}], "service_by_class"),
        ([{"kind": "own", "service_by_class": [0.9]}], "service_by_class"),
        ([{"kind": "own", "order_cost": -1}], "order_cost"),
        ([{"kind": "own", "service_mode": "magic"}], "service_mode"),
        ([{"kind": "own", "service_mode": ["cost"]}], "service_mode"),
        ([{"kind": "today", "service_mode": "cost"}], "service_mode"),
        ([{"kind": "today", "name": "x" * 61}], "name"),
        ([{"kind": "today"}, {"kind": "today"}], "name"),
        ([{"kind": "today", "name": "What the shop did"}], "name"),
    ],
)
def test_what_makes_no_policy_is_refused_by_field(given: Any, field: str) -> None:
    with pytest.raises(InvalidPolicies) as refused:
        parse_policies(given)

    assert [error.field for error in refused.value.errors] == [field]
