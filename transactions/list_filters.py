"""The address of the list of sales: what it asks for, and the one way to write it.

An address is read into a ListFilters; what cannot be used is left out and remembered in
`ignored`, so that the page can say so. Equal filters give equal addresses. Pure: no clock, no
database.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from techmart.lib.columns import COLUMNS, parse_columns, write_columns
from techmart.lib.periods import (
    Bound,
    Period,
    Stretch,
    address,
    format_bound,
    in_order,
    parse_bound,
    stretch_between,
    window_of,
)
from transactions.choices import Channel, PaymentMethod, TransactionStatus
from transactions.querysets import DEFAULT_SORT, SORTS, SalesFilter

# Where a page of the list begins; not a filter.
CURSOR = "after"
# What can be left out of the table, in its order; the first names the row and stays.
COLUMN_NAMES: Final = (
    "transaction",
    "time",
    "customer",
    "product",
    "quantity",
    "amount",
    "payment",
    "score",
    "status",
)
# Longest word of a filter that is looked for or shown, and how many unusable ones are shown.
_LONGEST = 120
_MOST_IGNORED = 5
_CENT = Decimal("0.01")
_HIGHEST_AMOUNT = Decimal(10) ** 12


class Basis(StrEnum):
    """Which time of a sale a window means."""

    # When it was made.
    PLACED = ""
    # When it became revenue.
    COMPLETED = "completed"
    # Sales by when they became revenue, and refunds and chargebacks by when they were booked:
    # the rows of a net figure.
    BOOKED = "booked"


# Rows of money booked come from two tables, which share no index but that of their time.
_SORTS_OF_TIME = (DEFAULT_SORT, DEFAULT_SORT.removeprefix("-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilters:
    """What the list is narrowed to; the default is all of it, newest first.

    start, end: shop days, both included, or moments, the end excluded; either of them stands in
    the place of `period`. score_min: 0 to 100. spelt: nothing is called `q`, so that what is spelt
    like it is shown; no part of the address. columns: of COLUMN_NAMES, () for all of them. ignored:
    parameters with values of no use.
    """

    period: Period | None = None
    start: Bound | None = None
    end: Bound | None = None
    basis: Basis = Basis.PLACED
    status: str = ""
    channel: str = ""
    store: str = ""
    category: str = ""
    amount_min: Decimal | None = None
    score_min: int = 0
    payment: str = ""
    suspicious: bool = False
    sku: str = ""
    customer: str = ""
    order: str = ""
    q: str = ""
    spelt: bool = False
    sort: str = DEFAULT_SORT
    columns: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def narrows(self) -> bool:
        """Return whether it leaves sales out."""
        return replace(self, sort=DEFAULT_SORT, columns=(), ignored=()) != ListFilters()

    @property
    def whole(self) -> "ListFilters":
        """Return the whole list in the columns chosen."""
        return ListFilters(columns=self.columns)

    def parameters(self) -> dict[str, str]:
        """Return what stands in the address, in its fixed order; defaults are left out."""
        written = {name: _write(getattr(self, field)) for name, field in _FIELDS.items()}
        defaults = {name: _write(getattr(_DEFAULT, field)) for name, field in _FIELDS.items()}
        return {name: value for name, value in written.items() if value != defaults[name]}

    def query_string(self, *, cursor: str = "") -> str:
        """Return the parameters as `a=1&b=2`, "" for the whole list."""
        return urlencode(self.parameters() | ({CURSOR: cursor} if cursor else {}))

    def url(self, path: str, *, cursor: str = "") -> str:
        """Return the one address of this view of the list at `path`."""
        return address(path, self.parameters() | ({CURSOR: cursor} if cursor else {}))

    def without(self, *names: str) -> "ListFilters":
        """Return the filters with these parameters at their defaults."""
        cleared = {_FIELDS[name]: getattr(_DEFAULT, _FIELDS[name]) for name in names}
        return replace(self, **cleared)

    def ignoring(self, name: str) -> "ListFilters":
        """Return the filters without one whose value turned out to name nothing."""
        value = self.parameters()[name]
        return replace(self.without(name), ignored=(*self.ignored, (name, value)))

    def within(self, period: Period | None) -> "ListFilters":
        """Return the filters over another period."""
        return replace(self, period=period, start=None, end=None)

    def stretch(self, *, now: datetime, zone: tzinfo) -> Stretch:
        """Return the time it covers, in UTC."""
        if self.start is not None or self.end is not None:
            return stretch_between(self.start, self.end, zone=zone)
        return (
            Stretch(None, None)
            if self.period is None
            else window_of(self.period, now=now, zone=zone)
        )

    def sales(
        self,
        *,
        now: datetime,
        zone: tzinfo,
        product_id: int | None = None,
        customer_id: int | None = None,
    ) -> SalesFilter:
        """Return the predicate of the sales listed.

        product_id, customer_id: whom `sku` and `customer` name.
        """
        stretch = self.stretch(now=now, zone=zone)
        placed = self.basis is Basis.PLACED
        return SalesFilter(
            since=stretch.start if placed else None,
            until=stretch.end if placed else None,
            completed_since=None if placed else stretch.start,
            completed_until=None if placed else stretch.end,
            statuses=(self.status,) if self.status else (),
            amount_min=self.amount_min,
            score_min=self.score_min / 100 if self.score_min else None,
            suspicious=True if self.suspicious else None,
            channel=self.channel,
            payment_method=self.payment,
            store=self.store,
            category=self.category,
            customer_id=customer_id,
            product_id=product_id,
            order_ref=self.order,
            q=self.q,
            spelt=self.spelt,
        )


_DEFAULT: Final = ListFilters()
# Parameters in the order of the address, and the field each fills.
_FIELDS: Final = {
    "period": "period",
    "from": "start",
    "to": "end",
    "basis": "basis",
    "status": "status",
    "channel": "channel",
    "store": "store",
    "cat": "category",
    "amount_min": "amount_min",
    "score_min": "score_min",
    "pay": "payment",
    "suspicious": "suspicious",
    "sku": "sku",
    "customer": "customer",
    "order": "order",
    "q": "q",
    "sort": "sort",
    COLUMNS: "columns",
}


def parse_filters(parameters: Mapping[str, str], *, zone: tzinfo) -> ListFilters:
    """Read an address; values and parameters that mean nothing fall back and are remembered.

    zone: of days and of moments that name none.
    """
    fields: dict[str, Any] = {}
    ignored: list[tuple[str, str]] = []
    for name, text in parameters.items():
        value = text.strip()
        if name == CURSOR or not value:
            continue
        if name == COLUMNS:
            fields["columns"], unknown = parse_columns(value, COLUMN_NAMES)
            ignored += [(name, unknown)] if unknown else []
            continue
        try:
            fields[_FIELDS[name]] = _read(name, value, zone)
        except (KeyError, ValueError):
            ignored.append((name, value))
    ignored += _settle(fields, zone=zone)
    shown = [(name[:_LONGEST], value[:_LONGEST]) for name, value in ignored[:_MOST_IGNORED]]
    return ListFilters(**fields, ignored=tuple(shown))


def _settle(fields: dict[str, Any], *, zone: tzinfo) -> list[tuple[str, str]]:
    """Take out what does not go together; return what that was."""
    taken = []
    start, end = fields.get("start"), fields.get("end")
    if start is not None and end is not None and not in_order(start, end, zone=zone):
        taken.append(("to", format_bound(fields.pop("end"))))
    if start is not None or end is not None:
        fields.pop("period", None)
    if (
        fields.get("basis") is Basis.BOOKED
        and fields.get("sort", DEFAULT_SORT) not in _SORTS_OF_TIME
    ):
        taken.append(("sort", fields.pop("sort")))
    return taken


def _read(name: str, text: str, zone: tzinfo) -> Any:
    """Return the value of one parameter. Raises ValueError, KeyError for an unknown name."""
    choices = _CHOICES.get(name)
    if choices is not None:
        return _one_of(text, choices)
    match name:
        case "period":
            return Period(text)
        case "basis":
            return Basis(text)
        case "from" | "to":
            return parse_bound(text, zone=zone)
        case "amount_min":
            return _amount(text)
        case "score_min":
            return _score(text)
        case "suspicious":
            return _one_of(text, ("1",)) == "1"
    return _words(text)


_CHOICES: Final[dict[str, Collection[str]]] = {
    "status": TransactionStatus.values,
    "channel": Channel.values,
    "pay": PaymentMethod.values,
    "sort": SORTS,
}


def _one_of(text: str, choices: Collection[str]) -> str:
    if text not in choices:
        raise ValueError(text)
    return text


def _words(text: str) -> str:
    # PostgreSQL refuses the character 0 in texts.
    if len(text) > _LONGEST or "\x00" in text:
        raise ValueError(text)
    return text


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
        if not 0 < amount <= _HIGHEST_AMOUNT:
            raise ValueError(text)
        return amount.quantize(_CENT)
    except InvalidOperation as error:
        raise ValueError(text) from error


def _score(text: str) -> int:
    score = int(text)
    if not 0 <= score <= 100:
        raise ValueError(text)
    return score


def _write(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else ""
        case tuple():
            return write_columns(value)
        case StrEnum():
            return value.value
        case Decimal():
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case str():
            return value
        case int():
            return str(value)
        case date():
            return format_bound(value)
    raise TypeError(f"{type(value).__name__} has no place in an address")
