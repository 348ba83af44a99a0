"""The one draft of each supplier that suggestions go into, and its lines.

Locks come in the order supplier, order, lines and suggestions of that order.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from inventory.choices import OrderState, SuggestionState
from inventory.models import Product, PurchaseOrder, PurchaseOrderLine, ReorderSuggestion, Supplier
from inventory.services.orders import LineInput, OrderRefused, create_order
from inventory.services.quantities import check_quantity
from techmart.core.audit import record_audit
from techmart.core.models import User
from techmart.lib.cache import Tag, bump_on_commit


@transaction.atomic
def add_to_draft(
    *, supplier_id: int, lines: Sequence[LineInput], actor: User | None, now: datetime
) -> PurchaseOrder:
    """Put lines into the supplier's newest draft, or into a new one when there is none.

    A product that stands in it already gets more of it. Two people at once share one draft.
    Raises OrderRefused; Supplier.DoesNotExist.
    """
    Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
    draft = (
        PurchaseOrder.objects.select_for_update(of=("self",))
        .filter(supplier_id=supplier_id, state=OrderState.DRAFT)
        .order_by("-pk")
        .first()
    )
    if draft is None:
        return create_order(supplier_id=supplier_id, lines=lines, actor=actor, now=now)
    products = Product.objects.filter(
        pk__in=[line.product_id for line in lines], supplier_id=supplier_id, active=True
    ).in_bulk()
    present = {line.product_id: line for line in draft.lines.all()}
    for line in lines:
        if line.product_id not in products:
            raise OrderRefused("Each line names an active product of the supplier.")
        if line.quantity < 1:
            raise OrderRefused("Order 1 unit or more of each product.")
        if (existing := present.get(line.product_id)) is not None:
            existing.quantity += line.quantity
            existing.save(update_fields=["quantity"])
            continue
        cost = products[line.product_id].unit_cost if line.unit_cost is None else line.unit_cost
        present[line.product_id] = PurchaseOrderLine.objects.create(
            order=draft, product_id=line.product_id, quantity=line.quantity, unit_cost=cost
        )
    _touch(draft)
    return draft


@transaction.atomic
def change_draft_line(
    *, line_id: int, quantity: int, actor: User | None, now: datetime
) -> PurchaseOrderLine:
    """Order another quantity of a line that is not sent yet.

    Raises OrderRefused, and Refusal by field for what the supplier does not deliver.
    """
    line = _draft_line(line_id)
    check_quantity(quantity, pack=line.product.pack_size, least=line.product.minimum_order_quantity)
    record_audit(
        action="order.change_line",
        subject_kind="purchase_order",
        subject_id=line.order_id,
        now=now,
        actor=actor,
        before={"sku": line.product.sku, "quantity": line.quantity},
        after={"sku": line.product.sku, "quantity": quantity},
    )
    line.quantity = quantity
    line.save(update_fields=["quantity"])
    _touch(line.order)
    return line


@transaction.atomic
def remove_draft_line(*, line_id: int, actor: User | None, now: datetime) -> PurchaseOrder:
    """Take a line off an order that is not sent yet; its suggestion is open to decide again.

    The last line takes the draft with it: it is cancelled. Raises OrderRefused.
    """
    line = _draft_line(line_id)
    order = line.order
    ReorderSuggestion.objects.filter(order_line=line, state=SuggestionState.ACCEPTED).update(
        state=SuggestionState.PROPOSED,
        order_line=None,
        decided_by=None,
        decided_at=None,
        updated_at=now,
    )
    record_audit(
        action="order.remove_line",
        subject_kind="purchase_order",
        subject_id=order.pk,
        now=now,
        actor=actor,
        before={"sku": line.product.sku, "quantity": line.quantity},
    )
    line.delete()
    if not order.lines.exists():
        order.state = OrderState.CANCELLED
        order.closed_at = now
    _touch(order)
    return order


def _draft_line(line_id: int) -> PurchaseOrderLine:
    """Return a line of a draft with the draft locked. Raises OrderRefused."""
    order_id = PurchaseOrderLine.objects.values_list("order_id", flat=True).get(pk=line_id)
    order = PurchaseOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
    if order.state != OrderState.DRAFT:
        raise OrderRefused(f"{order.number} is {order.get_state_display().lower()}.")
    line = PurchaseOrderLine.objects.select_related("product").filter(pk=line_id).first()
    if line is None:
        raise OrderRefused(f"The line is no longer in {order.number}.")
    line.order = order
    return line


def _touch(order: PurchaseOrder) -> None:
    """Write that the draft is another one than what was read."""
    order.version += 1
    order.save(update_fields=["state", "closed_at", "version"])
    bump_on_commit(Tag.STOCK)
