"""The list of customers with a purchase pattern: the rows behind segments and cohorts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from analytics.choices import Segment
from analytics.models import CustomerPurchasePattern, RepeatModelFit
from analytics.paths import LIST_PATH, customer_path
from analytics.reports.customers import FRESH_SECONDS
from techmart.lib.columns import COLUMNS, columns_context, parse_columns, write_columns
from techmart.lib.keyset import BadCursor, Keyset
from techmart.lib.page_parts import (
    AsOf,
    Chip,
    Column,
    Option,
    Select,
    keyset_pager,
)
from techmart.lib.periods import address

PAGE_SIZE = 50
_LONGEST = 100
DEFAULT_SORT = "-net"
# Each is served by an index of the table.
SORTS = {
    "-net": Keyset("-net_sales", "pk"),
    "-expected": Keyset("-expected_value_90d", "pk"),
}
_SORT_LABELS = {"-net": "Most net sales", "-expected": "Most expected"}
_COLUMNS = (
    Column("Customer", name="customer"),
    Column("Segment", name="segment"),
    Column("Orders", align="r", name="orders"),
    Column("Net, 365 days", align="r", name="net"),
    Column("Expected, 90 days", align="r", name="expected"),
    Column("Loyalty", align="r", hide="opt-m", name="loyalty"),
    Column("Newest order", align="r", hide="opt-m", name="newest"),
)
# What can be left out of the table, in its order; the first names the row and stays.
COLUMN_NAMES = tuple(column.name for column in _COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerListFilters:
    """What the list is narrowed to.

    cohort: first day of a month. columns: of COLUMN_NAMES, () for all of them. cursor: where the
    page begins.
    """

    segment: str = ""
    cohort: date | None = None
    sort: str = DEFAULT_SORT
    columns: tuple[str, ...] = ()
    cursor: str = ""
    ignored: tuple[tuple[str, str], ...] = ()

    def url(self, *, cursor: str = "") -> str:
        """Return the address of this view, or of its page at a cursor."""
        given = {
            "segment": self.segment,
            "cohort": f"{self.cohort:%Y-%m}" if self.cohort else "",
            "sort": "" if self.sort == DEFAULT_SORT else self.sort,
            COLUMNS: write_columns(self.columns),
            "after": cursor,
        }
        return address(LIST_PATH, {name: value for name, value in given.items() if value})


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer of the list."""

    code: str
    name: str
    url: str
    segment: str
    orders: int
    net: Decimal
    last_order_at: datetime
    loyalty: float
    tier: str
    expected: Decimal | None


def parse_list(query: Mapping[str, str]) -> CustomerListFilters:
    """Read an address; what cannot be used falls back and is remembered."""
    ignored: list[tuple[str, str]] = []

    def one_of(name: str, values: Mapping[str, Any] | list[str], default: str) -> str:
        value = query.get(name, "")
        if value and value not in values:
            ignored.append((name, value[:_LONGEST]))
            return default
        return value or default

    cohort = None
    if text := query.get("cohort", ""):
        try:
            cohort = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  a month has no zone
        except ValueError:
            ignored.append(("cohort", text[:_LONGEST]))
    columns, unknown = parse_columns(query.get(COLUMNS, ""), COLUMN_NAMES)
    if unknown:
        ignored.append((COLUMNS, unknown[:_LONGEST]))
    return CustomerListFilters(
        segment=one_of("segment", Segment.values, ""),
        cohort=cohort,
        sort=one_of("sort", SORTS, DEFAULT_SORT),
        columns=columns,
        cursor=query.get("after", ""),
        ignored=tuple(ignored),
    )


def customer_list_context(filters: CustomerListFilters) -> dict[str, Any]:
    """Return what the list's page asks for."""
    rows = patterns_of(filters)
    keyset = SORTS[filters.sort]
    try:
        page = keyset.page(rows, size=PAGE_SIZE, cursor=filters.cursor)
    except BadCursor:
        page = keyset.page(rows, size=PAGE_SIZE)
    total = rows.order_by().count()
    fit = RepeatModelFit.objects.first()
    page_url = filters.url(cursor=filters.cursor)
    return {
        "page_url": page_url,
        "freshness": AsOf(fit.as_of if fit else None, FRESH_SECONDS),
        "selects": _selects(filters),
        "chips": _chips(filters),
        **columns_context(_COLUMNS, filters.columns, page_url=page_url),
        "hidden": _hidden(filters),
        "rows": [_row(pattern) for pattern in page.rows],
        "pager": keyset_pager(
            page,
            lambda cursor: filters.url(cursor=cursor),
            total=total,
            labels=("Before", "After"),
        ),
    }


def patterns_of(filters: CustomerListFilters) -> QuerySet[CustomerPurchasePattern]:
    """Return the patterns that the filters leave, each with its customer."""
    rows = CustomerPurchasePattern.objects.select_related("customer")
    if filters.segment:
        rows = rows.filter(segment=filters.segment)
    if filters.cohort:
        rows = rows.filter(cohort_month=filters.cohort)
    if filters.sort == "-expected":
        rows = rows.filter(expected_value_90d__isnull=False)
    return rows


def filter_words(filters: CustomerListFilters) -> list[str]:
    """Say what narrows the list."""
    words = [Segment(filters.segment).label] if filters.segment else []
    if filters.cohort:
        words.append(f"First order in {filters.cohort:%B %Y}")
    if filters.sort == "-expected":
        words.append("Those with an expectation")
    return words


def _row(pattern: CustomerPurchasePattern) -> CustomerRow:
    return CustomerRow(
        code=pattern.customer.code,
        name=str(pattern.customer),
        url=customer_path(pattern.customer.code),
        segment=pattern.get_segment_display(),
        orders=pattern.orders,
        net=pattern.net_sales,
        last_order_at=pattern.last_order_at,
        loyalty=pattern.loyalty,
        tier=pattern.get_tier_display(),
        expected=pattern.expected_value_90d,
    )


def _hidden(filters: CustomerListFilters) -> list[tuple[str, str]]:
    """Return what the form has no field for and carries along."""
    cohort = f"{filters.cohort:%Y-%m}" if filters.cohort else ""
    given = [("cohort", cohort), (COLUMNS, write_columns(filters.columns))]
    return [(name, value) for name, value in given if value]


def _selects(filters: CustomerListFilters) -> list[Select]:
    segments = [Option(segment.value, segment.label) for segment in Segment]
    sorts = [
        Option("" if name == DEFAULT_SORT else name, label) for name, label in _SORT_LABELS.items()
    ]
    chosen = "" if filters.sort == DEFAULT_SORT else filters.sort
    return [
        Select("segment", "Segment", [Option("", "All segments"), *segments], filters.segment),
        Select("sort", "Order", sorts, chosen),
    ]


def _chips(filters: CustomerListFilters) -> list[Chip]:
    chips = [
        Chip(f"ignored: {name}={value}", filters.url(), ignored=True)
        for name, value in filters.ignored
    ]
    if filters.cohort:
        without = replace(filters, cohort=None).url()
        chips.append(Chip(f"First order in {filters.cohort:%B %Y}", without))
    return chips
