"""Every act on a sale, from every status: what it changes, and what it refuses."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from alerts.choices import Topic
from alerts.models import AlertEvent
from inventory.models import StockMovement
from techmart.core.models import User
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, held, make_analyst, recorded, sale_of
from tests.transactions.stages import ACTS, LATER, S, in_status
from transactions.choices import (
    REVENUE_STATUSES,
    TransactionStatus,
)
from transactions.models import (
    Adjustment,
    Transaction,
    TransactionEvent,
)
from transactions.services import (
    IllegalTransition,
    ReasonMissing,
    UnknownSale,
    approve,
    cancel,
    close_dispute,
    expire_pending,
    open_dispute,
    record_sales,
    settle_payment,
)
from transactions.services.states import TRANSITIONS

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst() -> User:
    return make_analyst()


# Where each act leads, from where it may; everything else is refused.
LEADS: dict[str, dict[TransactionStatus, TransactionStatus]] = {
    "pay": {S.PENDING: S.COMPLETED},
    "fail": {S.PENDING: S.FAILED},
    "approve": {S.IN_REVIEW: S.COMPLETED},
    "decline": {S.IN_REVIEW: S.CANCELLED},
    "cancel": {S.PENDING: S.CANCELLED, S.IN_REVIEW: S.CANCELLED},
    "refund part": {
        S.COMPLETED: S.PARTIALLY_REFUNDED,
        S.PARTIALLY_REFUNDED: S.PARTIALLY_REFUNDED,
    },
    "refund rest": {S.COMPLETED: S.REFUNDED, S.PARTIALLY_REFUNDED: S.REFUNDED},
    "dispute": {S.COMPLETED: S.DISPUTED, S.PARTIALLY_REFUNDED: S.DISPUTED},
    "win dispute": {S.DISPUTED: S.COMPLETED},
    "charge back": {S.DISPUTED: S.CHARGEBACK},
}


def test_every_act_and_every_status_is_in_the_matrix() -> None:
    assert set(LEADS) == set(ACTS)
    assert set(TRANSITIONS) == set(TransactionStatus)
    led = {(source, to) for leads in LEADS.values() for source, to in leads.items()}
    # A dispute won after a part was refunded has a test of its own.
    led.add((S.DISPUTED, S.PARTIALLY_REFUNDED))
    assert led == {(source, to) for source, tos in TRANSITIONS.items() for to in tos}


@pytest.mark.parametrize("status", list(TransactionStatus))
@pytest.mark.parametrize("act", list(ACTS))
def test_an_act_leads_where_the_life_cycle_says_or_is_refused(
    act: str, status: TransactionStatus, analyst: User
) -> None:
    txn = in_status(status)
    before = Transaction.objects.filter(pk=txn.pk).values().get()
    events = TransactionEvent.objects.count()
    movements = StockMovement.objects.count()
    adjustments = Adjustment.objects.count()

    if to := LEADS[act].get(status):
        ACTS[act](txn.pk, analyst)

        txn.refresh_from_db()
        event = TransactionEvent.objects.latest("pk")
        assert txn.status == to
        assert (event.transaction, event.from_status, event.to_status) == (txn, status, to)
        assert event.at == LATER
        assert (txn.completed_at is not None) == (to in REVENUE_STATUSES)
        if before["completed_at"]:
            assert txn.completed_at == before["completed_at"]
        elif to in REVENUE_STATUSES:
            assert txn.completed_at == LATER
    else:
        with pytest.raises(IllegalTransition) as refusal:
            ACTS[act](txn.pk, analyst)

        assert (refusal.value.status, refusal.value.from_status) == (409, status)
        assert Transaction.objects.filter(pk=txn.pk).values().get() == before
        assert TransactionEvent.objects.count() == events
        assert StockMovement.objects.count() == movements
        assert Adjustment.objects.count() == adjustments


@pytest.mark.parametrize("act", [act for act in ACTS if act != "refund rest"])
def test_a_sale_that_is_not_there_is_said_so(act: str, analyst: User) -> None:
    with pytest.raises(UnknownSale):
        ACTS[act](999_999, analyst)


@pytest.mark.parametrize("act", ["fail", "cancel", "decline"])
def test_units_of_a_sale_that_came_to_nothing_go_back(act: str, analyst: User) -> None:
    txn = in_status(S.IN_REVIEW if act == "decline" else S.PENDING)
    assert txn.product.stock_quantity == 8

    ACTS[act](txn.pk, analyst)

    txn.product.refresh_from_db()
    movement = StockMovement.objects.get(kind="sale_cancelled")
    assert txn.product.stock_quantity == 10
    assert (movement.quantity, movement.source_type, movement.source_id) == (
        2,
        "transaction",
        txn.pk,
    )


def test_a_payment_that_does_not_come_gives_its_units_free() -> None:
    product = make_product(stock=9)
    lines = [sale_of(product.sku, payment_status="outstanding", quantity=n) for n in (1, 2, 3)]
    late, later, paid = (o.transaction for o in record_sales(lines, now=NOW))
    settle_payment(transaction_id=paid.pk, paid=True, now=NOW)

    too_soon = expire_pending(now=NOW + timedelta(minutes=14, seconds=59))
    in_time = expire_pending(now=NOW + timedelta(minutes=15))
    once_more = expire_pending(now=NOW + timedelta(minutes=16))

    assert (too_soon, in_time, once_more) == (0, 2, 0)
    product.refresh_from_db()
    assert product.stock_quantity == 9 - 3
    statuses = [Transaction.objects.get(pk=txn.pk).status for txn in (late, later, paid)]
    assert statuses == [S.CANCELLED, S.CANCELLED, S.COMPLETED]
    event = TransactionEvent.objects.filter(transaction=late).latest("pk")
    assert (event.from_status, event.actor) == (S.PENDING, None)
    assert "in time" in event.reason


def test_a_held_sale_does_not_expire() -> None:
    txn = held(payment_status="outstanding")

    expire_pending(now=NOW + timedelta(days=30))

    txn.refresh_from_db()
    assert txn.status == S.IN_REVIEW


def test_open_pages_hear_what_became_of_a_sale(analyst: User) -> None:
    txn = held()
    AlertEvent.objects.filter(topic=Topic.TRANSACTIONS).delete()

    approve(transaction_id=txn.pk, actor=analyst, now=LATER)

    [event] = AlertEvent.objects.filter(topic=Topic.TRANSACTIONS)
    assert (event.kind, event.payload, event.subject_id) == (
        "moved",
        {"status": "completed"},
        txn.pk,
    )


@pytest.mark.parametrize("act", [cancel, open_dispute, close_dispute])
def test_some_acts_need_a_reason(act: Callable[..., object]) -> None:
    txn = recorded()

    with pytest.raises(ReasonMissing):
        act(transaction_id=txn.pk, reason="  ", now=LATER)
