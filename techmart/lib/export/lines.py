"""CSV, line by line, so that a file of any length costs no memory."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo

from techmart.lib.export.table import Cell, Table, checked, plain

# A spreadsheet takes a cell that begins so for a formula (OWASP: CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BATCH = 500


def _told_to_nobody(_done: int) -> None:
    """Take no notice."""


def csv_lines(table: Table, on_row: Callable[[int], None] = _told_to_nobody) -> Iterator[str]:
    """Return the file in pieces: the names of the columns, the rows, and what was counted.

    The last lines stand apart from the rows by an empty one: without them the file was cut.
    on_row: told how many rows are done. Begins with a byte order mark, without which
    spreadsheets read UTF-8 as something else.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([column.label for column in table.columns])
    for number, row in enumerate(checked(table), start=1):
        writer.writerow(_line(row, table.zone))
        on_row(number)
        if number % _BATCH == 0:
            yield _taken(buffer)
    writer.writerow([])
    writer.writerows((name, neutral(value)) for name, value in table.about)
    yield _taken(buffer)


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _line(row: Sequence[Cell], zone: tzinfo) -> list[str]:
    return [
        neutral(cell)
        if isinstance(cell, str)
        else plain(cell.astimezone(zone) if isinstance(cell, datetime) else cell)
        for cell in row
    ]


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
