"""A purchase order on paper, A4, by ReportLab.

ReportLab is loaded when a PDF is asked for: servers and workers start without it.
"""

from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

from inventory.order_documents import OrderDocument
from techmart.lib import formats

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_MARGIN_MM = 18
_WIDTHS_MM = (10, 34, 62, 18, 16, 22, 24)
_HEAD = ("", "Code", "Product", "Units", "Packs", "Unit cost", "Amount")


def order_pdf(document: OrderDocument) -> bytes:
    """Return the order as PDF; long orders repeat the head of the table on each page."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import SimpleDocTemplate

    from techmart.lib.export.fonts import REGULAR, register_fonts

    register_fonts()
    out = BytesIO()
    margin = _MARGIN_MM * mm
    pages = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
        title=f"Purchase order {document.number}",
        author=document.shop,
        # The same order gives the same bytes.
        invariant=1,
    )

    def foot(canvas: Any, page: Any) -> None:
        canvas.setFont(REGULAR, 8)
        canvas.drawString(margin, margin / 2, f"{document.shop}, {document.number}")
        canvas.drawRightString(A4[0] - margin, margin / 2, f"Page {page.page}")

    pages.build(_content(document), onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _content(document: OrderDocument) -> "list[Flowable]":
    from reportlab.platypus import Paragraph, Spacer

    styles = _styles()
    facts = [
        f"To {escape(document.supplier)} ({escape(document.supplier_code)})",
        f"Ordered on {formats.day(document.ordered_on)}" if document.ordered_on else "Draft",
        f"Wanted by {formats.day(document.wanted_by)}" if document.wanted_by else "",
        escape(document.note),
    ]
    return [
        Paragraph(escape(document.shop), styles["Normal"]),
        Paragraph(f"Purchase order {escape(document.number)}", styles["Title"]),
        *(Paragraph(fact, styles["Normal"]) for fact in facts if fact),
        Spacer(1, 14),
        _table(document),
    ]


def _table(document: OrderDocument) -> "Flowable":
    from reportlab.lib import colors
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, Table, TableStyle

    from techmart.lib.export.fonts import BOLD, REGULAR

    small = _styles()["BodyText"]
    rows: list[list[Any]] = [list(_HEAD)]
    rows += [
        [
            str(line.number),
            # Long codes and names are broken, never cut.
            Paragraph(escape(line.sku), small),
            Paragraph(escape(line.name), small),
            formats.count(line.quantity),
            "" if line.packs is None else formats.count(line.packs),
            formats.money(line.unit_cost, document.currency),
            formats.money(line.amount, document.currency),
        ]
        for line in document.lines
    ]
    total = formats.money(document.total, document.currency)
    rows.append(["", "", "Total", formats.count(document.units), "", "", total])
    table = Table(rows, colWidths=[width * mm for width in _WIDTHS_MM], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), REGULAR, 9),
                ("FONT", (0, 0), (-1, 0), BOLD, 9),
                ("FONT", (0, -1), (-1, -1), BOLD, 9),
                ("ALIGN", (3, 0), (-1, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
                ("LINEBELOW", (0, 1), (-1, -3), 0.25, colors.lightgrey),
                ("LINEABOVE", (0, -1), (-1, -1), 0.8, colors.black),
            ]
        )
    )
    return table


def _styles() -> Any:
    """ReportLab's sample styles in a typeface that has the letters of Europe."""
    from reportlab.lib.styles import getSampleStyleSheet

    from techmart.lib.export.fonts import BOLD, REGULAR

    styles = getSampleStyleSheet()
    for name, font in (("Normal", REGULAR), ("BodyText", REGULAR), ("Title", BOLD)):
        styles[name].fontName = font
    return styles
