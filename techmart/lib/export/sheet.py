"""XLSX: numbers as numbers, dates as dates, row by row through a temporary file."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from techmart.lib.export.table import Kind, Table, checked

# What a sheet holds at most, the head included.
MOST_ROWS = 1_048_575

_NUMBER_FORMATS = {
    Kind.COUNT: "#,##0",
    Kind.NUMBER: "#,##0.####",
    Kind.MONEY: "#,##0.00",
    Kind.SHARE: "0.0%",
    Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
    Kind.DATE: "yyyy-mm-dd",
}


class TooManyRows(ValueError):
    """A sheet cannot hold them all."""

    def __init__(self, rows: int) -> None:
        super().__init__(
            f"{rows:,} rows do not fit into one sheet, which holds {MOST_ROWS:,}. "
            "Take CSV, or narrow the filter."
        )


def write_xlsx(table: Table, path: Path, on_row: Callable[[int], None]) -> None:
    """Write the sheets Data and About. Texts stay texts: none becomes a formula or a link.

    on_row: told how many rows are written. Raises TooManyRows, IncompleteExport.
    """
    if table.row_count > MOST_ROWS:
        raise TooManyRows(table.row_count)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        styles = {
            kind: book.add_format({"num_format": shown}) for kind, shown in _NUMBER_FORMATS.items()
        }
        data = book.add_worksheet("Data")
        data.freeze_panes(1, 1)
        for at, column in enumerate(table.columns):
            data.set_column(at, at, column.width)
            data.write_string(0, at, column.label, bold)
        for number, row in enumerate(checked(table), start=1):
            for at, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
                if cell is None:
                    continue
                if isinstance(cell, str):
                    data.write_string(number, at, cell)
                elif isinstance(cell, datetime):
                    local = cell.astimezone(table.zone).replace(tzinfo=None)
                    data.write_datetime(number, at, local, styles[Kind.MOMENT])
                elif isinstance(cell, date):
                    data.write_datetime(number, at, cell, styles[Kind.DATE])
                else:
                    data.write_number(number, at, float(cell), styles.get(column.kind))
            on_row(number)
        about = book.add_worksheet("About")
        about.set_column(0, 0, 20)
        about.set_column(1, 1, 60)
        for number, (name, value) in enumerate(table.about):
            about.write_string(number, 0, name, bold)
            about.write_string(number, 1, value)
