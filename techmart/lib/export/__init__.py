"""Writes a table to CSV, XLSX or PDF, whole, with what it counts and where it came from."""

from techmart.lib.export.formats import Format, write_file
from techmart.lib.export.lines import csv_lines
from techmart.lib.export.table import Cell, Column, Kind, Table, pages_of, rounded

__all__ = [
    "Cell",
    "Column",
    "Format",
    "Kind",
    "Table",
    "csv_lines",
    "pages_of",
    "rounded",
    "write_file",
]
