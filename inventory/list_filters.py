"""The address of the product list: what it asks for, and the one way to write it.

What cannot be used is left out and remembered in `ignored`, so that the page can say so. Pure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from inventory.choices import AbcClass, ProductTab
from techmart.lib.columns import COLUMNS, parse_columns, write_columns

# Where a page of the list begins; not a filter.
CURSOR = "after"
# What can be left out of the table, in its order; the first names the row and stays.
COLUMN_NAMES: Final = (
    "product",
    "class",
    "supplier",
    "available",
    "inbound",
    "reorder",
    "sold",
    "rate",
    "lasts",
    "status",
)
_LONGEST = 120
_MOST_IGNORED = 5

# What runs out first stands first. That reads the whole range, under a tenth of a second for 33,000
# products, which no other figure without an index is worth there.
DEFAULT_SORT = "lasts"
_SORTS_OF_ALL = ("name", "-name", "lasts", "-lasts")
_SORTS_OF_TABS = (*_SORTS_OF_ALL, "available", "-available")


def sorts_of(tab: ProductTab) -> Collection[str]:
    """Return the sorts that a tab offers."""
    return _SORTS_OF_ALL if tab is ProductTab.ALL else _SORTS_OF_TABS


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilters:
    """What the list is narrowed to; the default is the whole range, what runs out first on top.

    supplier: its code. spelt: nothing is called `q`, so that what is spelt like it is shown; no
    part of the address. sort: "" for DEFAULT_SORT. columns: of COLUMN_NAMES, () for all of them.
    ignored: parameters with values of no use.
    """

    tab: ProductTab = ProductTab.ALL
    category: str = ""
    supplier: str = ""
    abc: str = ""
    q: str = ""
    spelt: bool = False
    sort: str = ""
    columns: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def narrows(self) -> bool:
        """Return whether it leaves products out."""
        return replace(self, sort="", columns=(), ignored=()) != ProductFilters()

    @property
    def whole(self) -> "ProductFilters":
        """Return the whole range in the columns chosen."""
        return ProductFilters(columns=self.columns)

    @property
    def order(self) -> str:
        """Return the sort in force."""
        return self.sort or DEFAULT_SORT

    def parameters(self) -> dict[str, str]:
        """Return what stands in the address, in its fixed order; defaults are left out."""
        written = {
            "status": "" if self.tab is ProductTab.ALL else self.tab.value,
            "cat": self.category,
            "sup": self.supplier,
            "abc": self.abc,
            "q": self.q,
            "sort": self.sort,
            COLUMNS: write_columns(self.columns),
        }
        return {name: value for name, value in written.items() if value}

    def url(self, path: str, *, cursor: str = "") -> str:
        """Return the one address of this view of the list at `path`."""
        query = urlencode(self.parameters() | ({CURSOR: cursor} if cursor else {}))
        return f"{path}?{query}" if query else path

    def sorted_by(self, sort: str) -> "ProductFilters":
        """Return the filters in another order; the default is not written."""
        return replace(self, sort="" if sort == DEFAULT_SORT else sort)

    def on_tab(self, tab: ProductTab) -> "ProductFilters":
        """Return the filters on another tab, in the default order."""
        return replace(self, tab=tab, sort="")

    def without(self, name: str) -> "ProductFilters":
        """Return the filters without one of cat, sup, abc and q."""
        change: dict[str, Any] = {_FIELDS[name]: ""}
        return replace(self, **change)


_FIELDS: Final = {"cat": "category", "sup": "supplier", "abc": "abc", "q": "q"}


def parse_filters(parameters: Mapping[str, str]) -> ProductFilters:
    """Read an address; values and parameters that mean nothing fall back and are remembered."""
    filters = ProductFilters()
    ignored: list[tuple[str, str]] = []
    given = {name: text.strip() for name, text in parameters.items()}
    # Last, since the tab decides which sorts there are.
    for name in sorted(given, key="sort".__eq__):
        value = given[name]
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
    return replace(filters, ignored=tuple(ignored[:_MOST_IGNORED]))


def _with(filters: ProductFilters, name: str, value: str) -> ProductFilters:
    """Return the filters with one parameter more. Raises ValueError."""
    match name:
        case "status":
            return replace(filters, tab=ProductTab(value))
        case "sort" if value in sorts_of(filters.tab):
            return filters.sorted_by(value)
        case "abc":
            return replace(filters, abc=AbcClass(value).value)
        case "cat" | "sup" | "q" if len(value) <= _LONGEST and "\x00" not in value:
            change: dict[str, Any] = {_FIELDS[name]: value}
            return replace(filters, **change)
    raise ValueError(name)
