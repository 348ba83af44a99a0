"""Stock put right: counts, and goods written off."""

from datetime import datetime

from django.db import transaction

from inventory.choices import MovementKind, WriteOffCode
from inventory.models import Product, StockCount
from inventory.services.ledger import MovementEntry, StockChange, post_movements
from inventory.services.stock_alerts import review_stock_alerts
from techmart.core.audit import record_audit
from techmart.core.corrections import required_reason
from techmart.core.models import User
from techmart.core.problems import Refusal


class CountRefused(Refusal):
    """The number cannot be a count of units."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="count_refused")


@transaction.atomic
def post_count(
    *,
    product_id: int,
    counted_units: int,
    reason: str,
    actor: User | None,
    now: datetime,
) -> StockCount:
    """Book what was counted: a gain or loss of the difference to the stock booked now.

    The count is kept also when it agrees. Raises CountRefused, Product.DoesNotExist.
    """
    if counted_units < 0:
        raise CountRefused("A count is 0 or more.")
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    return book_count(
        product,
        counted_units=counted_units,
        booked_units=product.stock_quantity,
        counted_at=now,
        reason=reason,
        actor=actor,
        now=now,
    )


def book_count(
    product: Product,
    *,
    counted_units: int,
    booked_units: int,
    counted_at: datetime,
    reason: str,
    actor: User | None,
    now: datetime,
) -> StockCount:
    """Keep a count of a locked product and post its difference to what was booked then.

    booked_units: stock at counted_at; what was sold since is no part of the difference. Raises
    InsufficientStock when less than a loss is left by now.
    """
    count = StockCount.objects.create(
        product=product,
        counted_units=counted_units,
        booked_units=booked_units,
        counted_at=counted_at,
        recorded_at=now,
        actor=actor,
        reason=reason.strip(),
    )
    difference = counted_units - booked_units
    if difference:
        kind = MovementKind.COUNT_GAIN if difference > 0 else MovementKind.COUNT_LOSS
        changes = post_movements(
            [
                MovementEntry(
                    product_id=product.pk,
                    kind=kind,
                    quantity=difference,
                    source_type="count",
                    source_id=count.pk,
                    occurred_at=counted_at,
                    reason=count.reason,
                    unit_cost=product.unit_cost,
                )
            ],
            now=now,
            actor=actor,
        )
        review_stock_alerts(changes, now=now)
    return count


@transaction.atomic
def write_off(
    *,
    product_id: int,
    units: int,
    reason: str,
    actor: User | None,
    now: datetime,
    code: WriteOffCode = WriteOffCode.OTHER,
) -> StockChange:
    """Take spoilt, broken or lost units out of stock.

    units: 1 or more. reason: a note to the code; the code "other" needs one. Raises
    CountRefused, ReasonMissing, InsufficientStock; UnknownProducts.
    """
    if code == WriteOffCode.OTHER:
        reason = required_reason(reason)
    else:
        reason = f"{code.label}: {reason.strip()}" if reason.strip() else str(code.label)
    if units < 1:
        raise CountRefused("Write off 1 unit or more.")
    audit = record_audit(
        action="product.write_off",
        subject_kind="product",
        subject_id=product_id,
        now=now,
        actor=actor,
        after={"units": units, "code": code.value},
        reason=reason,
    )
    changes = post_movements(
        [
            MovementEntry(
                product_id=product_id,
                kind=MovementKind.WRITE_OFF,
                quantity=-units,
                source_type="audit",
                source_id=audit.pk,
                occurred_at=now,
                reason=reason,
            )
        ],
        now=now,
        actor=actor,
    )
    review_stock_alerts(changes, now=now)
    return changes[0]
