"""Refunds, disputes and chargebacks: money that goes back is a row, booked when it went."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from inventory.choices import MovementKind
from inventory.services.ledger import MovementEntry, post_movements
from inventory.services.stock_alerts import review_stock_alerts
from techmart.core.models import User
from techmart.core.problems import FieldError
from techmart.lib.cache import Tag, bump_on_commit
from transactions.choices import AdjustmentKind, LabelSource, TransactionStatus
from transactions.models import Adjustment, Transaction, TransactionEvent
from transactions.services.refusals import (
    IllegalTransition,
    ReasonMissing,
    ReferenceConflict,
    RefundRefused,
)
from transactions.services.states import Act, announce, label, locked_sale, move, require

SOURCE_ADJUSTMENT = "adjustment"
_STANDING = {TransactionStatus.COMPLETED, TransactionStatus.PARTIALLY_REFUNDED}


@transaction.atomic
def refund(
    *,
    transaction_id: int,
    amount: Decimal,
    reference: str,
    reason: str,
    now: datetime,
    units_returned: int = 0,
    units_restocked: int = 0,
    actor: User | None = None,
    request_id: str = "",
) -> Adjustment:
    """Pay part or all of a completed sale back, and put restocked units back into stock.

    amount: money, > 0; all refunds of a sale together at most its total. units_restocked: of
    those returned, what can be sold again. The same reference with the same figures answers the
    refund recorded before.

    Raises UnknownSale, IllegalTransition, RefundRefused, ReferenceConflict, ReasonMissing.
    """
    act = Act(actor=actor, reason=_given(reason), now=now, request_id=request_id)
    txn = locked_sale(transaction_id)
    wanted = Adjustment(
        transaction=txn,
        kind=AdjustmentKind.REFUND,
        amount=amount,
        units_returned=units_returned,
        units_restocked=units_restocked,
        booked_at=now,
        recorded_at=now,
        reference=reference,
        actor=actor,
        reason=act.reason,
    )
    if done := _done_before(wanted):
        return done
    left = txn.total_amount - txn.refunded_amount
    whole = amount >= left
    to = TransactionStatus.REFUNDED if whole else TransactionStatus.PARTIALLY_REFUNDED
    require(txn, _STANDING, to)
    _check_refund(txn, wanted, left)
    _insert(wanted)
    txn.refunded_amount += amount
    txn.units_returned += units_returned
    move(txn, to, act, changed=["refunded_amount", "units_returned"])
    if units_restocked:
        _restock(txn, wanted, act)
    return wanted


@transaction.atomic
def open_dispute(
    *,
    transaction_id: int,
    reason: str,
    now: datetime,
    actor: User | None = None,
    request_id: str = "",
) -> Transaction:
    """Note that the payer's bank disputes a sale.

    Raises UnknownSale, IllegalTransition, ReasonMissing.
    """
    act = Act(actor=actor, reason=_given(reason), now=now, request_id=request_id)
    txn = locked_sale(transaction_id)
    require(txn, _STANDING, TransactionStatus.DISPUTED)
    move(txn, TransactionStatus.DISPUTED, act)
    return txn


@transaction.atomic
def close_dispute(
    *,
    transaction_id: int,
    reason: str,
    now: datetime,
    actor: User | None = None,
    request_id: str = "",
) -> Transaction:
    """Note that a dispute was won: the sale is again what it was before.

    Raises UnknownSale, IllegalTransition, ReasonMissing.
    """
    act = Act(actor=actor, reason=_given(reason), now=now, request_id=request_id)
    txn = locked_sale(transaction_id)
    to = (
        TransactionStatus.PARTIALLY_REFUNDED if txn.refunded_amount else TransactionStatus.COMPLETED
    )
    require(txn, {TransactionStatus.DISPUTED}, to)
    move(txn, to, act)
    return txn


@transaction.atomic
def charge_back(
    *,
    transaction_id: int,
    reference: str,
    reason: str,
    now: datetime,
    known_at: datetime | None = None,
    actor: User | None = None,
    request_id: str = "",
) -> Adjustment:
    """Book a lost dispute: what was not refunded goes back, and the order is labelled fraud.

    known_at: when the processor said so, now unless given. The same reference answers the
    chargeback recorded before.

    Raises UnknownSale, IllegalTransition, ReferenceConflict, ReasonMissing.
    """
    act = Act(actor=actor, reason=_given(reason), now=now, request_id=request_id)
    txn = locked_sale(transaction_id)
    wanted = Adjustment(
        transaction=txn,
        kind=AdjustmentKind.CHARGEBACK,
        amount=txn.total_amount - txn.refunded_amount,
        booked_at=now,
        recorded_at=now,
        reference=reference,
        actor=actor,
        reason=act.reason,
    )
    if done := _done_before(wanted):
        return done
    require(txn, {TransactionStatus.DISPUTED}, TransactionStatus.CHARGEBACK)
    _insert(wanted)
    move(txn, TransactionStatus.CHARGEBACK, act)
    label(txn, act, is_fraud=True, source=LabelSource.CHARGEBACK, known_at=known_at or now)
    return wanted


@transaction.atomic
def reverse_charge_back(
    *,
    transaction_id: int,
    reference: str,
    reason: str,
    now: datetime,
    actor: User | None = None,
    request_id: str = "",
) -> Adjustment:
    """Book a chargeback's money that came again, once; the sale stays charged back.

    Raises UnknownSale, IllegalTransition, ReferenceConflict, ReasonMissing.
    """
    act = Act(actor=actor, reason=_given(reason), now=now, request_id=request_id)
    txn = locked_sale(transaction_id)
    booked = {adjustment.kind: adjustment for adjustment in txn.adjustments.all()}
    lost = booked.get(AdjustmentKind.CHARGEBACK)
    wanted = Adjustment(
        transaction=txn,
        kind=AdjustmentKind.CHARGEBACK_REVERSED,
        amount=lost.amount if lost else Decimal(0),
        booked_at=now,
        recorded_at=now,
        reference=reference,
        actor=actor,
        reason=act.reason,
    )
    if done := _done_before(wanted):
        return done
    if lost is None or AdjustmentKind.CHARGEBACK_REVERSED in booked:
        raise IllegalTransition(txn.status, TransactionStatus.CHARGEBACK)
    _insert(wanted)
    TransactionEvent.objects.create(
        transaction=txn,
        from_status=txn.status,
        to_status=txn.status,
        actor=actor,
        reason=act.reason,
        at=now,
        request_id=request_id,
    )
    bump_on_commit(Tag.SALES)
    announce(txn, now=now)
    return wanted


def _check_refund(txn: Transaction, wanted: Adjustment, left: Decimal) -> None:
    if wanted.amount <= 0:
        raise RefundRefused("amount", "Refund more than nothing.")
    if wanted.amount.as_tuple().exponent not in (0, -1, -2):
        raise RefundRefused("amount", "At most two decimals.")
    if wanted.amount > left:
        raise RefundRefused("amount", f"Only {left} of this sale is left to refund.")
    units = txn.quantity - txn.units_returned
    if not 0 <= wanted.units_returned <= units:
        raise RefundRefused("units_returned", f"From 0 to {units} units can come back.")
    if not 0 <= wanted.units_restocked <= wanted.units_returned:
        message = f"From 0 to the {wanted.units_returned} units returned."
        raise RefundRefused("units_restocked", message)


def _done_before(wanted: Adjustment) -> Adjustment | None:
    """Return what the reference was used for; raises ReferenceConflict if for something else."""
    if not wanted.reference.strip():
        raise RefundRefused("reference", "Give a reference of its own.")
    done = Adjustment.objects.filter(reference=wanted.reference).first()
    if done is None:
        return None
    same = (
        done.transaction_id == wanted.transaction_id
        and done.kind == wanted.kind
        and (done.amount == wanted.amount or wanted.kind != AdjustmentKind.REFUND)
        and done.units_returned == wanted.units_returned
        and done.units_restocked == wanted.units_restocked
    )
    if not same:
        raise _conflict(wanted.reference)
    return done


def _insert(wanted: Adjustment) -> None:
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError as error:
        # Another sale's act took the reference a moment ago.
        if "adjustments_reference" in str(error):
            raise _conflict(wanted.reference) from error
        raise


def _conflict(reference: str) -> ReferenceConflict:
    message = f"{reference} was used for another refund or chargeback."
    return ReferenceConflict([FieldError("reference", "conflict", message)])


def _restock(txn: Transaction, wanted: Adjustment, act: Act) -> None:
    changes = post_movements(
        [
            MovementEntry(
                product_id=txn.product_id,
                kind=MovementKind.RETURN,
                quantity=wanted.units_restocked,
                source_type=SOURCE_ADJUSTMENT,
                source_id=wanted.pk,
                occurred_at=act.now,
                reason=act.reason,
                unit_cost=txn.unit_cost,
            )
        ],
        now=act.now,
        actor=act.actor,
    )
    review_stock_alerts(changes, now=act.now)


def _given(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()
