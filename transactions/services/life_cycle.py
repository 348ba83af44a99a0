"""What becomes of a sale until it is settled: payment, review, expiry.

Every act locks the sale, refuses what the life cycle does not allow and writes an event.
"""

from datetime import datetime

from django.db import transaction

from techmart.core.models import User
from transactions.choices import LabelSource, TransactionStatus
from transactions.models import Transaction
from transactions.services.refusals import ReasonMissing
from transactions.services.states import (
    Act,
    close_case,
    give_back_stock,
    label,
    locked_sale,
    move,
    require,
)

EXPIRED = "Payment was not settled in time."
# Sales given up on in one transaction, so that locks are held for a moment only.
_EXPIRY_BATCH = 500


@transaction.atomic
def settle_payment(
    *,
    transaction_id: int,
    paid: bool,
    now: datetime,
    actor: User | None = None,
    reason: str = "",
    request_id: str = "",
) -> Transaction:
    """Complete a pending sale, or let it fail and put its units back.

    Raises UnknownSale, IllegalTransition.
    """
    act = Act(actor=actor, reason=reason, now=now, request_id=request_id)
    txn = locked_sale(transaction_id)
    to = TransactionStatus.COMPLETED if paid else TransactionStatus.FAILED
    require(txn, {TransactionStatus.PENDING}, to)
    if not paid:
        txn.declined_at = now
    move(txn, to, act, changed=[] if paid else ["declined_at"])
    if not paid:
        give_back_stock([txn], act)
    return txn


@transaction.atomic
def approve(
    *, transaction_id: int, actor: User, now: datetime, reason: str = "", request_id: str = ""
) -> Transaction:
    """Complete a held sale: the analyst takes it for genuine, and a label says so.

    Raises UnknownSale, IllegalTransition.
    """
    act = Act(actor=actor, reason=reason, now=now, request_id=request_id)
    txn = locked_sale(transaction_id)
    require(txn, {TransactionStatus.IN_REVIEW}, TransactionStatus.COMPLETED)
    txn.reviewed_by, txn.reviewed_at = actor, now
    move(txn, TransactionStatus.COMPLETED, act, changed=["reviewed_by", "reviewed_at"])
    label(txn, act, is_fraud=False, source=LabelSource.ANALYST, known_at=now)
    close_case(txn, act)
    return txn


@transaction.atomic
def decline(
    *, transaction_id: int, actor: User, reason: str, now: datetime, request_id: str = ""
) -> Transaction:
    """Cancel a held sale as fraud, label its order and put its units back.

    Raises UnknownSale, IllegalTransition, ReasonMissing.
    """
    act = Act(actor=actor, reason=_given(reason), now=now, request_id=request_id)
    txn = locked_sale(transaction_id)
    require(txn, {TransactionStatus.IN_REVIEW}, TransactionStatus.CANCELLED)
    txn.reviewed_by, txn.reviewed_at = actor, now
    move(txn, TransactionStatus.CANCELLED, act, changed=["reviewed_by", "reviewed_at"])
    label(txn, act, is_fraud=True, source=LabelSource.ANALYST, known_at=now)
    close_case(txn, act)
    give_back_stock([txn], act)
    return txn


@transaction.atomic
def cancel(
    *,
    transaction_id: int,
    reason: str,
    now: datetime,
    actor: User | None = None,
    request_id: str = "",
) -> Transaction:
    """Cancel a sale that is pending or held, for another reason than fraud; units go back.

    Raises UnknownSale, IllegalTransition, ReasonMissing.
    """
    act = Act(actor=actor, reason=_given(reason), now=now, request_id=request_id)
    txn = locked_sale(transaction_id)
    waiting = {TransactionStatus.PENDING, TransactionStatus.IN_REVIEW}
    require(txn, waiting, TransactionStatus.CANCELLED)
    was_held = txn.status == TransactionStatus.IN_REVIEW
    move(txn, TransactionStatus.CANCELLED, act)
    if was_held:
        close_case(txn, act)
    give_back_stock([txn], act)
    return txn


def expire_pending(*, now: datetime) -> int:
    """Cancel sales whose payment was not settled in 15 minutes; return how many.

    A sale that another worker or a payment is just dealing with is left to them.
    """
    expired = 0
    while batch := _expire_batch(now=now):
        expired += batch
    return expired


@transaction.atomic
def _expire_batch(*, now: datetime) -> int:
    act = Act(actor=None, reason=EXPIRED, now=now, request_id="")
    txns = list(
        Transaction.objects.expired(now=now).select_for_update(skip_locked=True)[:_EXPIRY_BATCH]
    )
    for txn in txns:
        move(txn, TransactionStatus.CANCELLED, act)
    if txns:
        give_back_stock(txns, act)
    return len(txns)


def _given(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()
