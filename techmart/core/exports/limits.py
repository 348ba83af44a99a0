"""How long a list may be: written at once, and written at all."""

from typing import Final

from django.conf import settings

from techmart.core.problems import Refusal
from techmart.lib import formats
from techmart.lib.export import Format, Table

# How many times longer a row takes than in CSV, for what is written while a person waits.
_EFFORT: Final = {Format.CSV: 1, Format.XLSX: 5, Format.PDF: 50}
# What a worker writes well within CELERY_TASK_TIME_LIMIT and with memory to spare, also where
# the machine has other work; docs/operations/exports.md has the speeds.
MOST_ROWS: Final = {Format.CSV: 2_000_000, Format.XLSX: 500_000, Format.PDF: 10_000}
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
    """Say whether the file is written while a person waits.

    Longer ones are left to a worker: nobody should wait, nor a web thread be held.
    """
    return table.row_count * _EFFORT[kind] <= settings.EXPORT_ROWS_AT_ONCE


def require_writable(table: Table, kind: Format) -> None:
    """Refuse a list that would not be finished in time. Raises ListTooLong."""
    if table.row_count > MOST_ROWS[kind]:
        raise ListTooLong(table.row_count, kind)
