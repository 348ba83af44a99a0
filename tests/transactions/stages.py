"""Sales brought to a status by the acts that lead there, and every act on them."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from techmart.core.models import User
from tests.transactions.factories import NOW, held, recorded
from transactions.choices import (
    TransactionStatus,
)
from transactions.models import (
    Transaction,
)
from transactions.services import (
    approve,
    cancel,
    charge_back,
    close_dispute,
    decline,
    open_dispute,
    refund,
    settle_payment,
)

LATER = NOW + timedelta(days=1)
S = TransactionStatus


def disputed() -> Transaction:
    txn = recorded(quantity=2)
    return open_dispute(transaction_id=txn.pk, reason="bank wrote", now=NOW)


def charged_back() -> Transaction:
    txn = disputed()
    charge_back(transaction_id=txn.pk, reference="cb", reason="lost", now=NOW)
    txn.refresh_from_db()
    return txn


def refunded(amount: str) -> Transaction:
    txn = recorded(quantity=2)
    refund(transaction_id=txn.pk, amount=Decimal(amount), reference="first", reason="late", now=NOW)
    txn.refresh_from_db()
    return txn


def in_status(status: TransactionStatus) -> Transaction:
    """Return a sale of 2 × 5.00 that came to a status by the acts that lead there."""
    ways: dict[TransactionStatus, Callable[[], Transaction]] = {
        S.PENDING: lambda: recorded(quantity=2, payment_status="outstanding"),
        S.IN_REVIEW: lambda: held(quantity=2),
        S.COMPLETED: lambda: recorded(quantity=2),
        S.FAILED: lambda: settle_payment(
            transaction_id=recorded(quantity=2, payment_status="outstanding").pk,
            paid=False,
            now=NOW,
        ),
        S.CANCELLED: lambda: cancel(
            transaction_id=recorded(quantity=2, payment_status="outstanding").pk,
            reason="changed his mind",
            now=NOW,
        ),
        S.PARTIALLY_REFUNDED: lambda: refunded("4.00"),
        S.REFUNDED: lambda: refunded("10.00"),
        S.DISPUTED: disputed,
        S.CHARGEBACK: charged_back,
    }
    txn = ways[status]()
    assert txn.status == status
    return txn


ACTS: dict[str, Callable[[int, User], object]] = {
    "pay": lambda pk, who: settle_payment(transaction_id=pk, paid=True, now=LATER),
    "fail": lambda pk, who: settle_payment(transaction_id=pk, paid=False, now=LATER),
    "approve": lambda pk, who: approve(transaction_id=pk, actor=who, now=LATER),
    "decline": lambda pk, who: decline(transaction_id=pk, actor=who, reason="no", now=LATER),
    "cancel": lambda pk, who: cancel(transaction_id=pk, reason="no", now=LATER),
    "refund part": lambda pk, who: refund(
        transaction_id=pk, amount=Decimal("1"), reference="r", reason="x", now=LATER
    ),
    "refund rest": lambda pk, who: refund(
        transaction_id=pk, amount=_left(pk), reference="r", reason="x", now=LATER
    ),
    "dispute": lambda pk, who: open_dispute(transaction_id=pk, reason="x", now=LATER),
    "win dispute": lambda pk, who: close_dispute(transaction_id=pk, reason="x", now=LATER),
    "charge back": lambda pk, who: charge_back(
        transaction_id=pk, reference="c", reason="x", now=LATER
    ),
}


def _left(pk: int) -> Decimal:
    txn = Transaction.objects.get(pk=pk)
    return max(txn.total_amount - txn.refunded_amount, Decimal("1"))
