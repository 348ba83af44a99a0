"""The kinds of files, and the one function that writes any of them."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from techmart.lib.export.lines import csv_lines
from techmart.lib.export.table import Table


class Format(StrEnum):
    """A kind of file."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """What a browser is told it is."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
}


def write_file(
    table: Table, path: Path, kind: Format, on_row: Callable[[int], None] = lambda _done: None
) -> None:
    """Write the whole file or none: it gets its name when it is complete.

    on_row: told now and then how many rows are done. Raises IncompleteExport, sheet.TooManyRows.
    """
    # Libraries of documents are large; most processes never write one.
    unfinished = path.with_name(f".{path.name}.part")
    try:
        match kind:
            case Format.CSV:
                _write_csv(table, unfinished, on_row)
            case Format.XLSX:
                from techmart.lib.export.sheet import write_xlsx

                write_xlsx(table, unfinished, on_row)
            case Format.PDF:
                from techmart.lib.export.pages import write_pdf

                write_pdf(table, unfinished, on_row)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_csv(table: Table, path: Path, on_row: Callable[[int], None]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(csv_lines(table, on_row))
