"""Purchase orders: drafted, sent, received line by line, closed short or cancelled.

on_order_quantity of a product is the sum of what its open lines still miss; every act here
moves it with the lines. Locks the order first, then products in id order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone

from alerts.services import clear_alert
from inventory.choices import INBOUND_ORDER_STATES, MovementKind, OrderState
from inventory.models import Product, PurchaseOrder, PurchaseOrderLine, Receipt, Supplier
from inventory.services.ledger import MovementEntry, StockChange, move_on_order, post_movements
from inventory.services.stock_alerts import review_stock_alerts, soon_key
from inventory.services.suggestion_states import follow_order
from techmart.core import outbox
from techmart.core.audit import record_audit
from techmart.core.corrections import required_reason
from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib.cache import Tag, bump_on_commit

COST_PLACES = Decimal("0.0001")
MAIL_TASK = "inventory.mail_order"
MAIL_QUEUE = "default"


@dataclass(frozen=True, slots=True)
class LineInput:
    """A product to order. unit_cost: empty for the product's own."""

    product_id: int
    quantity: int
    unit_cost: Decimal | None = None


class OrderRefused(Refusal):
    """The order cannot be made, or this step does not fit where it stands; nothing changed."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="order_refused", status=409)


@transaction.atomic
def create_order(
    *,
    supplier_id: int,
    lines: Sequence[LineInput],
    actor: User | None,
    now: datetime,
    note: str = "",
) -> PurchaseOrder:
    """Draft an order; nothing counts as inbound until it is sent.

    Raises OrderRefused for an inactive supplier, no lines, a quantity below 1, a product twice,
    of another supplier or out of the range; Supplier.DoesNotExist.
    """
    supplier = Supplier.objects.get(pk=supplier_id)
    products = _orderable_products(supplier, lines)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('purchase_orders', 'id'))")
        key = cursor.fetchone()[0]
    order = PurchaseOrder.objects.create(
        pk=key,
        number=f"PO-{key:06d}",
        supplier=supplier,
        created_by=actor,
        created_at=now,
        note=note,
    )
    PurchaseOrderLine.objects.bulk_create(
        PurchaseOrderLine(
            order=order,
            product_id=line.product_id,
            quantity=line.quantity,
            unit_cost=(
                products[line.product_id].unit_cost if line.unit_cost is None else line.unit_cost
            ),
        )
        for line in lines
    )
    return order


def _orderable_products(supplier: Supplier, lines: Sequence[LineInput]) -> dict[int, Product]:
    """Return the products by key. Raises OrderRefused."""
    if not supplier.active:
        raise OrderRefused(f"{supplier} is no longer used.")
    if not lines:
        raise OrderRefused("An order has a line or more.")
    if any(line.quantity < 1 for line in lines):
        raise OrderRefused("Order 1 unit or more of each product.")
    products = Product.objects.filter(
        pk__in=[line.product_id for line in lines], supplier=supplier, active=True
    ).in_bulk()
    if len(products) < len(lines):
        raise OrderRefused(f"Each line names another active product of {supplier}.")
    return products


@transaction.atomic
def send_order(
    *, order_id: int, actor: User | None, now: datetime, mail: bool = False
) -> PurchaseOrder:
    """Record that a draft went to the supplier: from now on it is inbound.

    Promised for the supplier's lead time from today, in shop days. mail: send it to the
    supplier's address once this has committed; a supplier without one gets none. Suggestions
    behind its lines are ordered. Raises OrderRefused.
    """
    order = _locked(order_id, OrderState.DRAFT)
    lead_time_days = math.ceil(order.supplier.lead_time_days)
    order.state = OrderState.SENT
    order.ordered_at = now
    order.promised_date = timezone.localdate(now) + timedelta(days=lead_time_days)
    _save_step(order, "order.send", actor=actor, now=now)
    _move_inbound(order, sign=1, now=now)
    follow_order(order.pk, now=now)
    if mail and order.supplier.email:
        outbox.add_task(MAIL_TASK, kwargs={"order_id": order.pk}, queue=MAIL_QUEUE, now=now)
    return order


@transaction.atomic
def confirm_order(
    *, order_id: int, actor: User | None, now: datetime, promised_date: date | None = None
) -> PurchaseOrder:
    """Record that the supplier takes the order, for another day than promised if it says so.

    Raises OrderRefused for an order that is not sent, and for a day before it was.
    """
    order = _locked(order_id, OrderState.SENT)
    if promised_date is not None:
        if order.ordered_at and promised_date < timezone.localdate(order.ordered_at):
            raise OrderRefused("The promised day lies before the order was sent.")
        order.promised_date = promised_date
    order.state = OrderState.CONFIRMED
    order.confirmed_at = now
    _save_step(order, "order.confirm", actor=actor, now=now)
    return order


@transaction.atomic
def receive_line(
    *,
    line_id: int,
    quantity: int,
    actor: User | None,
    now: datetime,
    received_at: datetime | None = None,
    unit_cost: Decimal | None = None,
    received_before: int | None = None,
) -> Receipt:
    """Book goods that came for one line, fewer or more than it still misses.

    quantity: units, 1 or more. unit_cost: as invoiced; the line's when not given. The product's
    cost becomes the moving average (old_units·old_cost + q·c)/(old_units + q). The order is
    received once every line is, and stays open otherwise; see close_order.

    received_before: units that the person saw as received; another number is refused, so that a
    delivery booked twice, by two people or by a second click, counts once.

    Raises OrderRefused for an order that is not on its way, a time after now, or no units.
    """
    if quantity < 1:
        raise OrderRefused("Receive 1 unit or more.")
    moment = received_at or now
    if moment > now:
        raise OrderRefused("Goods cannot have come later than now.")
    order = _locked(
        PurchaseOrderLine.objects.values_list("order_id", flat=True).get(pk=line_id),
        *INBOUND_ORDER_STATES,
    )
    line = order.lines.get(pk=line_id)
    if received_before not in (None, line.received_quantity):
        raise OrderRefused(
            f"{line.received_quantity} are received by now, not {received_before}: look again."
        )
    cost = line.unit_cost if unit_cost is None else unit_cost
    missing = max(0, line.quantity - line.received_quantity)
    receipt = Receipt.objects.create(
        line=line,
        quantity=quantity,
        unit_cost=cost,
        received_at=moment,
        recorded_at=now,
        actor=actor,
    )
    line.received_quantity += quantity
    line.save(update_fields=["received_quantity"])
    change = _bring_in(
        receipt, line.product_id, arrived=min(quantity, missing), actor=actor, now=now
    )
    _average_cost(change, quantity=quantity, unit_cost=cost)
    complete = all(each.received_quantity >= each.quantity for each in order.lines.all())
    order.state = OrderState.RECEIVED if complete else OrderState.PARTIALLY_RECEIVED
    order.closed_at = now if complete else None
    _save_step(order, "order.receive", actor=actor, now=now)
    review_stock_alerts([change], now=now)
    # It did not run out before these came. With the alert of a late order goes what it hid, too.
    clear_alert(dedupe_key=soon_key(line.product_id), now=now)
    follow_order(order.pk, now=now)
    return receipt


@transaction.atomic
def receive_rest(
    *,
    order_id: int,
    actor: User | None,
    now: datetime,
    received_at: datetime | None = None,
    received_before: int | None = None,
) -> list[Receipt]:
    """Book all that the order's lines still miss, at the order's costs; return a receipt each.

    received_before: units of the whole order that the person saw as received; another number is
    refused, as in `receive_line`, whose refusals are these too.
    """
    order = _locked(order_id, *INBOUND_ORDER_STATES)
    lines = list(order.lines.order_by("product_id"))
    received = sum(line.received_quantity for line in lines)
    if received_before not in (None, received):
        raise OrderRefused(f"{received} are received by now, not {received_before}: look again.")
    return [
        receive_line(
            line_id=line.pk,
            quantity=line.quantity - line.received_quantity,
            actor=actor,
            now=now,
            received_at=received_at,
        )
        for line in lines
        if line.received_quantity < line.quantity
    ]


@transaction.atomic
def close_order(*, order_id: int, reason: str, actor: User | None, now: datetime) -> PurchaseOrder:
    """Expect nothing more of an order that came in part. Raises OrderRefused, ReasonMissing."""
    reason = required_reason(reason)
    order = _locked(order_id, OrderState.PARTIALLY_RECEIVED)
    order.state = OrderState.CLOSED
    order.closed_at = now
    _save_step(order, "order.close", actor=actor, now=now, reason=reason)
    _move_inbound(order, sign=-1, now=now)
    follow_order(order.pk, now=now)
    return order


@transaction.atomic
def cancel_order(*, order_id: int, reason: str, actor: User | None, now: datetime) -> PurchaseOrder:
    """Call off an order of which nothing has come. Raises OrderRefused, ReasonMissing."""
    reason = required_reason(reason)
    order = _locked(order_id, OrderState.DRAFT, OrderState.SENT, OrderState.CONFIRMED)
    was_inbound = order.state in INBOUND_ORDER_STATES
    order.state = OrderState.CANCELLED
    order.closed_at = now
    _save_step(order, "order.cancel", actor=actor, now=now, reason=reason)
    if was_inbound:
        _move_inbound(order, sign=-1, now=now)
    follow_order(order.pk, now=now, reason=f"{order.number} was cancelled: {reason}")
    return order


def _locked(order_id: int, *states: OrderState) -> PurchaseOrder:
    """Return the order, locked, if it stands in one of the states. Raises OrderRefused."""
    order = PurchaseOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
    if order.state not in states:
        raise OrderRefused(f"{order.number} is {order.get_state_display().lower()}.")
    return order


def late_key(order_id: int) -> str:
    """Return the key that keeps the alert to one a late order."""
    return f"po.late:{order_id}"


def _end_late(order: PurchaseOrder, *, now: datetime) -> None:
    """End the alert about a late order that is late no more."""
    if order.state not in INBOUND_ORDER_STATES:
        clear_alert(dedupe_key=late_key(order.pk), now=now)


def _save_step(
    order: PurchaseOrder, action: str, *, actor: User | None, now: datetime, reason: str = ""
) -> None:
    order.version += 1
    order.save(
        update_fields=[
            *("state", "ordered_at", "confirmed_at", "promised_date", "closed_at", "version")
        ]
    )
    bump_on_commit(Tag.STOCK)
    record_audit(
        action=action,
        subject_kind="purchase_order",
        subject_id=order.pk,
        now=now,
        actor=actor,
        after={"state": order.state},
        reason=reason,
    )
    _end_late(order, now=now)


def _move_inbound(order: PurchaseOrder, *, sign: int, now: datetime) -> None:
    """Add what the order's lines miss to what is inbound, or take it off."""
    missing = {
        line.product_id: sign * (line.quantity - line.received_quantity)
        for line in order.lines.all()
        if line.received_quantity < line.quantity
    }
    review_stock_alerts(move_on_order(missing, now=now), now=now)


def _bring_in(
    receipt: Receipt, product_id: int, *, arrived: int, actor: User | None, now: datetime
) -> StockChange:
    """Move a receipt from inbound into stock; arrived: the units that were expected."""
    [inbound] = move_on_order({product_id: -arrived}, now=now)
    [change] = post_movements(
        [
            MovementEntry(
                product_id=product_id,
                kind=MovementKind.RECEIPT,
                quantity=receipt.quantity,
                source_type="receipt",
                source_id=receipt.pk,
                occurred_at=receipt.received_at,
                unit_cost=receipt.unit_cost,
            )
        ],
        now=now,
        actor=actor,
    )
    return replace(change, on_order_before=inbound.on_order_before)


def _average_cost(change: StockChange, *, quantity: int, unit_cost: Decimal) -> None:
    """Make the product's cost the moving average of stock at hand and what came."""
    product = Product.objects.only("unit_cost", "version").get(pk=change.product_id)
    product.unit_cost = moving_average_cost(
        old_units=change.before,
        old_cost=product.unit_cost,
        new_units=quantity,
        new_cost=unit_cost,
    )
    # A form opened before must not write the old cost back.
    product.version += 1
    product.save(update_fields=["unit_cost", "version", "updated_at"])


def moving_average_cost(
    *, old_units: int, old_cost: Decimal, new_units: int, new_cost: Decimal
) -> Decimal:
    """Return the cost of one unit after a receipt, to four places. new_units is 1 or more."""
    value = old_units * old_cost + new_units * new_cost
    return (value / (old_units + new_units)).quantize(COST_PLACES)
