"""Writes the figures of analytics panels, each as its field's kind asks."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analytics.reports.export import list_key
from analytics.reports.panels import Field, Panel, Row, Table
from techmart.core.templatetags.techmart_format import change, share_bar
from techmart.lib import formats

register = template.Library()


@register.simple_tag
def figure(field: Field, value: Any) -> str | SafeString:
    """The value of a cell in its field's own way; unknown is a dash."""
    currency = settings.SHOP_CURRENCY
    match field.kind:
        case "money":
            return formats.money(value, currency, places=0)
        case "money_exact":
            return formats.money(value, currency)
        case "count":
            return formats.count(value)
        case "decimal":
            return formats.decimal(value)
        case "rate":
            return formats.rate(value)
        case "points":
            return formats.signed_rate(value)
        case "day":
            return formats.day(value)
        case "change":
            return change(*value)
        case "share":
            return _share(value)
    return formats.UNKNOWN if value is None else str(value)


def _share(value: float | None) -> SafeString:
    return format_html(
        '<span class="score"><span>{}</span>{}</span>',
        formats.rate(value),
        share_bar(value or 0, 1),
    )


@register.filter
def align(field: Field) -> str:
    """The class of a field's cells: words to the left, figures to the right."""
    return "" if field.kind in {"text", "day"} else "r"


@register.filter
def cells(row: Row, table: Table) -> list[tuple[Field, Any]]:
    """A row's values beside their fields."""
    return list(zip(table.fields, row.values, strict=True))


@register.simple_tag
def panel_list(tab: str, panel: Panel) -> str:
    """The name of a panel's table among the lists that can be exported."""
    return list_key(tab, panel.key)
