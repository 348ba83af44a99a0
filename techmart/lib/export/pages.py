"""PDF: A4 across, the head on every page, and at its foot what the file is and its page number."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from techmart.lib import formats
from techmart.lib.export.fonts import BOLD, REGULAR, register_fonts
from techmart.lib.export.table import Cell, Column, Kind, Table, checked

_MARGIN = 12 * mm
_SMALL, _BODY, _HEAD = 7, 8, 13
register_fonts()
# Longer texts are folded, not cut.
_TEXT = ParagraphStyle("text", fontName=REGULAR, fontSize=_BODY, leading=10)
_RIGHT = ParagraphStyle("right", parent=_TEXT, alignment=2)
_BOLD = ParagraphStyle("bold", parent=_TEXT, fontName=BOLD)
_TITLE = ParagraphStyle("title", parent=_TEXT, fontName=BOLD, fontSize=_HEAD, leading=17)
_LINE = colors.HexColor("#d5d9e0")
# Tables that long are laid out piece by piece: cost grows with the square of a table's length.
_PIECE = 500


def write_pdf(table: Table, path: Path, on_row: Callable[[int], None]) -> None:
    """Write the list with its filter and totals on top. Raises IncompleteExport.

    on_row: told how many rows are laid out.
    """
    document = SimpleDocTemplate(
        str(path),
        pagesize=landscape(A4),
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 6 * mm,
        title=table.title,
        author="TechMart",
    )
    widths = _widths(table.columns, document.width)
    head = [Paragraph(escape(column.label), _BOLD) for column in table.columns]
    story: list[Any] = [Paragraph(escape(table.title), _TITLE)]
    story += [
        Paragraph(f"<b>{escape(name)}</b> {escape(value)}", _TEXT)
        for name, value in table.about[1:]
    ]
    story.append(Spacer(1, 4 * mm))
    piece: list[list[Any]] = []
    for number, row in enumerate(checked(table), start=1):
        piece.append(
            [_cell(cell, column, table) for cell, column in zip(row, table.columns, strict=True)]
        )
        on_row(number)
        if len(piece) == _PIECE:
            story.append(_table(head, piece, widths))
            piece = []
    if piece or table.row_count == 0:
        story.append(_table(head, piece, widths))

    def foot(canvas: Canvas, page: SimpleDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(REGULAR, _SMALL)
        canvas.drawString(
            _MARGIN, _MARGIN, f"{table.url} · as of {formats.moment(table.as_of, table.zone)}"
        )
        canvas.drawRightString(page.pagesize[0] - _MARGIN, _MARGIN, f"Page {page.page}")
        canvas.restoreState()

    document.build(story, onFirstPage=foot, onLaterPages=foot)


def _widths(columns: Sequence[Column], width: float) -> list[float]:
    whole = sum(column.width for column in columns)
    return [width * column.width / whole for column in columns]


def _table(head: list[Any], rows: list[list[Any]], widths: list[float]) -> LongTable:
    return LongTable(
        [head, *rows],
        colWidths=widths,
        repeatRows=1,
        style=TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        ),
    )


def _cell(cell: Cell, column: Column, table: Table) -> Paragraph:
    return Paragraph(escape(_shown(cell, column, table)), _RIGHT if column.is_number else _TEXT)


def _shown(cell: Cell, column: Column, table: Table) -> str:
    if cell is None:
        return formats.UNKNOWN
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime):
        return formats.moment(cell, table.zone)
    if isinstance(cell, date):
        return formats.day(cell)
    match column.kind:
        case Kind.MONEY:
            return formats.money(cell, table.currency)
        case Kind.SHARE:
            return formats.rate(cell)
        case Kind.COUNT:
            return formats.count(cell)
    return formats.decimal(cell, places=2)
