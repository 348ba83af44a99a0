"""Goods that go back to the supplier they came from."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from inventory.choices import MovementKind
from inventory.models import Product, PurchaseOrderLine, SupplierReturn
from inventory.services.ledger import MovementEntry, post_movements
from inventory.services.stock_alerts import review_stock_alerts
from techmart.core.corrections import required_reason
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal


class ReturnRefused(Refusal):
    """More is to go back than came, or than one unit; nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message, code="return_refused", errors=[FieldError("quantity", "invalid", message)]
        )


@transaction.atomic
def return_to_supplier(
    *,
    product_id: int,
    quantity: int,
    reason: str,
    actor: User | None,
    now: datetime,
    line_id: int | None = None,
) -> SupplierReturn:
    """Take goods out of stock because they go back to the supplier.

    quantity: units, 1 or more. line_id: the order line they came by: no more go back than came
    with it, at its cost. Without one the product's own cost stands. What is expected of the
    order does not change: goods to replace these are ordered anew.

    Raises ReturnRefused, ReasonMissing, InsufficientStock; Product.DoesNotExist.
    """
    reason = required_reason(reason)
    if quantity < 1:
        raise ReturnRefused("Return 1 unit or more.")
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    cost, line = product.unit_cost, None
    if line_id is not None:
        line = PurchaseOrderLine.objects.filter(pk=line_id, product=product).first()
        if line is None:
            raise ReturnRefused(f"That order line is not of {product.name}.")
        cost = _cost_of(line, quantity)
    row = SupplierReturn.objects.create(
        product=product,
        supplier_id=product.supplier_id,
        line=line,
        quantity=quantity,
        unit_cost=cost,
        reason=reason[:300],
        returned_at=now,
        actor=actor,
    )
    changes = post_movements(
        [
            MovementEntry(
                product_id=product.pk,
                kind=MovementKind.SUPPLIER_RETURN,
                quantity=-quantity,
                source_type="supplier_return",
                source_id=row.pk,
                occurred_at=now,
                reason=row.reason,
                unit_cost=cost,
            )
        ],
        now=now,
        actor=actor,
    )
    review_stock_alerts(changes, now=now)
    return row


def _cost_of(line: PurchaseOrderLine, quantity: int) -> Decimal:
    """Return the cost of units that came by a line. Raises ReturnRefused."""
    gone = line.returns.aggregate(units=Sum("quantity"))["units"] or 0
    left = line.received_quantity - gone
    if quantity > left:
        raise ReturnRefused(f"Of this order line {left} came and did not go back yet.")
    return line.unit_cost
