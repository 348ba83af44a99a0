"""The one place where a recorded sale changes its status."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.choices import Topic
from alerts.services import clear_alerts, publish
from inventory.choices import MovementKind
from inventory.services.ledger import MovementEntry, post_movements
from inventory.services.stock_alerts import review_stock_alerts
from techmart.core.models import User
from techmart.lib.cache import Tag, bump_on_commit
from transactions.choices import REVENUE_STATUSES, SALE, LabelSource, TransactionStatus
from transactions.models import FraudLabel, Transaction, TransactionEvent
from transactions.services.device_facts import refresh_device_facts
from transactions.services.fraud_alerts import fraud_alert_key
from transactions.services.refusals import IllegalTransition, UnknownSale

TRANSITIONS: dict[TransactionStatus, frozenset[TransactionStatus]] = {
    TransactionStatus.PENDING: frozenset(
        {TransactionStatus.COMPLETED, TransactionStatus.FAILED, TransactionStatus.CANCELLED}
    ),
    TransactionStatus.IN_REVIEW: frozenset(
        {TransactionStatus.COMPLETED, TransactionStatus.CANCELLED}
    ),
    TransactionStatus.COMPLETED: frozenset(
        {
            TransactionStatus.PARTIALLY_REFUNDED,
            TransactionStatus.REFUNDED,
            TransactionStatus.DISPUTED,
        }
    ),
    TransactionStatus.PARTIALLY_REFUNDED: frozenset(
        {
            TransactionStatus.PARTIALLY_REFUNDED,
            TransactionStatus.REFUNDED,
            TransactionStatus.DISPUTED,
        }
    ),
    TransactionStatus.DISPUTED: frozenset(
        {
            TransactionStatus.CHARGEBACK,
            TransactionStatus.COMPLETED,
            TransactionStatus.PARTIALLY_REFUNDED,
        }
    ),
    TransactionStatus.FAILED: frozenset(),
    TransactionStatus.CANCELLED: frozenset(),
    TransactionStatus.REFUNDED: frozenset(),
    TransactionStatus.CHARGEBACK: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does something to a sale, when and why."""

    actor: User | None
    reason: str
    now: datetime
    request_id: str


def locked_sale(transaction_id: int) -> Transaction:
    """Return the sale, locked until the transaction ends. Raises UnknownSale."""
    txn = Transaction.objects.select_for_update().filter(pk=transaction_id).first()
    if txn is None:
        raise UnknownSale(transaction_id)
    return txn


def require(txn: Transaction, sources: Collection[str], to: TransactionStatus) -> None:
    """Raise IllegalTransition unless the sale is in one of `sources` and may become `to`."""
    if txn.status not in sources or to not in TRANSITIONS[TransactionStatus(txn.status)]:
        raise IllegalTransition(txn.status, to)


def move(txn: Transaction, to: TransactionStatus, act: Act, *, changed: Sequence[str] = ()) -> None:
    """Give a locked sale its next status and write the event; `changed` are saved with it."""
    if to not in TRANSITIONS[TransactionStatus(txn.status)]:
        raise IllegalTransition(txn.status, to)
    event = TransactionEvent(
        transaction=txn,
        from_status=txn.status,
        to_status=to,
        actor=act.actor,
        reason=act.reason,
        at=act.now,
        request_id=act.request_id,
    )
    txn.status = to
    if to in REVENUE_STATUSES and txn.completed_at is None:
        txn.completed_at = act.now
        changed = [*changed, "completed_at"]
    txn.save(update_fields=["status", *changed])
    event.save(force_insert=True)
    bump_on_commit(Tag.SALES)
    announce(txn, now=act.now)


def announce(txn: Transaction, *, now: datetime) -> None:
    """Tell open pages that something became of the sale."""
    publish(
        topic=Topic.TRANSACTIONS,
        kind="moved",
        payload={"status": txn.status},
        subject_kind=SALE,
        subject_id=txn.pk,
        now=now,
    )


def give_back_stock(txns: Sequence[Transaction], act: Act) -> None:
    """Put the units of sales that came to nothing back into stock."""
    changes = post_movements(
        [
            MovementEntry(
                product_id=txn.product_id,
                kind=MovementKind.SALE_CANCELLED,
                quantity=txn.quantity,
                source_type=SALE,
                source_id=txn.pk,
                occurred_at=act.now,
                reason=act.reason,
                unit_cost=txn.unit_cost,
            )
            for txn in txns
        ],
        now=act.now,
        actor=act.actor,
    )
    review_stock_alerts(changes, now=act.now)


def close_case(txn: Transaction, act: Act) -> None:
    """End the order's fraud alert once none of its lines waits for an analyst."""
    waiting = Transaction.objects.filter(
        order_ref=txn.order_ref, status=TransactionStatus.IN_REVIEW
    )
    if not waiting.exists():
        clear_alerts([fraud_alert_key(txn.order_ref)], now=act.now)


def label(
    txn: Transaction, act: Act, *, is_fraud: bool, source: LabelSource, known_at: datetime
) -> None:
    """Write down what the order turned out to be."""
    FraudLabel.objects.bulk_create(
        [
            FraudLabel(
                order_ref=txn.order_ref,
                is_fraud=is_fraud,
                source=source,
                known_at=known_at,
                recorded_at=act.now,
                actor=act.actor,
            )
        ],
        # Lines of one order decided at one moment say the same once.
        ignore_conflicts=True,
    )
    refresh_device_facts([txn.order_ref])
    bump_on_commit(Tag.REVIEWS)
