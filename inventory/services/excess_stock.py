"""Stock that ties up money: more of a product than is wanted, and what does not sell."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Case, DateField, DecimalField, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from alerts.choices import AlertKind, Severity
from alerts.services import AlertSpec
from inventory.choices import TotalsWindow
from inventory.figures import DEAD_DAYS
from inventory.models import Product, ProductTotals
from inventory.paths import ledger_path, product_path
from inventory.querysets import LOW_STOCK, OVERSTOCKED
from inventory.services.stock_alerts import SUBJECT
from inventory.services.worst_first import EASED, STAYS, Finding, announce_worst
from techmart.core.models import ShopSettings
from techmart.core.shop import shop_settings
from techmart.lib import formats

_KINDS = (AlertKind.STOCK_OVER, AlertKind.STOCK_DEAD)
_MONEY: Any = DecimalField(max_digits=20, decimal_places=4)
_POSITION = F("stock_quantity") + F("on_order_quantity")


@dataclass(frozen=True, slots=True)
class ExcessStock:
    """A product of which there is too much; units, and money at cost.

    last_sold_on: None when it never sold. tied_up: what is above the level to order up to, or
    all the stock of what does not sell.
    """

    product_id: int
    sku: str
    name: str
    stock: int
    on_order: int
    order_up_to: int
    last_sold_on: date | None
    is_over: bool
    tied_up: Decimal


def least_tied_up(shop: ShopSettings) -> Decimal | None:
    """Return the money from which excess is worth an alert; None where holding costs nothing.

    Held for a year it costs as much as the order line that it takes to act on it: K / h.
    """
    return shop.order_cost / shop.holding_rate if shop.holding_rate else None


def review_excess_stock(*, now: datetime) -> int:
    """Announce the products that tie up most, of those over or dead; return those raised.

    A product is over or dead as `inventory.figures.stock_state` has it. One alert a product: what
    was over and then stops selling becomes dead in place. Without a cost of holding none is told.
    """
    limit = least_tied_up(shop_settings())
    findings: list[Finding] = []
    if limit is not None:
        findings = [
            Finding(_spec(excess), fires=excess.tied_up > limit)
            for excess in _most_tied_up(limit * Decimal(str(EASED)), now=now)
        ]
    return announce_worst(_KINDS, findings, now=now)


def _most_tied_up(at_least: Decimal, *, now: datetime) -> Iterator[ExcessStock]:
    """Yield the products that tie up more than that, the most first; one query."""
    last_sold = ProductTotals.objects.filter(
        product=OuterRef("pk"), window=TotalsWindow.ALL
    ).values("last_sold_on")
    came = TruncDate("created_at", tzinfo=timezone.get_default_timezone())
    dead_since = timezone.localdate(now) - timedelta(days=DEAD_DAYS)
    found = (
        Product.objects.filter(active=True, stock_quantity__gt=0)
        .annotate(
            is_over=Case(When(OVERSTOCKED, then=True), default=False),
            last_sold=Subquery(last_sold, output_field=DateField()),
            tied_up=Case(
                When(OVERSTOCKED, then=(_POSITION - F("order_up_to")) * F("unit_cost")),
                default=F("stock_quantity") * F("unit_cost"),
                output_field=_MONEY,
            ),
        )
        .alias(silent_since=Coalesce("last_sold", came))
        .filter(Q(is_over=True) | ~LOW_STOCK & Q(silent_since__lt=dead_since), tied_up__gt=at_least)
        .order_by("-tied_up", "pk")
    )
    for row in found.values_list(
        "pk",
        "sku",
        "name",
        "stock_quantity",
        "on_order_quantity",
        "order_up_to",
        "last_sold",
        "is_over",
        "tied_up",
    )[:STAYS]:
        yield ExcessStock(*row)


def _spec(excess: ExcessStock) -> AlertSpec:
    worth = formats.money(excess.tied_up, settings.SHOP_CURRENCY)
    last_sold = {"last_sold_on": excess.last_sold_on.isoformat()} if excess.last_sold_on else {}
    if excess.is_over:
        units = excess.stock + excess.on_order - excess.order_up_to
        kind, path = AlertKind.STOCK_OVER, product_path(excess.sku)
        title = f"{excess.name}: more than can be sold soon"
        why = (
            f"{excess.stock} in stock, {excess.on_order} on order, {excess.order_up_to} wanted "
            f"at most: {units} too many, {worth} at cost"
        )
    else:
        kind, path = AlertKind.STOCK_DEAD, ledger_path(excess.sku)
        title = f"{excess.name} does not sell"
        sold = (
            f"last sold on {formats.day(excess.last_sold_on)}"
            if excess.last_sold_on
            else f"not sold within {DEAD_DAYS} days"
        )
        why = f"{excess.stock} in stock, {sold}; {worth} at cost"
    return AlertSpec(
        kind=kind,
        severity=Severity.LOW,
        # One a product, for both kinds.
        dedupe_key=f"stock.over:{excess.product_id}",
        subject_kind=SUBJECT,
        subject_id=excess.product_id,
        title=title,
        message=f"{excess.sku}: {why}.",
        path=path,
        facts={
            "sku": excess.sku,
            "stock": excess.stock,
            "on_order": excess.on_order,
            "order_up_to": excess.order_up_to,
            **last_sold,
            "tied_up": str(excess.tied_up.quantize(Decimal("0.01"))),
        },
    )
