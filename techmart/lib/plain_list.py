"""The address of a list that nothing narrows: which columns it shows, and which page. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from techmart.lib.columns import COLUMNS, columns_context, parse_columns, write_columns
from techmart.lib.page_parts import Chip, Column
from techmart.lib.periods import address

# Where a page of the list begins.
CURSOR = "after"
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class PlainList:
    """One view of the list at `path`.

    columns: all of the table, the one that names the row first. chosen: names of those shown, ()
    for every one. ignored: what was asked for and names no column, "" for nothing.
    """

    path: str
    columns: Sequence[Column]
    chosen: tuple[str, ...] = ()
    ignored: str = ""

    def url(self, cursor: str = "") -> str:
        """Return the one address of this view, or of its page at a cursor."""
        written = {COLUMNS: write_columns(self.chosen), CURSOR: cursor}
        return address(self.path, {name: value for name, value in written.items() if value})

    def context(self, cursor: str = "") -> dict[str, Any]:
        """Return `page_url`, `columns`, `column_menu` and `chips` of the page at a cursor."""
        page_url = self.url(cursor)
        chips = [Chip(f"ignored: {COLUMNS}={self.ignored}", page_url, ignored=True)]
        return {
            "page_url": page_url,
            "chips": chips if self.ignored else [],
            **columns_context(self.columns, self.chosen, page_url=page_url),
        }


def parse_plain_list(
    parameters: Mapping[str, str], *, path: str, columns: Sequence[Column]
) -> PlainList:
    """Read an address; words that name no column are remembered.

    parameters: one value each, as of columns.single_values.
    """
    names = [column.name for column in columns if column.name]
    chosen, unknown = parse_columns(parameters.get(COLUMNS, ""), names)
    return PlainList(path, columns, chosen, unknown[:_LONGEST])
