"""The address of the list of suppliers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from inventory.paths import SUPPLIERS_PATH
from techmart.lib.columns import COLUMNS, parse_columns, write_columns
from techmart.lib.periods import address

CURSOR = "after"
# What can be left out of the table, in its order; the first names the row and stays.
COLUMN_NAMES: Final = (
    "supplier",
    "products",
    "reliability",
    "otif",
    "fill",
    "lead",
    "bias",
    "late",
    "receipts",
)
_LONGEST = 120
_MOST_IGNORED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierFilters:
    """What the list is narrowed to.

    q: words of a name, or a code. spelt: nothing is called that, so that what is spelt like it is
    shown; no part of the address. columns: of COLUMN_NAMES, () for all of them. ignored: parameters
    with values of no use.
    """

    q: str = ""
    spelt: bool = False
    columns: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    def url(self, *, cursor: str = "") -> str:
        """Return the one address of this view; defaults are left out."""
        written = {"q": self.q, COLUMNS: write_columns(self.columns), CURSOR: cursor}
        return address(SUPPLIERS_PATH, {name: value for name, value in written.items() if value})

    @property
    def whole(self) -> "SupplierFilters":
        """Return the whole list in the columns chosen."""
        return SupplierFilters(columns=self.columns)


def parse_supplier_filters(parameters: Mapping[str, str]) -> SupplierFilters:
    """Read an address; what means nothing falls back and is remembered."""
    filters = SupplierFilters()
    ignored = []
    for name, given in parameters.items():
        value = given.strip()
        if name == CURSOR or not value:
            continue
        if name == "q" and len(value) <= _LONGEST and "\x00" not in value:
            filters = replace(filters, q=value)
        elif name == COLUMNS:
            columns, unknown = parse_columns(value, COLUMN_NAMES)
            filters = replace(filters, columns=columns)
            ignored += [(name, unknown[:_LONGEST])] if unknown else []
        else:
            ignored.append((name[:_LONGEST], value[:_LONGEST]))
    return replace(filters, ignored=tuple(ignored[:_MOST_IGNORED]))
