"""The address of the list of suggestions. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from inventory.paths import SUGGESTIONS_PATH
from techmart.lib.columns import COLUMNS, parse_columns, write_columns

CURSOR = "after"
# What can be left out of the table, in its order; the first names the row and stays.
COLUMN_NAMES: Final = (
    "product",
    "supplier",
    "available",
    "inbound",
    "risk",
    "needed",
    "lost",
    "order",
    "cost",
)
_LONGEST = 120


class SuggestionTab(StrEnum):
    """What of the suggestions is shown."""

    OPEN = "open"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ConfidenceBand(StrEnum):
    """How sure the prediction behind a suggestion is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionFilters:
    """What the list is narrowed to.

    supplier: its code. columns: of COLUMN_NAMES, () for all of them. ignored: parameters of no use.
    """

    tab: SuggestionTab = SuggestionTab.OPEN
    supplier: str = ""
    confidence: ConfidenceBand | None = None
    columns: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def narrows(self) -> bool:
        """Whether more than the tab leaves suggestions out."""
        return bool(self.supplier or self.confidence)

    @property
    def whole(self) -> "SuggestionFilters":
        """Return what the list opens with, in the columns chosen."""
        return SuggestionFilters(columns=self.columns)

    def parameters(self) -> dict[str, str]:
        """Return what stands in the address, in its fixed order; defaults are left out."""
        written = {
            "status": "" if self.tab is SuggestionTab.OPEN else self.tab.value,
            "conf": self.confidence.value if self.confidence else "",
            "sup": self.supplier,
            COLUMNS: write_columns(self.columns),
        }
        return {name: value for name, value in written.items() if value}

    def url(self, *, cursor: str = "") -> str:
        """Return the one address of this view."""
        query = urlencode(self.parameters() | ({CURSOR: cursor} if cursor else {}))
        return f"{SUGGESTIONS_PATH}?{query}" if query else SUGGESTIONS_PATH


def parse_suggestion_filters(parameters: Mapping[str, str]) -> SuggestionFilters:
    """Read an address; what means nothing falls back and is remembered."""
    filters = SuggestionFilters()
    ignored = []
    for name, given in parameters.items():
        value = given.strip()
        if name == CURSOR or not value:
            continue
        if name == COLUMNS:
            columns, unknown = parse_columns(value, COLUMN_NAMES)
            filters = replace(filters, columns=columns)
            ignored += [(name, unknown[:_LONGEST])] if unknown else []
            continue
        try:
            filters = _with(filters, name, value)
        except ValueError:
            ignored.append((name[:_LONGEST], value[:_LONGEST]))
    return replace(filters, ignored=tuple(ignored[:5]))


def _with(filters: SuggestionFilters, name: str, value: str) -> SuggestionFilters:
    match name:
        case "status":
            return replace(filters, tab=SuggestionTab(value))
        case "conf":
            return replace(filters, confidence=ConfidenceBand(value))
        case "sup" if len(value) <= _LONGEST and "\x00" not in value:
            return replace(filters, supplier=value)
    raise ValueError(name)
