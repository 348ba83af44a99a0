"""Cells of tables whose columns can be chosen."""

from collections.abc import Iterable

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from techmart.lib.page_parts import Column

register = template.Library()

# Classes that take a cell from narrow pages; a column that somebody chose stays on all of them.
_NARROW = ("opt-", "hide-")


@register.simple_block_tag(takes_context=True)
def cell(
    context: Context, content: SafeString, name: str, classes: str = "", *, bare: bool = False
) -> SafeString | str:
    """A cell of the column of that name, nothing where the column is left out.

    It reads `columns` of the context. bare: without its label, which a phone shows beside it.
    """
    column = _named(context.get("columns") or (), name)
    if column is None:
        return ""
    if not column.hide:
        classes = " ".join(each for each in classes.split() if not each.startswith(_NARROW))
    if bare:
        return format_html('<td class="{}">{}</td>', classes, content)
    return format_html('<td class="{}" data-l="{}">{}</td>', classes, column.label, content)


def _named(columns: Iterable[Column], name: str) -> Column | None:
    return next((column for column in columns if column.name == name), None)
