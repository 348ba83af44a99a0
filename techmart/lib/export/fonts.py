"""The typeface of PDF files: one that has the letters of Europe and the signs we print."""

from functools import cache
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
_FOLDER = Path(__file__).parents[3] / "static" / "vendor" / "dejavu"


@cache
def register_fonts() -> None:
    """Make REGULAR and BOLD known to ReportLab; the built-in fonts lack even a minus sign."""
    for name in (REGULAR, BOLD):
        registerFont(TTFont(name, _FOLDER / f"{name}.ttf"))
    registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
