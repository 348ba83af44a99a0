"""The address of the product list."""

from urllib.parse import parse_qsl

import pytest

from inventory.choices import ProductTab
from inventory.list_filters import ProductFilters, parse_filters


def read(query: str) -> ProductFilters:
    return parse_filters(dict(parse_qsl(query, keep_blank_values=True)))


def test_no_parameters_are_the_whole_range_by_how_long_it_lasts() -> None:
    filters = read("status=all&sort=lasts&q=")

    assert filters == ProductFilters()
    assert not filters.narrows
    assert (filters.order, filters.url("/inventory/")) == ("lasts", "/inventory/")


@pytest.mark.parametrize(
    "query", ["status=low&cat=Tea&sup=S1&abc=A&q=a%26b&sort=-available", "status=out&sort=name"]
)
def test_a_canonical_address_reads_back_as_itself(query: str) -> None:
    assert read(query).url("/") == f"/?{query}"
    assert read(query).ignored == ()


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ("status=gone", ("status", "gone")),
        ("abc=D", ("abc", "D")),
        ("sort=price", ("sort", "price")),
        # stock of the whole range has no index to be read by
        ("sort=available", ("sort", "available")),
        ("store=3", ("store", "3")),
        ("q=a%00b", ("q", "a\x00b")),
    ],
)
def test_a_value_of_no_use_falls_back_and_is_remembered(
    query: str, ignored: tuple[str, str]
) -> None:
    filters = read(f"cat=Tea&{query}")

    assert filters.ignored == (ignored,)
    assert filters.url("/") == "/?cat=Tea"


def test_the_tab_decides_the_sort_wherever_it_stands() -> None:
    assert read("sort=-lasts&status=low").order == "-lasts"
    assert read("status=low").order == "lasts"
    assert read("status=low&sort=lasts").url("/") == "/?status=low"
    assert read("status=low&sort=name").on_tab(ProductTab.OUT).url("/") == "/?status=out"


def test_a_filter_is_taken_back_alone() -> None:
    assert read("status=low&cat=Tea&abc=A").without("cat").url("/") == "/?status=low&abc=A"
