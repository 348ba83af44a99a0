"""An analyst's verdict on a held sale: its label, its case, and two analysts at once."""

import threading

import pytest
from django.db import connection

from alerts.choices import AlertState
from alerts.models import Alert
from techmart.core.models import User
from tests.transactions.factories import held, make_analyst
from tests.transactions.stages import ACTS, LATER, S
from transactions.choices import (
    Decision,
    LabelSource,
)
from transactions.models import (
    FraudLabel,
    TransactionEvent,
)
from transactions.services import (
    IllegalTransition,
    approve,
    cancel,
    decline,
)
from transactions.services.fraud_alerts import fraud_alert_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst() -> User:
    return make_analyst()


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
