"""One sale and a frame of sales are judged alike."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transactions.rules.facts import SaleToJudge, facts_of
from transactions.rules.fields import FIELDS, FieldKind
from transactions.rules.matching import TIMESTAMP, ListBook, mask, matches
from transactions.rules.nodes import (
    LIST_OPERATORS,
    WITHOUT_VALUE,
    Condition,
    Group,
    GroupKind,
    Node,
    Operator,
)
from transactions.rules.parsing import operators_of

NEW_YORK = ZoneInfo("America/New_York")
_WORDS = ("GB", "US", "ab", "abc", "example.com")
_CENTS = (0, 99, 100, 50_000)
_TYPES = {
    FieldKind.MONEY: pl.Int64,
    FieldKind.NUMBER: pl.Float64,
    FieldKind.TEXT: pl.String,
    FieldKind.CHOICE: pl.String,
    FieldKind.FLAG: pl.Boolean,
}
SCHEMA: Any = {TIMESTAMP: pl.Int64} | {
    code: pl.Int64 if field.whole else _TYPES[field.kind] for code, field in FIELDS.items()
}


def _values(code: str) -> st.SearchStrategy[Any]:
    field = FIELDS[code]
    if field.kind is FieldKind.MONEY:
        return st.sampled_from(_CENTS)
    if field.kind is FieldKind.FLAG:
        return st.booleans()
    if field.kind is FieldKind.NUMBER:
        return st.integers(0, 3) if field.whole else st.sampled_from((0.0, 0.1, 0.3, 1.0))
    return st.sampled_from(tuple(field.choices) or _WORDS)


@st.composite
def _conditions(draw: st.DrawFn) -> Condition:
    field = FIELDS[draw(st.sampled_from(sorted(FIELDS)))]
    operator = draw(st.sampled_from(operators_of(field)))
    if operator in WITHOUT_VALUE:
        return Condition(field.code, operator)
    if operator in LIST_OPERATORS:
        return Condition(field.code, operator, draw(st.sampled_from(("one", "two", "gone"))))
    value = draw(_values(field.code))
    if operator is Operator.ONE_OF:
        value = tuple(draw(st.lists(_values(field.code), min_size=1, max_size=3)))
    return Condition(field.code, operator, value)


_NODES: st.SearchStrategy[Node] = st.recursive(
    _conditions(),
    lambda nodes: st.builds(
        Group, st.sampled_from(GroupKind), st.lists(nodes, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=6,
)
_SPELLS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=3).map(
    tuple
)
_BOOKS = st.fixed_dictionaries(
    {key: st.dictionaries(st.sampled_from(_WORDS), _SPELLS) for key in ("one", "two")}
).map(ListBook)
_SALES = st.fixed_dictionaries(
    {TIMESTAMP: st.integers(0, 50)}
    | {
        code: st.none() | _values(code) if field.may_be_unknown else _values(code)
        for code, field in FIELDS.items()
    }
)


@settings(max_examples=150, deadline=None)
@given(node=_NODES, sales=st.lists(_SALES, min_size=1, max_size=6), lists=_BOOKS)
def test_one_sale_and_many_are_judged_alike(
    node: Node, sales: list[dict[str, Any]], lists: ListBook
) -> None:
    frame = pl.DataFrame(sales, schema=SCHEMA)

    judged = frame.select(met=pl.lit(None).is_null() & mask(node, lists))["met"].to_list()

    assert judged == [matches(node, sale, lists) for sale in sales]


def _sale(**changes: Any) -> SaleToJudge:
    fields: dict[str, Any] = {
        "timestamp": datetime(2026, 3, 10, 3, 30, tzinfo=UTC),
        "amount_cents": 7500,
        "discount_cents": 2500,
        "quantity": 2,
        "channel": "web",
        "payment_method": "card",
        "device": " till-1 ",
        "ip_country": "us",
        "ship_country": "GB",
        "store": "",
        "sku": "tea-1",
        "category": "Tea",
        "customer": "C1",
        "customer_since": datetime(2026, 3, 9, 15, 30, tzinfo=UTC),
        "email": "ada@Mail.example",
        "score": 0.25,
        "reasons": [
            {"code": "base", "value": 1.0},
            {"code": "F1", "value": 0.5},
        ],
    }
    return SaleToJudge(**fields | changes)


def test_a_sale_is_seen_by_the_shops_clock_and_in_one_spelling() -> None:
    facts = facts_of(_sale(), zone=NEW_YORK)

    # 03:30 UTC on a Tuesday is 23:30 on Monday: New York is on summer time since 8 March.
    assert (facts["hour"], facts["weekday"]) == (23, "1")
    assert (facts["sku"], facts["device"], facts["email_domain"]) == (
        "TEA-1",
        "till-1",
        "mail.example",
    )
    # 25 of the 100 that it would have cost.
    assert facts["discount_share"] == 0.25
    assert facts["customer_age_days"] == 0.5
    assert facts["score"] == 25
    assert facts["countries_differ"] is True
    assert (facts["signal.F1"], facts["signal.F3"]) == (0.5, 0.0)


def test_what_a_sale_does_not_have_is_unknown() -> None:
    facts = facts_of(
        _sale(
            device="",
            store=" ",
            ip_country="",
            customer="",
            customer_since=None,
            email="",
            amount_cents=0,
            discount_cents=0,
        ),
        zone=NEW_YORK,
    )

    unknown = {code for code, value in facts.items() if value is None}
    assert unknown == {
        "device",
        "card",
        "ship_address",
        "bill_address",
        "addresses_differ",
        "email_stem",
        "store",
        "ip_country",
        "countries_differ",
        "customer",
        "customer_age_days",
        "email_domain",
        "discount_share",
    }
    assert unknown <= {code for code, field in FIELDS.items() if field.may_be_unknown}


def test_an_account_made_after_an_imported_sale_has_no_age() -> None:
    later = datetime(2026, 4, 1, tzinfo=UTC)

    assert facts_of(_sale(customer_since=later), zone=NEW_YORK)["customer_age_days"] is None


@pytest.mark.parametrize(
    ("operator", "value"),
    [(Operator.IS_NOT, "GB"), (Operator.NOT_IN_LIST, "one"), (Operator.ONE_OF, ("GB",))],
)
def test_nothing_is_true_of_an_unknown_value(operator: Operator, value: Any) -> None:
    condition = Condition("ship_country", operator, value)

    assert not matches(condition, {"ship_country": None, TIMESTAMP: 0}, ListBook())


def test_a_list_counts_while_the_value_stands_in_it() -> None:
    lists = ListBook({"watch": {"GB": ((10, 20), (30, 40))}})
    condition = Condition("ship_country", Operator.IN_LIST, "watch")

    def held(at: int, book: ListBook = lists) -> bool:
        return matches(condition, {"ship_country": "GB", TIMESTAMP: at}, book)

    assert [held(at) for at in (9, 10, 19, 20, 35)] == [False, True, True, False, True]
    assert held(0, lists.as_if_always(15))
    assert not held(15, lists.as_if_always(25))


def test_a_list_without_entries_is_judged_for_every_sale() -> None:
    frame = pl.DataFrame({"timestamp_us": [0, 1], "category": ["GB", None]})
    rule = Condition("category", Operator.IN_LIST, "nothing in it")

    assert frame.select(met=mask(rule, ListBook({})))["met"].to_list() == [False, False]
