"""Products: what makes most of the revenue, its classes, and what of it is in stock."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from analytics.choices import View
from analytics.dashboard.drawn import money, tick
from analytics.reports import materialized
from analytics.reports.catalogue import catalogue
from analytics.reports.overview import category_panel
from analytics.reports.panels import Field, Panel, Report, Row, Section, Stack, Table
from analytics.reports.pareto import CLASS_LINES, Ranked, grouped, ranked
from analytics.reports.sources import Sources
from analytics.reports.sums import Sums
from inventory.choices import StockState
from techmart.lib import charts, formats
from techmart.lib.charts.pareto import ClassFill

BARS = 40
SHOWN = 30
CATEGORIES = 20
_FILLS: Mapping[str, ClassFill] = {"A": "f-c1", "B": "f-c5", "C": "f-neutral"}
_CLASS_WORDS = {"A": "A: first 80%", "B": "B: next 15%", "C": "C: last 5%"}


def products(sources: Sources) -> Report:
    """Return the tab."""
    entries = ranked([(key, sums.net) for key, sums in sources.products.items()])
    sections = (
        Section(
            (_pareto(sources, entries), Stack((_classes(sources, entries), _stock(sources)))),
            "grid g-32",
        ),
        Section((_best(sources, entries),)),
        Section((category_panel(sources, shown=CATEGORIES),)),
    )
    return Report("products", (), sections, sources.folded)


def _pareto(sources: Sources, entries: list[Ranked[int]]) -> Panel:
    chart = None
    first = sum(entry.letter == "A" for entry in entries)
    groups = grouped(entries, most=BARS)
    if groups:
        size = groups[0].last - groups[0].first + 1
        chart = charts.pareto(
            label="Net sales by product, largest first",
            summary=f"{formats.count(first)} of {formats.count(len(entries))} products make 80 % "
            "of net sales.",
            bars=[
                charts.ParetoBar(
                    group.name, group.value, group.cumulative, _FILLS[group.letter], group.letter
                )
                for group in groups
            ],
            format_value=money,
            format_tick=tick,
            legend=[(_FILLS[letter], _CLASS_WORDS[letter]) for letter, _ in CLASS_LINES],
            value_name="Net sales" if size == 1 else "Net sales, mean",
            note="" if size == 1 else f"Each bar is the mean of {formats.count(size)} products.",
        )
    return Panel(
        key="pareto",
        title="Products by revenue",
        metric="pareto",
        as_of=sources.folded,
        chart=chart,
        table=Table(
            [
                Field("ranks", "Ranks"),
                Field("net", "Net sales, mean", "money_exact"),
                Field("cumulative", "Cumulative", "rate"),
                Field("class", "Class"),
            ],
            [Row((group.name, group.value, group.cumulative, group.letter)) for group in groups],
        ),
        url=sources.filters.sales_url(basis="booked"),
        aside=f"{formats.count(len(entries))} products",
    )


def _classes(sources: Sources, entries: list[Ranked[int]]) -> Panel:
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        counts[entry.letter] += 1
        sums[entry.letter] += entry.value
    whole = sum(sums.values(), Decimal(0))
    rows = [
        Row(
            (
                letter,
                counts[letter],
                sums[letter],
                float(sums[letter] / whole) if whole else 0.0,
                counts[letter] / len(entries),
            )
        )
        for letter, _ in CLASS_LINES
        if entries
    ]
    sent_back = sum((row.net for row in sources.products.values() if row.net <= 0), Decimal(0))
    return Panel(
        key="classes",
        title="Classes",
        metric="pareto",
        as_of=sources.folded,
        table=Table(
            [
                Field("class", "Class"),
                Field("products", "Products", "count"),
                Field("net", "Net sales", "money"),
                Field("share", "Share", "rate"),
                Field("products_share", "Of products", "rate"),
            ],
            rows,
            total=Row(("All", len(entries), whole, 1.0, 1.0)) if entries else None,
        ),
        url=sources.filters.sales_url(basis="booked"),
        footer=(
            f"Products with more sent back than sold, {money(sent_back)} together, are in no class."
            if sent_back
            else ""
        ),
    )


def _best(sources: Sources, entries: list[Ranked[int]]) -> Panel:
    """Return the products that sold most, each with the sales behind it."""
    shown, before = entries[:SHOWN], sources.products_before
    names = catalogue([entry.key for entry in shown])
    rows = []
    for entry in shown:
        product, sums = names[entry.key], sources.products[entry.key]
        earlier = None if before is None else before.get(entry.key, Sums()).net
        rows.append(
            Row(
                (
                    product.name,
                    entry.letter,
                    sums.net,
                    (sums.net, earlier),
                    entry.share,
                    entry.cumulative,
                    sums.units,
                    sums.margin,
                ),
                url=sources.filters.sales_url(basis="booked", sku=product.sku),
                sub=f"{product.sku}, {product.category}",
            )
        )
    return Panel(
        key="best_products",
        title="Best products",
        metric="best_products",
        as_of=sources.folded,
        table=Table(
            [
                Field("product", "Product"),
                Field("class", "Class"),
                Field("net", "Net sales", "money"),
                Field("change", "Change", "change"),
                Field("share", "Share", "rate"),
                Field("cumulative", "Cumulative", "rate", hide="opt-m"),
                Field("units", "Units", "count", hide="opt-m"),
                Field("margin", "Margin", "money", hide="opt-m"),
            ],
            rows,
        ),
        url=sources.filters.sales_url(basis="booked"),
        aside=(f"first {SHOWN} of {formats.count(len(entries))}" if len(entries) > SHOWN else ""),
    )


def _stock(sources: Sources) -> Panel:
    """Return what is in stock of each of the planner's classes, in the category shown."""
    found: dict[str, list[materialized.HealthRow]] = defaultdict(list)
    for row in materialized.stock_health():
        if sources.scope.category in ("", row.category):
            found[row.abc_class].append(row)
    rows = []
    for letter in sorted(found):
        parts = found[letter]
        count = sum(part.products for part in parts)
        out = sum(part.products for part in parts if part.state == StockState.OUT)
        rows.append(
            Row(
                (
                    letter or "–",
                    count,
                    1 - out / count,
                    sum((part.value for part in parts), Decimal(0)),
                    sum((part.lost_revenue_a_day for part in parts), Decimal(0)),
                ),
                url=f"/inventory/?abc={letter}" if letter else "",
            )
        )
    return Panel(
        key="stock_classes",
        title="Stock by class",
        metric="stock_classes",
        as_of=sources.of_view(View.INVENTORY_HEALTH, limit_seconds=1200),
        table=Table(
            [
                Field("class", "Class"),
                Field("products", "Products", "count"),
                Field("in_stock", "In stock", "rate"),
                Field("value", "Stock value", "money"),
                Field("lost_a_day", "Lost a day", "money"),
            ],
            rows,
        ),
        url="/inventory/",
        url_label="Open inventory",
        aside="all stores" if sources.scope.store else "",
        empty="No products yet",
    )
