"""Change: why net sales of two windows differ, split exactly."""

from analytics.dashboard.drawn import money, tick
from analytics.reports.catalogue import catalogue
from analytics.reports.panels import Field, Panel, Report, Row, Section, Table
from analytics.reports.price_volume_mix import Effect, NetChange, ProductChange, decompose
from analytics.reports.sources import Sources
from techmart.lib import charts, formats
from techmart.lib.periods import Windows

SHOWN = 25
_NOTHING = "Choose a comparison to split a change"
_WORDS = {
    Effect.VOLUME: ("Volume", "more or fewer units, at the old mix and prices"),
    Effect.PRICE: ("Price", "other prices and discounts for the same units"),
    Effect.MIX: ("Mix", "dearer or cheaper products among the units"),
    Effect.NEW: ("New products", "sold in this window only"),
    Effect.GONE: ("Products gone", "sold in the window before only"),
    Effect.REFUNDS: ("Refunds", "money booked back, against that of the window before"),
}


def change(sources: Sources) -> Report:
    """Return the tab."""
    before = sources.products_before
    found = None if before is None else decompose(before, sources.products)
    return Report(
        "change",
        (),
        (Section((_effects(sources, found),)), Section((_products(sources, found),))),
        sources.folded,
    )


def _effects(sources: Sources, found: NetChange | None) -> Panel:
    table = None
    if found is not None:
        rows = [
            Row((_WORDS[effect][0], amount, _part(amount, found)), sub=_WORDS[effect][1])
            for effect, amount in found.effects.items()
        ]
        table = Table(
            [
                Field("effect", "Part"),
                Field("amount", "Amount", "money_exact"),
                Field("share", "Of net sales before", "points"),
            ],
            [
                Row(("Before", found.before, None), sub="net sales of the window compared with"),
                *rows,
            ],
            total=Row(("Now", found.after, _part(found.amount, found))),
        )
    return Panel(
        key="change",
        title="Why net sales changed",
        metric="change",
        as_of=sources.folded,
        chart=None if found is None else _waterfall(found),
        table=table,
        table_below=True,
        url=sources.filters.sales_url(basis="booked"),
        aside="" if found is None else f"{_signed_money(found.amount)} in all",
        footer=_windows(sources.spans),
        empty=_NOTHING,
    )


def _waterfall(found: NetChange) -> charts.Chart:
    return charts.waterfall(
        label="From net sales before to net sales now",
        summary=_in_words(found),
        start=("Before", float(found.before)),
        parts=[(_WORDS[effect][0], float(amount)) for effect, amount in found.effects.items()],
        end="Now",
        format_value=money,
        format_part=_signed_money,
        format_tick=tick,
        words=("Net sales", "Adds", "Takes away"),
    )


def _in_words(found: NetChange) -> str:
    """Say what changed, and which part did most of it."""
    most = max(found.effects, key=lambda effect: abs(found.effects[effect]))
    return (
        f"{money(found.before)} became {money(found.after)}; "
        f"most of it by {_WORDS[most][0].lower()}, {_signed_money(found.effects[most])}."
    )


def _signed_money(amount: formats.Number) -> str:
    return f"+{money(amount)}" if amount > 0 else money(amount)


def _part(amount: object, found: NetChange) -> float | None:
    return float(str(amount)) / float(found.before) if found.before > 0 else None


def _windows(spans: Windows) -> str:
    return "" if spans.previous is None else _named(spans)


def _named(spans: Windows) -> str:
    day = formats.day
    first, last, shift = spans.first_day, spans.last_day, spans.shift
    return f"{day(first)} to {day(last)} against {day(first - shift)} to {day(last - shift)}."


def _products(sources: Sources, found: NetChange | None) -> Panel:
    """Return the products that moved most."""
    moved = sorted(
        () if found is None else found.products,
        key=lambda row: (-abs(row.after - row.before), row.product_id),
    )
    names = catalogue([row.product_id for row in moved[:SHOWN]])
    rows = [
        Row(
            (
                names[row.product_id].name,
                row.before,
                row.after,
                row.after - row.before,
                row.price,
                row.quantity,
                row.refunds,
            ),
            url=sources.filters.sales_url(basis="booked", sku=names[row.product_id].sku),
            sub=names[row.product_id].sku,
        )
        for row in moved[:SHOWN]
    ]
    return Panel(
        key="change_products",
        title="Products behind the change",
        metric="change_products",
        as_of=sources.folded,
        table=Table(
            [
                Field("product", "Product"),
                Field("before", "Before", "money_exact", hide="opt-m"),
                Field("after", "Now", "money_exact", hide="opt-m"),
                Field("amount", "Change", "money_exact"),
                Field("price", "By price", "money_exact", hide="opt-s"),
                Field("quantity", "By units", "money_exact", hide="opt-s"),
                Field("refunds", "By refunds", "money_exact", hide="opt-l"),
            ],
            rows + _rest(moved),
            total=None if found is None else _total(found),
        ),
        url=sources.filters.sales_url(basis="booked"),
        empty=_NOTHING,
    )


def _rest(moved: list[ProductChange]) -> list[Row]:
    """Return the products that are not listed, as one row."""
    rest = moved[SHOWN:]
    if not rest:
        return []
    return [Row((f"{formats.count(len(rest))} more products", *_summed(rest)))]


def _total(found: NetChange) -> Row:
    return Row(("All", *_summed(list(found.products))))


def _summed(rows: list[ProductChange]) -> list[object]:
    names = ("before", "after", "price", "quantity", "refunds")
    sums = {name: sum((getattr(row, name) for row in rows), start=0) for name in names}
    moved = sums["after"] - sums["before"]
    return [sums["before"], sums["after"], moved, sums["price"], sums["quantity"], sums["refunds"]]
