"""The dashboard's address: period, store and category, and the windows they stand for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from urllib.parse import urlencode

from techmart.lib.page_parts import Window
from techmart.lib.periods import Period, Stretch, parse_bound, stretch_between, window_of

DEFAULT_PERIOD = Period.MONTH
_LONGEST = 100
_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardFilters:
    """What the dashboard shows. start and end are shop days, both included; with both set they
    stand in the place of `period`. ignored: parameters whose values were of no use.
    """

    period: Period = DEFAULT_PERIOD
    start: date | None = None
    end: date | None = None
    store: str = ""
    category: str = ""
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
        if self.store:
            written["store"] = self.store
        if self.category:
            written["cat"] = self.category
        return written

    def url(self, path: str) -> str:
        """Return the one address of this view."""
        query = urlencode(self.parameters())
        return f"{path}?{query}" if query else path

    def within(self, period: Period) -> "DashboardFilters":
        """Return the filters over another period."""
        return replace(self, period=period, start=None, end=None)

    def drill_down(self, **further: str) -> str:
        """Return the parameters of the list of sales that shows the rows behind a figure."""
        parts = self.parameters()
        if not self.custom:
            parts = {"period": self.period.value} | parts
        order = ("period", "from", "to", "basis", "status", "store", "cat", "suspicious")
        merged = parts | further
        return urlencode({name: merged[name] for name in order if name in merged})


@dataclass(frozen=True, slots=True)
class Windows:
    """The stretch shown and the one it is compared with, both [start, end) in UTC.

    shift: how far back the comparison lies: whole weeks, so that weekdays meet weekdays. Of a
    running period only what has passed is compared.
    """

    current: Stretch
    previous: Stretch
    first_day: date
    last_day: date
    shift: timedelta

    @property
    def printed(self) -> Window:
        """Return the current window as the page prints it."""
        return Window(self.first_day, self.last_day + timedelta(days=1))

    @property
    def printed_previous(self) -> Window:
        """Return the earlier window as the page prints it."""
        return Window(self.first_day - self.shift, self.last_day + timedelta(days=1) - self.shift)


def parse_filters(
    query: Mapping[str, str], *, stores: set[str], categories: set[str], zone: tzinfo
) -> DashboardFilters:
    """Read an address; what cannot be used falls back and is remembered in `ignored`."""
    ignored: list[tuple[str, str]] = []

    def known(name: str, values: set[str]) -> str:
        value = query.get(name, "")
        if value and value not in values:
            ignored.append((name, value[:_LONGEST]))
            return ""
        return value

    period = known("period", {item.value for item in Period})
    start, end = _days(query, zone, ignored)
    return DashboardFilters(
        period=Period(period) if period else DEFAULT_PERIOD,
        start=start,
        end=end,
        store=known("store", stores),
        category=known("cat", categories),
        ignored=tuple(ignored),
    )


def _days(
    query: Mapping[str, str], zone: tzinfo, ignored: list[tuple[str, str]]
) -> tuple[date | None, date | None]:
    """Read `from` and `to`: both days, in order, or neither."""
    texts = {name: query[name] for name in ("from", "to") if query.get(name)}
    start, end = (_day(texts.get(name, ""), zone) for name in ("from", "to"))
    if start is None or end is None or start > end:
        ignored += [(name, text[:_LONGEST]) for name, text in texts.items()]
        return None, None
    return start, end


def _day(text: str, zone: tzinfo) -> date | None:
    """Read a shop day; None for anything else, moments included."""
    try:
        bound = parse_bound(text, zone=zone)
    except ValueError:
        return None
    return None if isinstance(bound, datetime) else bound


def windows(filters: DashboardFilters, *, now: datetime, zone: tzinfo) -> Windows:
    """Return the stretch the filters mean and the one it is compared with."""
    if filters.start is not None and filters.end is not None:
        stretch = stretch_between(filters.start, filters.end, zone=zone)
        first, last = filters.start, filters.end
    else:
        stretch = window_of(filters.period, now=now, zone=zone)
        last = now.astimezone(zone).date()
        first = last - timedelta(days=filters.period.days - 1)
    days = (last - first).days + 1
    shift = timedelta(days=-(-days // _WEEK) * _WEEK)
    passed_through = min(_set(stretch.end), now)
    previous = Stretch(_back(_set(stretch.start), shift, zone), _back(passed_through, shift, zone))
    return Windows(stretch, previous, first, last, shift)


def _back(moment: datetime, shift: timedelta, zone: tzinfo) -> datetime:
    """Move by days of the shop's wall clock: 17:40 stays 17:40 over a change to summer time."""
    local = moment.astimezone(zone)
    return (local.replace(tzinfo=None) - shift).replace(tzinfo=zone)


def _set(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("The dashboard's windows are bounded.")
    return moment
