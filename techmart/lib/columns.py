"""Which columns of a table a person has chosen, as its address says it: `cols=time.amount`.

A list names the columns that may be left out in the order of its table; the first of them names
the row and is always there. The default is every column, as far as the width of the page allows,
and leaves nothing in the address. Columns that were chosen are shown at every width, on a phone
too. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import QueryDict

from techmart.lib.page_parts import Column
from techmart.lib.periods import address

# The parameter. A form writes it once for each column; an address once, with all their names.
COLUMNS = "cols"
# Stands in an address as it is, unlike the comma.
_BETWEEN = "."


@dataclass(frozen=True, slots=True)
class ColumnTick:
    """One box of the menu. fixed: the column names the row and cannot be left out."""

    name: str
    label: str
    ticked: bool
    fixed: bool


@dataclass(frozen=True, slots=True)
class ColumnMenu:
    """The menu of a table's columns.

    path: of the page, where its form leads. hidden: the other parameters of the page, which the
    form keeps. every_url: the page with every column, "" when it has them. words: how many are
    shown, "" when all are.
    """

    path: str
    ticks: Sequence[ColumnTick]
    hidden: Sequence[tuple[str, str]]
    every_url: str
    words: str


def single_values(query: QueryDict) -> dict[str, str]:
    """Return the parameters of an address, one value each: the last, and of columns all of them."""
    values = {name: str(query[name]) for name in query}
    if COLUMNS in query:
        values[COLUMNS] = _BETWEEN.join(query.getlist(COLUMNS))
    return values


def parse_columns(text: str, names: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Read a choice of columns.

    names: of the list's columns, the one that names the row first. Returns the names chosen in the
    table's order, () for every column; and what names none of them, as it would be written.
    """
    asked = [name for name in text.split(_BETWEEN) if name]
    unknown = _BETWEEN.join(dict.fromkeys(name for name in asked if name not in names))
    if not any(name in names for name in asked):
        return (), unknown
    chosen = tuple(name for name in names if name == names[0] or name in asked)
    return (() if len(chosen) == len(names) else chosen), unknown


def write_columns(chosen: Sequence[str]) -> str:
    """Return a choice as an address says it, "" for every column."""
    return _BETWEEN.join(chosen)


def shown_columns(columns: Sequence[Column], chosen: Sequence[str]) -> list[Column]:
    """Return the columns that are shown; a column without a name is always shown."""
    if not chosen:
        return list(columns)
    return [
        replace(column, hide="") if column.name else column
        for column in columns
        if not column.name or column.name in chosen
    ]


def column_menu(columns: Sequence[Column], chosen: Sequence[str], *, page_url: str) -> ColumnMenu:
    """Return the menu of a table.

    columns: all of the table, the one that names the row first. page_url: the page as it stands.
    """
    path = urlsplit(page_url).path
    kept = [pair for pair in parse_qsl(urlsplit(page_url).query) if pair[0] != COLUMNS]
    named = [column for column in columns if column.name]
    return ColumnMenu(
        path=path,
        ticks=[
            ColumnTick(
                column.name,
                column.label,
                ticked=not chosen or column.name in chosen,
                fixed=column is named[0],
            )
            for column in named
        ],
        hidden=kept,
        every_url=address(path, dict(kept)) if chosen else "",
        words=f"{len(chosen)} of {len(named)}" if chosen else "",
    )


def columns_context(
    columns: Sequence[Column], chosen: Sequence[str], *, page_url: str
) -> dict[str, Any]:
    """Return what a template with a table of chosen columns asks for: `columns`, `column_menu`.

    columns, page_url: as of column_menu.
    """
    return {
        "columns": shown_columns(columns, chosen),
        "column_menu": column_menu(columns, chosen, page_url=page_url),
    }
