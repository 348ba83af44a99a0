"""One customer: how often, when and what they buy, what that says of them, and their orders."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from analytics.dashboard.drawn import money
from analytics.metrics import METRICS
from analytics.models import CustomerPurchasePattern, CustomerStats, RepeatModelFit
from analytics.paths import customer_path
from analytics.reports.customers import FRESH_SECONDS
from analytics.reports.heat import Heat, heat_rows
from analytics.reports.overview import WEEKDAYS
from analytics.reports.panels import Field, Panel, Report, Row, Section, Table
from techmart.lib import formats
from techmart.lib.page_parts import AsOf, Kind, Tile
from techmart.lib.periods import address
from transactions.models import Customer, Transaction

ORDERS = 15
# Lines looked through for them.
_LINES = 200
_MARKED_HOURS = 3
_NO_PATTERN = "No order in the last 365 days"


@dataclass(slots=True)
class Order:
    """Lines of one order. amount: of its lines, whatever became of them later."""

    at: datetime
    lines: int = 0
    units: int = 0
    amount: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    products: list[str] = field(default_factory=list)


def customer_context(customer: Customer) -> dict[str, Any]:
    """Return what the page of a customer asks for."""
    pattern = CustomerPurchasePattern.objects.filter(customer=customer).first()
    return {
        "page_url": customer_path(customer.code),
        "customer": customer,
        "segment": pattern.get_segment_display() if pattern else "",
        "report": _report(customer, pattern),
        "file_query": address("", {"code": customer.code}),
    }


def customer_report(customer: Customer) -> Report:
    """Return the figures of a customer's page."""
    return _report(customer, CustomerPurchasePattern.objects.filter(customer=customer).first())


def _report(customer: Customer, pattern: CustomerPurchasePattern | None) -> Report:
    fit = RepeatModelFit.objects.first()
    as_of = AsOf(fit.as_of if fit else None, FRESH_SECONDS)
    return Report(
        "customer",
        _tiles(customer, pattern, as_of),
        (
            Section((_pattern(pattern, as_of), _categories(customer, pattern, as_of)), "grid g-2"),
            Section((_weekdays(pattern, as_of), _hours(pattern, as_of)), "grid g-2"),
            Section((_orders(customer),)),
        ),
        as_of,
    )


def sales_of(customer: Customer, **further: str) -> str:
    """Return the address of the customer's sales."""
    return (
        f"/transactions/?{urlencode({'basis': 'completed', 'customer': customer.code} | further)}"
    )


def _tiles(customer: Customer, pattern: CustomerPurchasePattern | None, as_of: AsOf) -> list[Tile]:
    stats = CustomerStats.objects.filter(customer=customer).first()
    url = f"/transactions/?{urlencode({'basis': 'booked', 'customer': customer.code})}"

    def tile(key: str, label: str, kind: Kind, value: Any, metric: str, detail: str = "") -> Tile:
        return Tile(
            key=key,
            label=label,
            definition=METRICS[metric].definition,
            value=value,
            kind=kind,
            href=url,
            as_of=as_of,
            detail=detail,
        )

    tiles = [
        tile(
            "net",
            "Net sales, ever",
            "money_exact",
            stats.gross - stats.refunds if stats else Decimal(0),
            "net_sales",
            f"{money(pattern.net_sales)} in 365 days" if pattern else "",
        ),
        tile("orders", "Orders, ever", "count", stats.orders if stats else 0, "customers"),
    ]
    if pattern:
        tiles += [
            tile("average", "Average order", "money_exact", pattern.average_amount, "customers"),
            tile(
                "expected",
                "Expected in 90 days",
                "money_exact",
                pattern.expected_value_90d,
                "expected",
                f"{formats.decimal(pattern.expected_orders_90d)} order days",
            ),
            tile(
                "loyalty",
                "Loyalty",
                "count",
                round(pattern.loyalty),
                "segments",
                f"of 100, {pattern.get_tier_display().lower()}",
            ),
        ]
    return tiles


def _pattern(pattern: CustomerPurchasePattern | None, as_of: AsOf) -> Panel:
    rows: list[Row] = []
    if pattern:
        zone = timezone.get_default_timezone()
        rows = [
            Row(("Segment", pattern.get_segment_display())),
            Row(("Recency, frequency, money", _scores(pattern)), sub="scores, 1 worst to 5 best"),
            Row(("Newest order", f"{formats.count(pattern.recency_days)} days before")),
            Row(("Orders in 365 days", formats.count(pattern.orders))),
            Row(("Orders per 30 days", formats.decimal(pattern.frequency, places=2))),
            Row(("First order ever", formats.day(pattern.first_order_at.astimezone(zone).date()))),
            Row(
                ("Repeat days", formats.count(pattern.repeat_days)),
                sub="days with an order after the first",
            ),
            Row(("Mean of a repeat day", money(pattern.repeat_value or 0))),
            Row(("Chance to order again", formats.rate(pattern.p_alive, places=0)), sub="BG/NBD"),
            Row(("Expected order", money(pattern.expected_order_value or 0)), sub="gamma–gamma"),
        ]
    return Panel(
        key="pattern",
        title="Purchase pattern",
        metric="customers",
        as_of=as_of,
        table=Table([Field("what", "Figure"), Field("value", "Value")], rows),
        empty=_NO_PATTERN,
    )


def _scores(pattern: CustomerPurchasePattern) -> str:
    return f"{pattern.r_score}, {pattern.f_score}, {pattern.m_score}"


def _categories(customer: Customer, pattern: CustomerPurchasePattern | None, as_of: AsOf) -> Panel:
    rows = []
    for entry in pattern.top_categories if pattern else ():
        net = Decimal(str(entry["net"]))
        whole = pattern.net_sales if pattern else Decimal(0)
        rows.append(
            Row(
                (entry["category"], net, float(net / whole) if whole > 0 else None),
                url=sales_of(customer, cat=entry["category"]),
            )
        )
    return Panel(
        key="categories",
        title="What they buy",
        metric="customer_categories",
        as_of=as_of,
        table=Table(
            [
                Field("category", "Category"),
                Field("net", "Net sales", "money_exact"),
                Field("share", "Share", "share"),
            ],
            rows,
        ),
        url=sales_of(customer),
        empty=_NO_PATTERN,
    )


def _weekdays(pattern: CustomerPurchasePattern | None, as_of: AsOf) -> Panel:
    counts = pattern.weekday_counts if pattern else []
    return _when("weekdays", "Orders by weekday", WEEKDAYS, [True] * 7, counts, as_of)


def _hours(pattern: CustomerPurchasePattern | None, as_of: AsOf) -> Panel:
    names = [f"{hour:02d}" for hour in range(24)]
    marked = [hour % _MARKED_HOURS == 0 for hour in range(24)]
    counts = pattern.hour_counts if pattern else []
    return _when("hours", "Orders by hour", names, marked, counts, as_of)


def _when(
    key: str,
    title: str,
    names: Sequence[str],
    marked: Sequence[bool],
    counts: Sequence[int],
    as_of: AsOf,
) -> Panel:
    most = max(counts, default=0)
    heat = Heat(
        caption=f"{title}, 365 days",
        heads=names,
        marked=marked,
        rows=heat_rows(
            {"Orders": [float(count) for count in counts]},
            text=lambda _, at, value: f"{names[at]}, {formats.count(value)} orders",
        ),
        low="0",
        high=f"{formats.count(most)} orders",
    )
    table = Table(
        [Field("when", "When"), Field("orders", "Orders", "count")],
        [Row((name, count)) for name, count in zip(names, counts, strict=False) if count],
    )
    return Panel(
        key=key,
        title=title,
        metric="customer_hours",
        as_of=as_of,
        heat=heat if most else None,
        table=table,
        listed=table,
        listed_label="Show as table",
        empty=_NO_PATTERN,
    )


def orders_of(customer: Customer, *, lines: int | None = None) -> dict[str, Order]:
    """Return the completed orders by reference, the newest first.

    lines: how many of the newest to look through, all when not given. Served by
    idx_transactions_customer_timestamp.
    """
    found = (
        Transaction.objects.filter(customer=customer, completed_at__isnull=False)
        .select_related("product")
        .order_by("-timestamp", "-pk")[:lines]
    )
    orders: dict[str, Order] = {}
    for line in found:
        order = orders.setdefault(line.order_ref, Order(line.timestamp))
        order.lines += 1
        order.units += line.quantity
        order.amount += line.total_amount
        order.refunded += line.refunded_amount
        order.products.append(line.product.name)
    return orders


def _orders(customer: Customer) -> Panel:
    orders = orders_of(customer, lines=_LINES)
    zone = timezone.get_default_timezone()
    return Panel(
        key="orders",
        title="Newest orders",
        metric="customer_orders",
        as_of=AsOf(timezone.now(), FRESH_SECONDS),
        table=Table(
            [
                Field("order", "Order"),
                Field("at", "Time"),
                Field("products", "Products", hide="opt-m"),
                Field("units", "Units", "count"),
                Field("amount", "Amount", "money_exact"),
                Field("refunded", "Refunded", "money_exact", hide="opt-s"),
            ],
            [
                Row(
                    (
                        reference,
                        formats.moment(order.at, zone, seconds=False),
                        _named(order.products),
                        order.units,
                        order.amount,
                        order.refunded,
                    ),
                    url=f"/transactions/?{urlencode({'order': reference})}",
                )
                for reference, order in list(orders.items())[:ORDERS]
            ],
        ),
        url=sales_of(customer),
        empty="No completed order",
    )


def _named(products: Sequence[str]) -> str:
    rest = len(products) - 1
    return products[0] if not rest else f"{products[0]} and {rest} more"
