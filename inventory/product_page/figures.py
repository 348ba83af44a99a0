"""The figures on top of a product's page, and what follows from them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from inventory.paths import product_path, sales_path
from inventory.product_page.course import run_down
from inventory.product_page.view import FIGURE_DAYS, ProductView, weekday
from techmart.lib import formats
from techmart.lib.page_parts import Tile, Tone, Window


@dataclass(frozen=True, slots=True)
class Consequence:
    """What happens if nobody does anything. lead: the sentence to read first."""

    tone: Tone
    lead: str
    text: str


def figures_context(view: ProductView) -> dict[str, Any]:
    """Return what `inventory/_product_figures.html` asks for."""
    return {
        "page_url": product_path(view.product.sku),
        "freshness": view.freshness,
        "tiles": _tiles(view),
        "consequence": _consequence(view),
    }


def _tiles(view: ProductView) -> list[Tile]:
    product = view.product
    last = view.today - timedelta(days=1)
    first = last - timedelta(days=FIGURE_DAYS - 1)
    sales = sales_path(product.sku, first_day=first, last_day=last)
    window = Window(first, view.today)
    before = Window(first - timedelta(days=FIGURE_DAYS), first)

    def over_28_days(key: str, label: str, definition: str, kind: Any, **values: Any) -> Tile:
        return Tile(
            key,
            label,
            kind=kind,
            href=sales,
            definition=definition,
            as_of=view.freshness,
            window=window,
            previous_window=before,
            **values,
        )

    def now_and_before(field: str) -> tuple[Any, Any]:
        return (
            view.sum_of(field, FIGURE_DAYS, 0),
            view.sum_of(field, FIGURE_DAYS, FIGURE_DAYS),
        )

    asked, asked_before = now_and_before("demand_units")
    gross, gross_before = now_and_before("gross")
    refunds, refunds_before = now_and_before("refunds")
    units, units_before = now_and_before("units")
    returned, returned_before = now_and_before("units_returned")
    details = [f"reorder at {formats.count(product.reorder_threshold)}"]
    if product.on_order_quantity:
        details.append(f"{formats.count(product.on_order_quantity)} on order")
    here = product_path(product.sku)
    return [
        Tile(
            "available",
            "Available",
            product.stock_quantity,
            "count",
            f"{here}#ledger-title",
            "Units in stock: the sum of the ledger's entries.",
            view.freshness,
            detail=", ".join(details),
        ),
        Tile(
            "lasts",
            "Lasts",
            view.cover_days,
            "days",
            f"{here}#stock-title",
            "Units in stock over predicted units a day.",
            view.freshness,
            detail=f"lead time {formats.decimal(view.lead_time_days, places=0)} d",
        ),
        over_28_days(
            "per_day",
            "Demand per day",
            "Units of sales made on the last 28 whole days, without failed and cancelled ones, "
            "over 28.",
            "decimal",
            value=asked / FIGURE_DAYS,
            previous=asked_before / FIGURE_DAYS,
            higher_is="neutral",
        ),
        over_28_days(
            "revenue",
            "Net sales",
            "Sales completed on the last 28 whole days, less refunds and chargebacks booked on "
            "them.",
            "money",
            value=gross - refunds,
            previous=gross_before - refunds_before,
        ),
        over_28_days(
            "returns",
            "Return rate",
            "Units that came back over units sold, on the last 28 whole days.",
            "rate",
            value=returned / units if units else None,
            previous=returned_before / units_before if units_before else None,
            higher_is="bad",
        ),
    ]


def _consequence(view: ProductView) -> Consequence | None:
    """Say what happens to a product that runs out before goods ordered today would come."""
    product, cover, lead = view.product, view.cover_days, view.lead_time_days
    if not product.active or cover is None:
        return None
    arrives = view.today + timedelta(days=round(lead))
    course = run_down(product.stock_quantity, view.per_day, view.deliveries, ahead=round(lead))
    lost = sum(view.per_day for level in course[1:] if level <= 0)
    rate = formats.decimal(view.per_day)
    if product.stock_quantity <= 0:
        at_risk = formats.money(Decimal(str(view.per_day)) * product.price, settings.SHOP_CURRENCY)
        inbound = _next_delivery(view)
        return Consequence(
            "bad",
            "Sold out.",
            f"{rate} a day would be sold, {at_risk} a day. {inbound}",
        )
    if lost:
        runs_out = view.today + timedelta(days=int(cover))
        money = formats.money(Decimal(str(lost)) * product.price, settings.SHOP_CURRENCY, places=0)
        return Consequence(
            "bad",
            f"Sold out by {weekday(runs_out)} at the current rate.",
            f"{formats.count(product.stock_quantity)} are available, {rate} are sold a day. A "
            f"delivery ordered today comes on {weekday(arrives)}, so about "
            f"{formats.count(lost)} sales ({money}) are lost even now.",
        )
    if product.inventory_position <= product.reorder_threshold:
        return Consequence(
            "warn",
            "At the reorder point.",
            f"{formats.count(product.inventory_position)} are available or on order, to be "
            f"reordered at {formats.count(product.reorder_threshold)}.",
        )
    return None


def _next_delivery(view: ProductView) -> str:
    if not view.deliveries:
        arrives = view.today + timedelta(days=round(view.lead_time_days))
        return f"Nothing is on its way; ordered today it comes on {weekday(arrives)}."
    first = min(view.deliveries)
    day = weekday(view.today + timedelta(days=first)) if first else "any day"
    return f"The next delivery, {formats.count(view.deliveries[first])}, is due {day}."
