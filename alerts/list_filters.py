"""The address of the list of alerts: what it asks for, and the one way to write it.

Values that cannot be used are left out and remembered in `ignored`, so that the page can say so.
Equal filters give equal addresses. Pure: no clock, no database.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from alerts.choices import AlertKind, Severity
from techmart.lib.columns import COLUMNS, parse_columns, write_columns

# Where a page of the list begins; not a filter.
CURSOR = "after"
# What can be left out of the table, in its order; the first names the row and stays.
COLUMN_NAMES: Final = ("alert", "type", "who", "age")
# Longest word shown of what is ignored, and how many of them.
_LONGEST = 120
_MOST_IGNORED = 5


class Tab(StrEnum):
    """Which part of the list."""

    OPEN = "open"
    MINE = "mine"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Who(StrEnum):
    """Whose alerts."""

    ANYONE = ""
    ME = "me"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class AlertFilters:
    """What the list is narrowed to; the default is everything that is open.

    columns: of COLUMN_NAMES, () for all of them. ignored: parameters with values of no use.
    """

    tab: Tab = Tab.OPEN
    severity: str = ""
    kind: str = ""
    who: Who = Who.ANYONE
    columns: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def narrows(self) -> bool:
        """Return whether it leaves out alerts of its tab."""
        return bool(self.severity or self.kind or self.who)

    def parameters(self) -> dict[str, str]:
        """Return what stands in the address, in its fixed order; defaults are left out."""
        written = {
            "state": "" if self.tab is Tab.OPEN else self.tab.value,
            "sev": self.severity,
            "type": self.kind,
            "who": self.who.value,
            COLUMNS: write_columns(self.columns),
        }
        return {name: value for name, value in written.items() if value}

    def url(self, path: str, *, cursor: str = "") -> str:
        """Return the one address of this view of the list at `path`."""
        query = urlencode(self.parameters() | ({CURSOR: cursor} if cursor else {}))
        return f"{path}?{query}" if query else path

    def on(self, tab: Tab) -> "AlertFilters":
        """Return the same filters on another tab."""
        return replace(self, tab=tab, ignored=())

    def without(self, name: str) -> "AlertFilters":
        """Return the filters without the one that this parameter sets."""
        match name:
            case "sev":
                return replace(self, severity="")
            case "type":
                return replace(self, kind="")
            case "who":
                return replace(self, who=Who.ANYONE)
        return self


_ALLOWED: Final[dict[str, Collection[str]]] = {
    "state": tuple(Tab),
    "sev": Severity.values,
    "type": AlertKind.values,
    "who": tuple(Who),
}


def parse_filters(parameters: Mapping[str, str]) -> AlertFilters:
    """Read an address."""
    used: dict[str, str] = {}
    ignored: list[tuple[str, str]] = []
    columns, unknown = parse_columns(parameters.get(COLUMNS, ""), COLUMN_NAMES)
    if unknown:
        ignored.append((COLUMNS, unknown[:_LONGEST]))
    for name, text in parameters.items():
        value = text.strip()
        if name in {CURSOR, COLUMNS} or not value:
            continue
        if value in _ALLOWED.get(name, ()):
            used[name] = value
        else:
            ignored.append((name[:_LONGEST], value[:_LONGEST]))
    return AlertFilters(
        tab=Tab(used.get("state", Tab.OPEN)),
        severity=used.get("sev", ""),
        kind=used.get("type", ""),
        who=Who(used.get("who", Who.ANYONE)),
        columns=columns,
        ignored=tuple(ignored[:_MOST_IGNORED]),
    )
