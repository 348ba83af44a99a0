"""Every act on a sale, from every status: what it changes, and what it refuses."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from alerts.choices import AlertState, Topic
from alerts.models import Alert, AlertEvent
from inventory.models import StockMovement
from techmart.core.models import User
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, make_analyst, recorded, sale_of
from transactions.choices import (
    REVENUE_STATUSES,
    Decision,
    LabelSource,
    StatisticKind,
    TransactionStatus,
)
from transactions.models import (
    Adjustment,
    FraudLabel,
    FraudStatistic,
    Transaction,
    TransactionEvent,
)
from transactions.services import (
    IllegalTransition,
    ReasonMissing,
    ReferenceConflict,
    RefundRefused,
    UnknownSale,
    approve,
    cancel,
    charge_back,
    close_dispute,
    decline,
    expire_pending,
    open_dispute,
    record_sales,
    refund,
    reverse_charge_back,
    settle_payment,
)
from transactions.services.fraud_alerts import fraud_alert_key
from transactions.services.states import TRANSITIONS

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)
S = TransactionStatus


@pytest.fixture
def analyst() -> User:
    return make_analyst()


def held(**fields: object) -> Transaction:
    """Record a sale that waits for an analyst."""
    threshold, _ = FraudStatistic.objects.get_or_create(
        kind=StatisticKind.REVIEW_THRESHOLD,
        defaults={"as_of_date": NOW.date(), "lines": 0, "value": 0.0},
    )
    txn = recorded(**fields)  # type: ignore[arg-type]  # fields of a sale
    threshold.delete()
    return txn


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


def _left(pk: int) -> Decimal:
    txn = Transaction.objects.get(pk=pk)
    return max(txn.total_amount - txn.refunded_amount, Decimal("1"))


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


# --- review


def test_an_approval_writes_who_and_a_label_and_closes_the_case(analyst: User) -> None:
    txn = held(order_ref="o")
    assert txn.decision == Decision.REVIEW

    approve(transaction_id=txn.pk, actor=analyst, reason="known buyer", now=LATER, request_id="q")

    txn.refresh_from_db()
    label = FraudLabel.objects.get()
    assert (txn.reviewed_by, txn.reviewed_at, txn.completed_at) == (analyst, LATER, LATER)
    assert (label.order_ref, label.is_fraud, label.source) == ("o", False, LabelSource.ANALYST)
    assert (label.known_at, label.actor) == (LATER, analyst)
    event = TransactionEvent.objects.latest("pk")
    assert (event.actor, event.reason, event.request_id) == (analyst, "known buyer", "q")
    assert Alert.objects.get(dedupe_key=fraud_alert_key("o")).state == AlertState.RESOLVED


def test_a_decline_is_a_label_of_fraud(analyst: User) -> None:
    txn = held(order_ref="o")

    decline(transaction_id=txn.pk, actor=analyst, reason=" stolen card ", now=LATER)

    txn.refresh_from_db()
    label = FraudLabel.objects.get()
    assert (label.is_fraud, label.source) == (True, LabelSource.ANALYST)
    assert (txn.reviewed_by, TransactionEvent.objects.latest("pk").reason) == (
        analyst,
        "stolen card",
    )
    assert Alert.objects.get().state == AlertState.RESOLVED


def test_a_cancellation_is_no_verdict(analyst: User) -> None:
    txn = held()

    cancel(transaction_id=txn.pk, actor=analyst, reason="ordered twice", now=LATER)

    txn.refresh_from_db()
    assert not FraudLabel.objects.exists()
    assert txn.reviewed_at is None
    assert Alert.objects.get().state == AlertState.RESOLVED


def test_a_case_stays_open_while_a_line_of_it_waits(analyst: User) -> None:
    one, other = held(order_ref="o"), held(order_ref="o")

    approve(transaction_id=one.pk, actor=analyst, now=LATER)
    half_way = Alert.objects.get().state
    approve(transaction_id=other.pk, actor=analyst, now=LATER)

    assert half_way == AlertState.OPEN
    assert Alert.objects.get().state == AlertState.RESOLVED
    assert FraudLabel.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_analysts_one_decides() -> None:
    analyst = make_analyst()
    txn = held()
    refused: list[Exception] = []
    barrier = threading.Barrier(2)

    def decide(act: str) -> None:
        try:
            barrier.wait(timeout=10)
            ACTS[act](txn.pk, analyst)
        except IllegalTransition as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(act,)) for act in ("approve", "decline")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(refused) == 1
    assert FraudLabel.objects.count() == 1
    assert TransactionEvent.objects.filter(from_status=S.IN_REVIEW).count() == 1


# --- money back


def test_refunds_add_up_to_the_whole_and_restock_what_can_be_sold() -> None:
    txn = recorded(quantity=3, unit_price=Decimal("4.00"))
    assert txn.product.stock_quantity == 7

    first = refund(
        transaction_id=txn.pk,
        amount=Decimal("5.50"),
        units_returned=2,
        units_restocked=1,
        reference="r1",
        reason="one broken",
        now=LATER,
    )
    half_way = Transaction.objects.get(pk=txn.pk)
    second = refund(
        transaction_id=txn.pk, amount=Decimal("6.50"), reference="r2", reason="rest", now=LATER
    )

    txn.refresh_from_db()
    txn.product.refresh_from_db()
    assert (half_way.status, half_way.refunded_amount, half_way.units_returned) == (
        S.PARTIALLY_REFUNDED,
        Decimal("5.50"),
        2,
    )
    assert (txn.status, txn.refunded_amount) == (S.REFUNDED.value, Decimal(12))
    assert txn.units_returned == 2
    assert txn.product.stock_quantity == 8
    movement = StockMovement.objects.get(kind="return")
    assert (movement.quantity, movement.source_type, movement.source_id) == (
        1,
        "adjustment",
        first.pk,
    )
    assert [first.kind, first.booked_at, second.units_restocked] == ["refund", LATER, 0]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": Decimal("0")}, "amount"),
        ({"amount": Decimal("-1")}, "amount"),
        ({"amount": Decimal("10.01")}, "amount"),
        ({"amount": Decimal("1.001")}, "amount"),
        ({"units_returned": 3}, "units_returned"),
        ({"units_returned": -1}, "units_returned"),
        ({"units_returned": 1, "units_restocked": 2}, "units_restocked"),
        ({"units_restocked": -1}, "units_restocked"),
        ({"reference": " "}, "reference"),
    ],
)
def test_more_than_there_is_does_not_go_back(fields: dict[str, object], field: str) -> None:
    txn = recorded(quantity=2)
    asked = {"amount": Decimal("1"), "reference": "r", "reason": "x"} | fields

    with pytest.raises(RefundRefused) as refusal:
        refund(transaction_id=txn.pk, now=LATER, **asked)  # type: ignore[arg-type]

    assert [error.field for error in refusal.value.errors] == [field]
    assert not Adjustment.objects.exists()


def test_a_refund_sent_twice_is_one_refund() -> None:
    txn = recorded(quantity=2)

    def pay_back(**fields: object) -> Adjustment:
        asked = {"amount": Decimal("3"), "reference": "r", "reason": "x"} | fields
        return refund(transaction_id=txn.pk, now=LATER, **asked)  # type: ignore[arg-type]

    assert pay_back() == pay_back(reason="in other words")
    with pytest.raises(ReferenceConflict):
        pay_back(amount=Decimal("4"))
    with pytest.raises(ReferenceConflict):
        pay_back(units_returned=1)
    txn.refresh_from_db()
    assert txn.refunded_amount == 3


def test_the_last_refund_sent_twice_is_answered_though_nothing_is_left() -> None:
    txn = in_status(S.REFUNDED)

    again = refund(
        transaction_id=txn.pk, amount=Decimal("10"), reference="first", reason="late", now=LATER
    )

    assert again == Adjustment.objects.get()


def test_a_reference_of_another_sale_is_a_conflict() -> None:
    in_status(S.PARTIALLY_REFUNDED)
    other = recorded(quantity=2)

    with pytest.raises(ReferenceConflict):
        refund(
            transaction_id=other.pk, amount=Decimal("4"), reference="first", reason="x", now=LATER
        )


def test_a_won_dispute_goes_back_to_where_it_was() -> None:
    txn = in_status(S.PARTIALLY_REFUNDED)
    open_dispute(transaction_id=txn.pk, reason="bank wrote", now=LATER)

    won = close_dispute(transaction_id=txn.pk, reason="proof sent", now=LATER)

    assert won.status == S.PARTIALLY_REFUNDED


def test_a_chargeback_takes_what_is_left_and_labels_the_order() -> None:
    txn = in_status(S.PARTIALLY_REFUNDED)
    open_dispute(transaction_id=txn.pk, reason="bank wrote", now=LATER)
    told = LATER - timedelta(hours=5)

    booked = charge_back(
        transaction_id=txn.pk, reference="c", reason="lost", known_at=told, now=LATER
    )

    # 10.00 − 4.00 refunded before.
    assert (booked.kind, booked.amount, booked.booked_at) == ("chargeback", Decimal(6), LATER)
    label = FraudLabel.objects.get()
    assert (label.is_fraud, label.source, label.known_at) == (True, LabelSource.CHARGEBACK, told)
    again = charge_back(transaction_id=txn.pk, reference="c", reason="lost", now=LATER)
    assert again == booked


def test_a_chargeback_can_be_reversed_once() -> None:
    txn = charged_back()

    booked = reverse_charge_back(transaction_id=txn.pk, reference="v", reason="won", now=LATER)
    again = reverse_charge_back(transaction_id=txn.pk, reference="v", reason="won", now=LATER)

    txn.refresh_from_db()
    assert (booked.kind, booked.amount, again) == (
        "chargeback_reversed",
        Decimal(10),
        booked,
    )
    assert txn.status == S.CHARGEBACK
    with pytest.raises(IllegalTransition):
        reverse_charge_back(transaction_id=txn.pk, reference="w", reason="won", now=LATER)


def test_without_a_chargeback_there_is_nothing_to_reverse() -> None:
    txn = disputed()

    with pytest.raises(IllegalTransition):
        reverse_charge_back(transaction_id=txn.pk, reference="v", reason="won", now=LATER)


@pytest.mark.parametrize("act", [cancel, open_dispute, close_dispute])
def test_some_acts_need_a_reason(act: Callable[..., object]) -> None:
    txn = recorded()

    with pytest.raises(ReasonMissing):
        act(transaction_id=txn.pk, reason="  ", now=LATER)


# --- expiry


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
