"""How long a list may be: written at once, and written at all."""

from typing import Final

from techmart.core.problems import Refusal
from techmart.lib import formats
from techmart.lib.export import Format, Table

# Longer ones are left to a worker: a person should not wait, nor a web thread be held.
MOST_AT_ONCE: Final = {Format.CSV: 50_000, Format.XLSX: 10_000, Format.PDF: 1_000}
# What a worker writes well within CELERY_TASK_TIME_LIMIT and with memory to spare, also where
# the machine has other work; docs/operations/exports.md has the speeds.
MOST_ROWS: Final = {Format.CSV: 2_000_000, Format.XLSX: 500_000, Format.PDF: 20_000}
_WAYS_OUT: Final = {
    Format.CSV: "Narrow the filter, for example to a shorter period.",
    Format.XLSX: "Take CSV, or narrow the filter.",
    Format.PDF: "Take CSV or XLSX, or narrow the filter.",
}


class ListTooLong(Refusal):
    """The list has more rows than this kind of file is written with."""

    def __init__(self, rows: int, kind: Format) -> None:
        super().__init__(
            f"{formats.count(rows)} rows are too many for {kind.upper()}, which is written with "
            f"{formats.count(MOST_ROWS[kind])} at most. {_WAYS_OUT[kind]}",
            code="too_long",
            status=409,
        )


def fits_at_once(table: Table, kind: Format) -> bool:
    """Say whether the file is short enough to be written while a person waits."""
    return table.row_count <= MOST_AT_ONCE[kind]


def require_writable(table: Table, kind: Format) -> None:
    """Refuse a list that would not be finished in time. Raises ListTooLong."""
    if table.row_count > MOST_ROWS[kind]:
        raise ListTooLong(table.row_count, kind)
