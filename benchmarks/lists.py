"""A page deep in the list of sales against its first page."""

from benchmarks.measuring import Figure, by_turns, milliseconds
from transactions.list_filters import Basis
from transactions.models import Transaction
from transactions.querysets import DEFAULT_SORT, SORTS, SalesFilter
from transactions.sales_list import PAGE_SIZE, entries_page

DEEP_PAGE = 10_000


def measure_lists(*, rounds: int) -> Figure:
    """Read page 10,000, or the last full one of a smaller shop."""
    page = min(DEEP_PAGE, Transaction.objects.count() // PAGE_SIZE)
    keys = Transaction.objects.values("pk", "timestamp")
    cursor = SORTS[DEFAULT_SORT].page(keys, size=(page - 1) * PAGE_SIZE).next_cursor

    def read(at: str) -> None:
        rows = entries_page(SalesFilter(), basis=Basis.PLACED, sort=DEFAULT_SORT, cursor=at).rows
        assert len(rows) == PAGE_SIZE, len(rows)

    medians = by_turns({"deep": lambda: read(cursor), "first": lambda: read("")}, rounds=rounds)
    return Figure(
        name=f"list of sales, page {page:,}",
        limit="the same list, page 1",
        ratio=medians["deep"] / medians["first"],
        target=1.2,
        detail=f"{milliseconds(medians['deep'])} against {milliseconds(medians['first'])}",
    )
