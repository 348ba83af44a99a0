"""Addresses of the list: read, written, and what is of no use in them."""

import pytest

from alerts.list_filters import AlertFilters, Tab, Who, parse_filters


def test_the_default_leaves_the_address_empty() -> None:
    assert parse_filters({}) == AlertFilters()
    assert AlertFilters().url("/alerts/") == "/alerts/"
    assert parse_filters({"state": "open"}).url("/alerts/") == "/alerts/"


def test_equal_filters_have_equal_addresses() -> None:
    filters = parse_filters(
        {"who": "me", "type": "stock.low", "sev": " high ", "state": "snoozed", "after": "abc"}
    )

    assert filters == AlertFilters(Tab.SNOOZED, "high", "stock.low", Who.ME)
    assert filters.url("/alerts/") == "/alerts/?state=snoozed&sev=high&type=stock.low&who=me"
    assert filters.url("/a/", cursor="x y").endswith("&after=x+y")
    assert filters.narrows


@pytest.mark.parametrize(
    "parameters", [{"sev": "urgent"}, {"state": "closed"}, {"type": "x"}, {"colour": "red"}]
)
def test_what_is_of_no_use_is_remembered(parameters: dict[str, str]) -> None:
    filters = parse_filters(parameters)

    assert filters.ignored == tuple(parameters.items())
    assert not filters.narrows
    assert filters.url("/alerts/") == "/alerts/"


def test_a_long_or_long_list_of_nonsense_is_cut() -> None:
    filters = parse_filters({f"p{n}": "v" * 500 for n in range(20)})

    assert len(filters.ignored) == 5
    assert filters.ignored[0] == ("p0", "v" * 120)


@pytest.mark.parametrize("name", ["sev", "type", "who"])
def test_one_filter_is_taken_off(name: str) -> None:
    filters = AlertFilters(Tab.MINE, "high", "stock.low", Who.NOBODY)

    left = filters.without(name)

    assert name not in left.parameters()
    assert len(left.parameters()) == 3
    assert left.tab is Tab.MINE
