"""The address of the review queue: what it asks for, and the one way to write it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from techmart.lib.columns import COLUMNS, parse_columns, write_columns
from transactions.choices import Channel

CURSOR: Final = "after"
# What can be left out of the tables of cases and of decisions, in their order; the first name of
# each names the row and stays.
CASE_COLUMNS: Final = (
    "order",
    "loss",
    "amount",
    "score",
    "customer",
    "reason",
    "waits",
    "who",
)
DECISION_COLUMNS: Final = (
    "transaction",
    "decision",
    "by",
    "decided",
    "amount",
    "score",
    "outcome",
)
_MOST_IGNORED = 5
_LONGEST = 120
_HIGHEST_AMOUNT = Decimal(10) ** 12


class Tab(StrEnum):
    """Which cases are listed."""

    OPEN = ""
    MINE = "mine"
    SNOOZED = "snoozed"
    DECIDED = "decided"


def column_names(tab: Tab) -> tuple[str, ...]:
    """Return the columns of a tab's table."""
    return DECISION_COLUMNS if tab is Tab.DECIDED else CASE_COLUMNS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilters:
    """What the queue is narrowed to.

    amount_min: of the whole case. score_min: 0 to 100, of its worst line. free: only cases that
    nobody else holds. columns: of the tab's column_names, () for all of them. ignored: parameters
    with values of no use.
    """

    tab: Tab = Tab.OPEN
    amount_min: Decimal | None = None
    score_min: int = 0
    channel: str = ""
    free: bool = False
    columns: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def narrows(self) -> bool:
        """Return whether it leaves cases of its tab out."""
        return replace(self, tab=Tab.OPEN, columns=(), ignored=()) != ReviewFilters()

    @property
    def whole(self) -> "ReviewFilters":
        """Return all cases of the tab in the columns chosen."""
        return ReviewFilters(tab=self.tab, columns=self.columns)

    def parameters(self) -> dict[str, str]:
        """Return what stands in the address, in its fixed order; defaults are left out."""
        written = {
            "tab": self.tab.value,
            "amount_min": "" if self.amount_min is None else f"{self.amount_min.normalize():f}",
            "score_min": str(self.score_min) if self.score_min else "",
            "channel": self.channel,
            "free": "1" if self.free else "",
            COLUMNS: write_columns(self.columns),
        }
        return {name: value for name, value in written.items() if value}

    def query_string(self) -> str:
        """Return the parameters as `a=1&b=2`."""
        return urlencode(self.parameters())

    def url(self, path: str, *, cursor: str = "") -> str:
        """Return the one address of this view of the queue at `path`."""
        query = urlencode(self.parameters() | ({CURSOR: cursor} if cursor else {}))
        return f"{path}?{query}" if query else path

    def on_tab(self, tab: Tab) -> "ReviewFilters":
        """Return the filters on another tab; columns stay where its table has the same."""
        same = column_names(tab) == column_names(self.tab)
        return replace(self, tab=tab, columns=self.columns if same else ())

    def without(self, name: str) -> "ReviewFilters":
        """Return the filters with one parameter at its default."""
        return replace(self, **{name: getattr(ReviewFilters(), name)})


def parse_query(query: str) -> ReviewFilters:
    """Read a query string, as the page of a case carries the queue's along."""
    return parse_filters(dict(parse_qsl(query)))


def parse_filters(parameters: Mapping[str, str]) -> ReviewFilters:
    """Read an address; values and parameters that mean nothing fall back and are remembered."""
    fields: dict[str, Any] = {}
    ignored: list[tuple[str, str]] = []
    for name, text in parameters.items():
        value = text.strip()
        if name in {CURSOR, COLUMNS} or not value:
            continue
        try:
            fields[name] = _READERS[name](value)
        except (KeyError, ValueError, InvalidOperation):
            ignored.append((name[:_LONGEST], value[:_LONGEST]))
    # Last, since the tab decides which columns there are.
    tab = fields.get("tab", Tab.OPEN)
    columns, unknown = parse_columns(parameters.get(COLUMNS, ""), column_names(tab))
    if unknown:
        ignored.append((COLUMNS, unknown[:_LONGEST]))
    return ReviewFilters(**fields, columns=columns, ignored=tuple(ignored[:_MOST_IGNORED]))


def _amount(text: str) -> Decimal:
    amount = Decimal(text)
    if not 0 < amount <= _HIGHEST_AMOUNT:
        raise ValueError(text)
    return amount.quantize(Decimal("0.01"))


def _score(text: str) -> int:
    score = int(text)
    if not 0 < score <= 100:
        raise ValueError(text)
    return score


def _yes(text: str) -> bool:
    if text != "1":
        raise ValueError(text)
    return True


_READERS: Final = {
    "tab": Tab,
    "amount_min": _amount,
    "score_min": _score,
    "channel": lambda text: Channel(text).value,
    "free": _yes,
}
