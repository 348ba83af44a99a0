"""Formats and small marks in templates, over `techmart.lib`."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from techmart.lib import charts, formats, pills
from techmart.lib.charts.bars import Fill
from techmart.lib.formats import Number
from techmart.lib.page_parts import AsOf, HigherIs, Tile, Window, change_between

register = template.Library()

_TONE_FILLS: dict[str, Fill] = {"bad": "f-bad", "warn": "f-warn", "": "f-neutral"}
# The bar of "lasts" is full at this many lead times.
_LEAD_TIMES_SHOWN = 3

register.filter("count", formats.count)
register.filter("signed_rate", formats.signed_rate)
register.filter("points", formats.points)
register.filter("duration", formats.duration)


@register.filter
def decimal(value: Number | None, places: int = 1) -> str:
    """Fixed decimals, one unless told."""
    return formats.decimal(value, places=places)


@register.filter
def rate(value: Number | None, places: int = 1) -> str:
    """A share of 0 to 1 in percent."""
    return formats.rate(value, places=places)


@register.filter
def signed(value: Number | None, places: int = 0) -> str:
    """A number that carries its sign."""
    return formats.signed(value, places=places)


@register.filter
def money(amount: Number | None) -> str:
    """Amount in full, in the shop's currency."""
    return formats.money(amount, settings.SHOP_CURRENCY)


@register.filter
def money_whole(amount: Number | None) -> str:
    """Amount without cents, as panels show it."""
    return formats.money(amount, settings.SHOP_CURRENCY, places=0)


@register.filter
def money_signed(amount: Number | None) -> str:
    """Amount with its sign, as adjustments show it."""
    text = formats.money(amount, settings.SHOP_CURRENCY)
    return f"+{text}" if amount is not None and amount > 0 else text


@register.filter
def points_of_100(score: float | None) -> str:
    """A score of 0 to 1 as pages show it, 0 to 100."""
    return formats.count(None if score is None else score * 100)


@register.filter
def days(value: float | None) -> str:
    """Days with one decimal below ten: `4.8 d`, `34 d`."""
    if value is None:
        return formats.UNKNOWN
    return f"{formats.decimal(value, places=0 if value >= 10 else 1)} d"


@register.filter
def shop_date(value: date | datetime | None) -> str:
    """`24 Nov 2026` in the shop's time zone."""
    return formats.day(_shop_day(value))


@register.filter
def shop_day(value: date | datetime | None) -> str:
    """`24 Nov` in the shop's time zone."""
    return formats.day(_shop_day(value), year=False)


@register.filter
def shop_time(at: datetime | None) -> str:
    """`14:32:10` in the shop's time zone."""
    return formats.clock(at, timezone.get_default_timezone())


@register.filter
def shop_datetime(at: datetime | None) -> str:
    """`24 Nov 2026 14:32:10` in the shop's time zone."""
    return formats.moment(at, timezone.get_default_timezone())


@register.filter
def window(value: Window | None) -> str:
    """A window in words: `27 Oct to 23 Nov`."""
    if value is None:
        return formats.UNKNOWN
    return formats.window(value.start, value.end, timezone.get_default_timezone())


@register.filter
def utc_iso(at: datetime | None) -> str:
    """The moment for a `datetime` attribute, always UTC."""
    return "" if at is None else at.astimezone(timezone.get_fixed_timezone(0)).isoformat()


@register.simple_tag
def tile_value(tile: Tile) -> SafeString:
    """The number of a tile; an abbreviated amount carries the full one in `title`."""
    currency = settings.SHOP_CURRENCY
    if tile.kind == "money":
        return format_html(
            '<span class="kpi-v" title="{}">{}</span>',
            formats.money(tile.value, currency),
            formats.money_compact(tile.value, currency),
        )
    return format_html('<span class="kpi-v">{}</span>', _tile_text(tile, tile.value))


@register.simple_tag
def tile_reference(tile: Tile) -> str:
    """The earlier value or the target, as words: `from 8,684`."""
    return f"{tile.reference_word} {_tile_text(tile, tile.previous)}"


@register.simple_tag
def tile_change(tile: Tile) -> SafeString:
    """The change of a tile against its comparison."""
    return _delta(tile.value, tile.previous, in_points=tile.kind == "rate", good=tile.higher_is)


@register.simple_tag
def change(
    value: Decimal | float | None,
    previous: Decimal | float | None,
    higher_is: HigherIs = "good",
) -> SafeString:
    """The relative change between two values, with arrow and colour."""
    return _delta(value, previous, in_points=False, good=higher_is)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite, hidden from screen readers."""
    return format_html(
        '<svg class="i{}" aria-hidden="true" focusable="false"><use href="{}#i-{}"/></svg>',
        f" {css}" if css else "",
        _sprite(),
        name,
    )


@register.simple_tag
def sprite_address() -> str:
    """Where the icons are."""
    return _sprite()


@register.simple_tag
def sparkline(values: Sequence[Decimal | float] | None, css: str = "") -> SafeString:
    """A small line of values, oldest first."""
    return charts.sparkline(values or (), css)


@register.simple_tag
def score_bar(score: float | None, threshold: float | None = None) -> SafeString:
    """A fraud score of 0 to 1 as number and bar, the review threshold marked."""
    if score is None:
        return format_html('<span class="muted">{}</span>', formats.UNKNOWN)
    return format_html(
        '<span class="score"><span>{}</span>{}</span>',
        points_of_100(score),
        charts.meter(score, css=_TONE_FILLS[pills.score_tone(score)], mark=threshold),
    )


@register.simple_tag
def score_meter(score: float, threshold: float | None = None) -> SafeString:
    """The bar alone, as wide as its place."""
    return charts.meter(score, css=_TONE_FILLS[pills.score_tone(score)], mark=threshold)


@register.simple_tag
def cover_bar(cover_days: float | None, lead_time_days: float | None) -> SafeString:
    """How long stock lasts, with the lead time marked; no demand means no end."""
    if cover_days is None:
        return SafeString('<span class="muted">No demand</span>')
    bar: SafeString | str = ""
    if lead_time_days:
        late = cover_days < lead_time_days
        css: Fill = "f-bad" if cover_days < lead_time_days / 2 else "f-warn" if late else "f-good"
        bar = charts.meter(
            cover_days / (lead_time_days * _LEAD_TIMES_SHOWN), css=css, mark=1 / _LEAD_TIMES_SHOWN
        )
    return format_html('<span class="cover"><span>{}</span>{}</span>', days(cover_days), bar)


@register.simple_tag
def share_bar(part: Decimal | float, whole: Decimal | float, css: Fill = "f-c1") -> SafeString:
    """A bar as long as the share of `part` in `whole`."""
    return charts.meter(float(part) / float(whole) if whole else 0.0, css=css)


@register.simple_tag
def status_pill(status: str) -> SafeString:
    """The status of a transaction."""
    return _tag(pills.pill(pills.TRANSACTION_STATUS, status))


@register.simple_tag
def replay_pill(status: str) -> SafeString:
    """Where a policy replay stands."""
    return _tag(pills.pill(pills.REPLAY_STATUS, status))


@register.simple_tag
def stock_pill(state: str, on_order: int = 0) -> SafeString:
    """The stock state of a product; low or out with a delivery on its way is on order."""
    shown = "ordered" if state in {"low", "out"} and on_order > 0 else state
    return _tag(pills.pill(pills.STOCK_STATE, shown))


@register.simple_tag
def order_pill(state: str) -> SafeString:
    """Where a purchase order stands."""
    return _tag(pills.pill(pills.ORDER_STATE, state))


@register.simple_tag
def alert_state_pill(state: str) -> SafeString:
    """Where an alert is in its life."""
    return _tag(pills.pill(pills.ALERT_STATE, state))


@register.simple_tag
def severity_pill(severity: str) -> SafeString:
    """Severity as mark and word."""
    return _tag(pills.pill(pills.SEVERITY, severity))


@register.simple_tag
def severity_mark(severity: str) -> SafeString:
    """Severity as a square mark; its word is for screen readers."""
    shown = pills.pill(pills.SEVERITY, severity)
    return format_html(
        '<span class="sev {}">{}<span class="vh">{}</span></span>',
        shown.tone,
        icon(shown.icon),
        shown.label,
    )


@register.simple_tag
def confidence_pill(confidence: float | None) -> SafeString:
    """A confidence of 0 to 1 as a word."""
    return _tag(pills.confidence_pill(confidence))


@register.simple_tag
def low_confidence_pill(confidence: float | None) -> SafeString:
    """The word for a low confidence alone, for lists where the others need none."""
    if confidence is None or confidence >= pills.LOW_CONFIDENCE:
        return SafeString("")
    return confidence_pill(confidence)


@register.simple_tag
def when(at: datetime | None) -> SafeString:
    """A moment in a list: `Today 14:31:22`; the whole of it, in the reader's zone, in `title`."""
    if at is None:
        return SafeString(formats.UNKNOWN)
    return _time(at, formats.listed(at, timezone.get_default_timezone(), now=timezone.now()))


@register.simple_tag
def when_said(at: datetime | None) -> SafeString:
    """`when` within a sentence: `today 14:31:22`."""
    if at is None:
        return SafeString(formats.UNKNOWN)
    words = formats.listed(at, timezone.get_default_timezone(), now=timezone.now())
    return _time(at, words.replace("Today", "today").replace("Yesterday", "yesterday"))


@register.simple_tag
def age(at: datetime | None) -> SafeString:
    """How long ago; a script counts on. Not for cached fragments, whose text would stand still
    without script."""
    if at is None:
        return SafeString(formats.UNKNOWN)
    return format_html(
        '<time datetime="{}" title="{}" data-age>{}</time>',
        utc_iso(at),
        _reader_moment(at),
        formats.age((timezone.now() - at).total_seconds()),
    )


@register.filter
def query_string(address: str) -> str:
    """The query of an address, without its question mark."""
    return urlsplit(address).query


@register.filter
def as_json(value: Any) -> str:
    """Compact JSON for a `data-` attribute; the template escapes it."""
    return json.dumps(value, separators=(",", ":"), default=str)


@register.simple_tag
def region(region_id: str, address: str, live: str = "") -> SafeString:
    """The attributes of a region: what it is called, what it refetches, what it listens to.

    live: topics, separated by spaces. `static/js/live.js` sends the `refresh`.
    """
    return format_html(
        'id="{}" data-region data-live="{}" hx-get="{}" hx-trigger="refresh" hx-target="this"'
        ' hx-swap="morph:outerHTML"',
        region_id,
        live,
        address,
    )


@register.simple_tag(takes_context=True)
def panel(context: Context, fragment: str) -> SafeString:
    """A fragment of the page: as the view rendered it before (`prerendered`), or rendered here."""
    ready = (context.get("prerendered") or {}).get(fragment)
    if ready is not None:
        # A template's output, from the fragment cache.
        return SafeString(ready)
    # The page's own context, as {% include %} has it, and not a copy.
    assert context.template is not None  # noqa: S101  set while a template renders
    return context.template.engine.get_template(fragment).render(context)


@register.inclusion_tag("components/as_of.html")
def as_of(stamp: AsOf | None) -> dict[str, Any]:
    """The as-of stamp of a page or panel. Its age is written by script, so a cached fragment
    never shows an old one."""
    if stamp is None or stamp.at is None:
        return {"at": None}
    return {
        "at": stamp.at,
        "limit_seconds": stamp.limit_seconds,
        "title": _reader_moment(stamp.at),
    }


def _shop_day(value: date | datetime | None) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).date()
    return value


def _reader_moment(at: datetime) -> str:
    """The moment in the reader's own zone, named: it may differ from the shop's."""
    zone = timezone.get_current_timezone()
    return f"{formats.moment(at, zone)} {at.astimezone(zone).tzname()}"


def _time(at: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', utc_iso(at), _reader_moment(at), text
    )


def _tile_text(tile: Tile, value: Decimal | float | None) -> str:
    if tile.kind == "money":
        return formats.money_compact(value, settings.SHOP_CURRENCY)
    if tile.kind == "money_exact":
        return formats.money(value, settings.SHOP_CURRENCY)
    if tile.kind == "rate":
        return formats.rate(value)
    if tile.kind == "days":
        return days(None if value is None else float(value))
    return formats.decimal(value) if tile.kind == "decimal" else formats.count(value)


def _delta(
    value: Decimal | float | None,
    previous: Decimal | float | None,
    *,
    in_points: bool,
    good: HigherIs,
) -> SafeString:
    found = change_between(value, previous, in_points=in_points, higher_is=good)
    if found.amount is None:
        return format_html('<span class="delta"><span class="vh">change </span>{}</span>', "–")
    return format_html(
        '<span class="delta {}">{}<span class="vh">{} </span>{}</span>',
        found.judgement,
        icon(found.icon, "i-s"),
        found.word,
        found.text,
    )


def _tag(shown: pills.Pill) -> SafeString:
    return format_html(
        '<span class="tag {}">{}{}</span>', shown.tone, icon(shown.icon), shown.label
    )


@lru_cache(maxsize=1)
def _sprite() -> str:
    # One look-up in the manifest a process instead of one an icon.
    return static("vendor/lucide/sprite.svg")
