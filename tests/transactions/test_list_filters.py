"""The list's address: read, written, and what becomes of values of no use."""

from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from techmart.lib.periods import Period
from transactions.list_filters import Basis, ListFilters, parse_filters
from transactions.querysets import SalesFilter

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def read(query: str) -> ListFilters:
    return parse_filters(dict(parse_qsl(query, keep_blank_values=True)), zone=NEW_YORK)


def predicate(query: str) -> SalesFilter:
    return read(query).sales(now=NOW, zone=NEW_YORK)


def test_no_parameters_are_the_whole_list() -> None:
    filters = read("")

    assert filters == ListFilters()
    assert not filters.narrows
    assert filters.url("/transactions/") == "/transactions/"
    assert filters.sales(now=NOW, zone=NEW_YORK).empty


def test_equal_views_have_one_address_whatever_the_order_and_the_defaults() -> None:
    one = read("sort=-timestamp&score_min=0&q=&amount_min=100.00&status=completed&period=28d")
    other = read("period=28d&status=completed&amount_min=1e2")

    assert one == other
    assert one.query_string() == "period=28d&status=completed&amount_min=100"


@pytest.mark.parametrize(
    "query",
    [
        "period=today",
        "from=2026-03-01&to=2026-03-09",
        "from=2026-03-01T05%3A00%3A00Z&to=2026-03-01T05%3A00%3A00.000001Z&basis=booked",
        "basis=completed&channel=web&store=31&cat=Dairy+%26+eggs&amount_min=12.5&score_min=50",
        "pay=card&suspicious=1&sku=A%2FB&customer=C1&order=O-1&q=a%26b&sort=-score",
    ],
)
def test_a_canonical_address_reads_back_as_itself(query: str) -> None:
    assert read(query).query_string() == query
    assert read(query).ignored == ()


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ("period=5d", ("period", "5d")),
        ("status=gone", ("status", "gone")),
        ("score=abc", ("score", "abc")),
        ("score_min=101", ("score_min", "101")),
        ("score_min=high", ("score_min", "high")),
        ("amount_min=-1", ("amount_min", "-1")),
        ("amount_min=NaN", ("amount_min", "NaN")),
        ("amount_min=Infinity", ("amount_min", "Infinity")),
        ("from=2026-13-01", ("from", "2026-13-01")),
        ("suspicious=yes", ("suspicious", "yes")),
        ("basis=paid", ("basis", "paid")),
        ("sort=name", ("sort", "name")),
        ("q=a%00b", ("q", "a\x00b")),
    ],
)
def test_a_value_of_no_use_falls_back_and_is_remembered(
    query: str, ignored: tuple[str, str]
) -> None:
    filters = read(f"pay=card&{query}")

    assert filters.ignored == (ignored,)
    assert filters.query_string() == "pay=card"


def test_only_a_few_ignored_values_are_kept_and_none_whole_if_long() -> None:
    filters = read("&".join(f"x{i}={'y' * 500}" for i in range(9)))

    assert len(filters.ignored) == 5
    assert {len(value) for _, value in filters.ignored} == {120}


def test_an_end_before_the_start_is_ignored() -> None:
    filters = read("from=2026-03-09&to=2026-03-08")

    assert filters.ignored == (("to", "2026-03-08"),)
    assert (filters.start, filters.end) == (date(2026, 3, 9), None)


def test_dates_take_the_place_of_a_period() -> None:
    filters = read("period=28d&from=2026-03-09")

    assert filters.period is None
    assert filters.within(Period.TODAY).query_string() == "period=today"


def test_booked_money_is_sorted_by_time_alone() -> None:
    assert read("basis=booked&sort=-amount").ignored == (("sort", "-amount"),)
    assert read("basis=booked&sort=timestamp").sort == "timestamp"


def test_a_window_bounds_the_time_its_basis_names() -> None:
    # 9 March in New York: 04:00 UTC to 04:00 UTC, summer time
    start, end = datetime(2026, 3, 9, 4, tzinfo=UTC), datetime(2026, 3, 10, 4, tzinfo=UTC)

    placed = predicate("from=2026-03-09&to=2026-03-09")
    completed = predicate("from=2026-03-09&to=2026-03-09&basis=completed")
    booked = predicate("from=2026-03-09&to=2026-03-09&basis=booked")

    assert (placed.since, placed.until, placed.completed_since) == (start, end, None)
    assert (completed.since, completed.completed_since, completed.completed_until) == (
        None,
        start,
        end,
    )
    assert booked == completed


def test_every_filter_reaches_the_predicate() -> None:
    filters = read(
        "status=in_review&channel=web&store=31&cat=Tea&amount_min=10&score_min=50&pay=card"
        "&suspicious=1&order=O-1&q=tea"
    )

    assert filters.sales(now=NOW, zone=NEW_YORK, product_id=7, customer_id=8) == SalesFilter(
        statuses=("in_review",),
        channel="web",
        store="31",
        category="Tea",
        amount_min=Decimal("10.00"),
        score_min=0.5,
        payment_method="card",
        suspicious=True,
        order_ref="O-1",
        q="tea",
        product_id=7,
        customer_id=8,
    )


def test_a_filter_is_taken_back_alone() -> None:
    filters = read("from=2026-03-01&to=2026-03-09&pay=card&basis=booked")

    assert filters.without("from", "to").query_string() == "basis=booked&pay=card"
    assert filters.without("basis").basis is Basis.PLACED


def test_a_code_that_names_nothing_is_ignored_too() -> None:
    filters = read("sku=gone&pay=card").ignoring("sku")

    assert (filters.sku, filters.ignored) == ("", (("sku", "gone"),))


def test_the_cursor_is_no_filter() -> None:
    filters = read("after=abc&pay=card")

    assert filters.ignored == ()
    assert filters.url("/transactions/", cursor="xyz") == "/transactions/?pay=card&after=xyz"
