"""The address of the dashboard and the analytics pages: what it asks for, and how it is written.

Pure: no clock, no database. Equal filters give equal addresses.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from urllib.parse import urlencode

from techmart.lib.page_parts import Window
from techmart.lib.periods import (
    Comparison,
    Period,
    Windows,
    address,
    in_order,
    parse_day,
    windows_of_days,
)

DEFAULT_PERIOD = Period.MONTH
# The list of sales, whose address has the same parameters and more, in this order.
SALES_PATH = "/transactions/"
_SALES_ORDER = ("period", "from", "to", "basis", "status", "store", "cat", "suspicious", "sku")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sales count: of one store, of one category, or of all where empty."""

    store: str = ""
    category: str = ""

    @property
    def whole_shop(self) -> bool:
        """Return whether every sale counts."""
        return not self.store and not self.category


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilters:
    """What a page shows. start and end are shop days, both included; with both set they stand in
    the place of `period`. ignored: parameters whose values were of no use.
    """

    period: Period = DEFAULT_PERIOD
    start: date | None = None
    end: date | None = None
    comparison: Comparison = Comparison.PREVIOUS
    scope: Scope = field(default_factory=Scope)
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def custom(self) -> bool:
        """Return whether the window was given by its days."""
        return self.start is not None and self.end is not None

    def parameters(self) -> dict[str, str]:
        """Return what stands in the address, in its fixed order; defaults are left out."""
        written: dict[str, str] = {}
        if self.start is not None and self.end is not None:
            written |= {"from": self.start.isoformat(), "to": self.end.isoformat()}
        elif self.period is not DEFAULT_PERIOD:
            written["period"] = self.period.value
        if self.comparison is not Comparison.PREVIOUS:
            written["cmp"] = self.comparison.value
        if self.scope.store:
            written["store"] = self.scope.store
        if self.scope.category:
            written["cat"] = self.scope.category
        return written

    def url(self, path: str) -> str:
        """Return the one address of this view of the page at `path`."""
        return address(path, self.parameters())

    def within(self, period: Period) -> "ReportFilters":
        """Return the filters over another period."""
        return replace(self, period=period, start=None, end=None)

    def narrowed(self, *, store: str | None = None, category: str | None = None) -> "ReportFilters":
        """Return the filters for another store, another category, or all of them ("")."""
        return replace(
            self,
            scope=Scope(
                store=self.scope.store if store is None else store,
                category=self.scope.category if category is None else category,
            ),
        )

    def days(self, *, now: datetime, zone: tzinfo) -> tuple[date, date]:
        """Return the first and the last shop day of the window, both included."""
        if self.start is not None and self.end is not None:
            return self.start, self.end
        last = now.astimezone(zone).date()
        return last - timedelta(days=self.period.days - 1), last

    def windows(self, *, now: datetime, zone: tzinfo) -> Windows:
        """Return the window that the filters mean and the one it is compared with."""
        first, last = self.days(now=now, zone=zone)
        return windows_of_days(first, last, comparison=self.comparison, now=now, zone=zone)

    def sales_url(self, **further: str) -> str:
        """Return the address of the sales behind a figure of the window.

        further: parameters of the list, such as basis; "" takes one out.
        """
        parts = {name: value for name, value in self.parameters().items() if name != "cmp"}
        if not self.custom:
            parts = {"period": self.period.value} | parts
        merged = parts | further
        query = urlencode({name: merged[name] for name in _SALES_ORDER if merged.get(name)})
        return f"{SALES_PATH}?{query}"


def printed(spans: Windows) -> Window:
    """Return the window as pages print it."""
    return Window(spans.first_day, spans.last_day + timedelta(days=1))


def printed_previous(spans: Windows) -> Window | None:
    """Return the earlier window as pages print it; None where nothing is compared."""
    if spans.previous is None:
        return None
    return Window(spans.first_day - spans.shift, spans.last_day + timedelta(days=1) - spans.shift)


def parse_filters(
    query: Mapping[str, str],
    *,
    stores: Callable[[], Container[str]],
    categories: Callable[[], Container[str]],
    zone: tzinfo,
) -> ReportFilters:
    """Read an address; what cannot be used falls back and is remembered in `ignored`.

    stores, categories: those there are, asked for only when the address names one.
    """
    ignored: list[tuple[str, str]] = []

    def known(name: str, values: Callable[[], Container[str]]) -> str:
        value = query.get(name, "")
        if value and value not in values():
            ignored.append((name, value[:_LONGEST]))
            return ""
        return value

    period = known("period", lambda: {item.value for item in Period})
    start, end = _days(query, zone, ignored)
    comparison = known("cmp", lambda: {item.value for item in Comparison})
    return ReportFilters(
        period=Period(period) if period else DEFAULT_PERIOD,
        start=start,
        end=end,
        comparison=Comparison(comparison) if comparison else Comparison.PREVIOUS,
        scope=Scope(store=known("store", stores), category=known("cat", categories)),
        ignored=tuple(ignored),
    )


def _days(
    query: Mapping[str, str], zone: tzinfo, ignored: list[tuple[str, str]]
) -> tuple[date | None, date | None]:
    """Read `from` and `to`: both days, in order, or neither."""
    texts = {name: query[name] for name in ("from", "to") if query.get(name)}
    try:
        start, end = (parse_day(texts.get(name, ""), zone=zone) for name in ("from", "to"))
    except ValueError:
        start, end = None, None
    if start is None or end is None or not in_order(start, end, zone=zone):
        ignored += [(name, text[:_LONGEST]) for name, text in texts.items()]
        return None, None
    return start, end
