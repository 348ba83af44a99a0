"""One purchase order as its page shows it: lines, what came, what may be done, its history."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from inventory.choices import INBOUND_ORDER_STATES, OrderState
from inventory.models import PurchaseOrder, PurchaseOrderLine, Receipt, SupplierReturn
from inventory.order_pages.page import FRESH_SECONDS, days_late
from inventory.paths import order_path, product_path, supplier_path
from techmart.core.models import AuditEntry
from techmart.lib import formats
from techmart.lib.page_parts import AsOf

_SAID = {
    "order.send": "Sent to the supplier",
    "order.mail": "Mailed",
    "order.confirm": "Confirmed by the supplier",
    "order.close": "Closed short",
    "order.cancel": "Cancelled",
    "order.change_line": "Line changed",
    "order.remove_line": "Line removed",
}


@dataclass(frozen=True, slots=True)
class LineRow:
    """One product of the order. missing: units still to come; over: those beyond what was asked."""

    pk: int
    name: str
    sku: str
    url: str
    quantity: int
    received: int
    missing: int
    over: int
    unit_cost: Decimal
    amount: Decimal
    pack_size: int
    least: int


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One thing that happened."""

    at: datetime
    title: str
    detail: str
    actor: str


def detail_context(order: PurchaseOrder, *, now: datetime) -> dict[str, Any]:
    """Return what `inventory/_order.html` asks for, beside rights and problem."""
    lines = [_line(line) for line in _lines(order)]
    amount = sum((line.amount for line in lines), Decimal(0))
    minimum = order.supplier.minimum_order_value
    is_coming = order.state in INBOUND_ORDER_STATES
    return {
        "page_url": order_path(order.number),
        "freshness": AsOf(now, FRESH_SECONDS),
        "order": order,
        "supplier": order.supplier,
        "supplier_url": supplier_path(order.supplier.code),
        "lines": lines,
        "units": sum(line.quantity for line in lines),
        "received_units": sum(line.received for line in lines),
        "missing_units": sum(line.missing for line in lines) if is_coming else 0,
        "amount": amount,
        "missing_value": max(Decimal(0), minimum - amount),
        "days_late": days_late(order, now=now),
        "is_draft": order.state == OrderState.DRAFT,
        "is_coming": is_coming,
        "can_confirm": order.state == OrderState.SENT,
        "can_close": order.state == OrderState.PARTIALLY_RECEIVED,
        "can_cancel": order.state in (OrderState.DRAFT, OrderState.SENT, OrderState.CONFIRMED),
        "timeline": _timeline(order),
    }


def _lines(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    return list(order.lines.select_related("product").order_by("product__name", "pk"))


def _line(line: PurchaseOrderLine) -> LineRow:
    return LineRow(
        pk=line.pk,
        name=line.product.name,
        sku=line.product.sku,
        url=product_path(line.product.sku),
        quantity=line.quantity,
        received=line.received_quantity,
        missing=max(0, line.quantity - line.received_quantity),
        over=max(0, line.received_quantity - line.quantity),
        unit_cost=line.unit_cost,
        amount=(line.quantity * line.unit_cost).quantize(Decimal("0.01")),
        pack_size=line.product.pack_size,
        least=line.product.minimum_order_quantity,
    )


def _timeline(order: PurchaseOrder) -> list[TimelineRow]:
    """Return what happened, newest first; four queries."""
    rows = [
        TimelineRow(order.created_at, "Drafted", order.note, _name(order.created_by)),
        *(
            TimelineRow(entry.at, _SAID[entry.action], _detail(entry), _name(entry.actor))
            for entry in AuditEntry.objects.filter(
                subject_kind="purchase_order", subject_id=order.pk, action__in=_SAID
            ).select_related("actor")
        ),
        *(
            TimelineRow(
                receipt.recorded_at,
                f"{formats.count(receipt.quantity)} received",
                receipt.line.product.name,
                _name(receipt.actor),
            )
            for receipt in Receipt.objects.filter(line__order=order).select_related(
                "line__product", "actor"
            )
        ),
        *(
            TimelineRow(
                row.returned_at,
                f"{formats.count(row.quantity)} returned",
                f"{row.product.name}: {row.reason}",
                _name(row.actor),
            )
            for row in SupplierReturn.objects.filter(line__order=order).select_related(
                "product", "actor"
            )
        ),
    ]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _detail(entry: AuditEntry) -> str:
    """Return what an entry says beyond its name."""
    match entry.action:
        case "order.mail":
            return f"to {entry.after.get('to', '')}"
        case "order.change_line":
            before, after = entry.before, entry.after
            return f"{after.get('sku')}: {before.get('quantity')} became {after.get('quantity')}"
        case "order.remove_line":
            return f"{entry.before.get('quantity')} of {entry.before.get('sku')}"
    return entry.reason


def _name(actor: Any) -> str:
    return str(actor) if actor else "TechMart"
