"""What stands behind an entry of the ledger, by the type of its source.

Sales are above this app, so their app says here how to look up what it writes into the ledger.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from inventory.models import CountLine, Receipt, StockMovement, SupplierReturn
from inventory.paths import count_sheet_path, order_path


@dataclass(frozen=True, slots=True)
class Source:
    """How a person knows it, and where its page is; "" without one."""

    reference: str
    url: str = ""


Lookup = Callable[[Collection[int]], dict[int, Source]]

_lookups: dict[str, Lookup] = {}


def register_source(source_type: str, lookup: Lookup) -> None:
    """Say how sources of a type are found: ids in, what is known of them out, in one query."""
    _lookups[source_type] = lookup


def sources_of(movements: Sequence[StockMovement]) -> dict[int, Source]:
    """Return the source of each movement by the movement's key; one query a type of source."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for movement in movements:
        wanted[movement.source_type].add(movement.source_id)
    found = {
        (source_type, key): source
        for source_type, ids in wanted.items()
        if source_type in _lookups
        for key, source in _lookups[source_type](ids).items()
    }
    nothing = Source("")
    return {
        movement.pk: found.get((movement.source_type, movement.source_id), nothing)
        for movement in movements
    }


def _receipts(ids: Collection[int]) -> dict[int, Source]:
    rows = Receipt.objects.filter(pk__in=ids).values_list("pk", "line__order__number")
    return {key: Source(number, order_path(number)) for key, number in rows}


def _returns(ids: Collection[int]) -> dict[int, Source]:
    rows = SupplierReturn.objects.filter(pk__in=ids).values_list("pk", "line__order__number")
    return {
        key: Source(f"Return of {number}", order_path(number))
        if number
        else Source(f"Return {key}")
        for key, number in rows
    }


def _counts(ids: Collection[int]) -> dict[int, Source]:
    """A count of a sheet leads to the sheet."""
    sheets = dict(CountLine.objects.filter(count__in=ids).values_list("count_id", "sheet_id"))
    return {
        key: Source(f"Count {key}", count_sheet_path(sheets[key]) if key in sheets else "")
        for key in ids
    }


register_source("receipt", _receipts)
register_source("supplier_return", _returns)
register_source("count", _counts)
