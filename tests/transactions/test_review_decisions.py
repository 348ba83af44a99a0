"""Decisions on held sales: stored, undone, carried out once, and never lost."""

import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from alerts.choices import AlertState, Topic
from alerts.models import Alert, AlertEvent
from inventory.models import Product
from techmart.core.models import User
from tests.transactions.factories import NOW, held, make_analyst, recorded
from transactions.choices import LabelSource, TransactionStatus, Verdict
from transactions.models import (
    FraudLabel,
    ReviewClaim,
    ReviewDecision,
    Transaction,
    TransactionEvent,
)
from transactions.services import (
    CaseClaimed,
    CaseClosed,
    Choice,
    IllegalTransition,
    UnknownCase,
    UnknownSale,
    apply_due_decisions,
    cancel,
    decide,
    decide_at_once,
    life_cycle,
    states,
    undo,
)
from transactions.services.fraud_alerts import fraud_alert_key
from transactions.services.refusals import (
    NotYours,
    ReasonDoesNotFit,
    TooLateToUndo,
    UnknownBatch,
)
from transactions.services.review_cases import claim
from transactions.services.review_decisions import Decided

pytestmark = pytest.mark.django_db

DUE = NOW + timedelta(seconds=10)
APPROVE, DECLINE = Choice(verdict=Verdict.APPROVE), Choice(verdict=Verdict.DECLINE)


@pytest.fixture
def analyst() -> User:
    return make_analyst()


def decided(choice: Choice, actor: User, *orders: str) -> Decided:
    return decide(order_refs=orders, choice=choice, actor=actor, now=NOW)


def status_of(txn: Transaction) -> str:
    return Transaction.objects.get(pk=txn.pk).status


def stock_of(txn: Transaction) -> int:
    return Product.objects.get(pk=txn.product_id).stock_quantity


def test_a_decision_changes_nothing_for_ten_seconds(analyst: User) -> None:
    txn = held(order_ref="o", quantity=2, stock=9)

    outcome = decided(DECLINE, analyst, "o")
    early = apply_due_decisions(now=DUE - timedelta(microseconds=1))

    assert (early, outcome.takes_effect_at, outcome.orders) == (0, DUE, ["o"])
    assert (status_of(txn), stock_of(txn)) == (TransactionStatus.IN_REVIEW, 7)
    assert not FraudLabel.objects.exists()
    assert not Transaction.objects.undecided().exists()


def test_a_decline_cancels_labels_resolves_and_gives_stock_back(analyst: User) -> None:
    txn = held(order_ref="o", quantity=2, stock=9)
    choice = Choice(verdict=Verdict.DECLINE, reason="stolen_payment", note=" bank rang ")
    decided(choice, analyst, "o")

    assert apply_due_decisions(now=DUE) == 1

    assert (status_of(txn), stock_of(txn)) == (TransactionStatus.CANCELLED, 9)
    label = FraudLabel.objects.get(order_ref="o")
    assert (label.is_fraud, label.source, label.known_at, label.actor) == (
        True,
        LabelSource.ANALYST,
        DUE,
        analyst,
    )
    alert = Alert.objects.get(dedupe_key=fraud_alert_key("o"))
    assert alert.state == AlertState.RESOLVED
    decision = ReviewDecision.objects.get()
    assert (decision.applied_at, decision.result) == (DUE, "The sale is cancelled.")
    event = TransactionEvent.objects.filter(transaction=txn).latest("pk")
    assert (event.actor, event.reason) == (analyst, "Stolen card or account: bank rang")


def test_an_approval_completes_and_labels_as_genuine(analyst: User) -> None:
    txn = held(order_ref="o", quantity=2, stock=9)
    decided(APPROVE, analyst, "o")

    apply_due_decisions(now=DUE)

    assert (status_of(txn), stock_of(txn)) == (TransactionStatus.COMPLETED, 7)
    assert FraudLabel.objects.get(order_ref="o").is_fraud is False


def test_all_held_lines_of_an_order_are_decided_by_one_act(analyst: User) -> None:
    lines = [held(order_ref="o") for _ in range(2)]
    other = held(order_ref="p")
    done = recorded(order_ref="o")

    outcome = decided(DECLINE, analyst, "o")
    apply_due_decisions(now=DUE)

    assert {each.batch for each in outcome.decisions} == {outcome.batch}
    assert [status_of(line) for line in lines] == [TransactionStatus.CANCELLED] * 2
    assert status_of(other) == TransactionStatus.IN_REVIEW
    assert status_of(done) == TransactionStatus.COMPLETED
    assert FraudLabel.objects.filter(order_ref="o").count() == 1


def test_undone_in_time_nothing_happened_and_it_can_be_decided_again(analyst: User) -> None:
    txn = held(order_ref="o")
    batch = decided(DECLINE, analyst, "o").batch

    undo(batch=batch, actor=analyst, now=NOW + timedelta(seconds=9))

    assert apply_due_decisions(now=DUE) == 0
    assert status_of(txn) == TransactionStatus.IN_REVIEW
    decided(APPROVE, analyst, "o")
    apply_due_decisions(now=DUE)
    assert status_of(txn) == TransactionStatus.COMPLETED


def test_undo_after_the_effect_is_refused_and_changes_nothing(analyst: User) -> None:
    txn = held(order_ref="o")
    batch = decided(DECLINE, analyst, "o").batch
    apply_due_decisions(now=DUE)

    with pytest.raises(TooLateToUndo, match="taken effect"):
        undo(batch=batch, actor=analyst, now=DUE)

    assert status_of(txn) == TransactionStatus.CANCELLED
    assert ReviewDecision.objects.get().withdrawn_at is None


def test_half_a_batch_in_effect_cannot_be_undone(analyst: User) -> None:
    held(order_ref="o"), held(order_ref="p")
    batch = decided(DECLINE, analyst, "o", "p").batch
    first = ReviewDecision.objects.order_by("pk").first()
    assert first is not None
    ReviewDecision.objects.filter(pk=first.pk).update(applied_at=DUE)

    with pytest.raises(TooLateToUndo):
        undo(batch=batch, actor=analyst, now=DUE)

    assert ReviewDecision.objects.filter(withdrawn_at=None).count() == 2


def test_only_who_decided_undoes_and_only_once(analyst: User) -> None:
    held(order_ref="o")
    batch = decided(DECLINE, analyst, "o").batch

    with pytest.raises(NotYours, match="Analyst"):
        undo(batch=batch, actor=make_analyst("b@example.test"), now=NOW)
    undo(batch=batch, actor=analyst, now=NOW)
    with pytest.raises(TooLateToUndo, match="undone before"):
        undo(batch=batch, actor=analyst, now=NOW)
    with pytest.raises(UnknownBatch):
        undo(batch=uuid.uuid4(), actor=analyst, now=NOW)


def test_a_second_decision_is_refused_and_says_who_and_when(analyst: User) -> None:
    held(order_ref="o")
    decided(DECLINE, analyst, "o")

    with pytest.raises(CaseClosed, match="Analyst declined it on 10 Mar 2026"):
        decided(APPROVE, make_analyst("b@example.test"), "o")

    assert ReviewDecision.objects.count() == 1


def test_a_case_that_somebody_else_holds_is_left_to_them(analyst: User) -> None:
    held(order_ref="o")
    other = make_analyst("b@example.test")
    claim(order_ref="o", actor=other, now=NOW)

    with pytest.raises(CaseClaimed, match="Analyst has had order o open since"):
        decided(DECLINE, analyst, "o")

    assert not ReviewDecision.objects.exists()
    later = NOW + timedelta(minutes=10)
    decide(order_refs=["o"], choice=DECLINE, actor=analyst, now=later)


def test_a_claim_of_ones_own_ends_with_the_decision_and_times_it(analyst: User) -> None:
    held(order_ref="o")
    claim(order_ref="o", actor=analyst, now=NOW - timedelta(minutes=3))

    decided(DECLINE, analyst, "o")

    assert not ReviewClaim.objects.exists()
    assert ReviewDecision.objects.get().claimed_at == NOW - timedelta(minutes=3)


def test_of_many_orders_those_that_cannot_be_decided_are_named(analyst: User) -> None:
    held(order_ref="free"), held(order_ref="taken"), recorded(order_ref="done")
    claim(order_ref="taken", actor=make_analyst("b@example.test"), now=NOW)

    outcome = decided(DECLINE, analyst, "free", "taken", "done", "no such")

    assert outcome.orders == ["free"]
    assert {order: refusal.code for order, refusal in outcome.refused.items()} == {
        "taken": "case_claimed",
        "done": "case_closed",
        "no such": "unknown_case",
    }
    with pytest.raises(UnknownCase):
        decided(DECLINE, analyst, "no such")


def test_a_reason_of_the_other_verdict_is_refused(analyst: User) -> None:
    held(order_ref="o")

    with pytest.raises(ReasonDoesNotFit, match="To approve, give one of: genuine"):
        decided(Choice(verdict=Verdict.APPROVE, reason="abuse"), analyst, "o")

    assert not ReviewDecision.objects.exists()


def test_a_decision_overtaken_by_events_is_kept_with_what_came_of_it(analyst: User) -> None:
    txn, other = held(order_ref="o", stock=9), held(order_ref="p")
    decided(APPROVE, analyst, "o", "p")
    cancel(transaction_id=txn.pk, reason="customer rang", now=NOW)

    assert apply_due_decisions(now=DUE) == 2

    decision = ReviewDecision.objects.get(transaction=txn)
    assert (decision.failed_at, decision.applied_at) == (DUE, None)
    assert decision.result == "A sale that is cancelled cannot become completed."
    assert (status_of(txn), stock_of(txn)) == (TransactionStatus.CANCELLED, 9)
    assert not FraudLabel.objects.filter(order_ref="o").exists()
    assert status_of(other) == TransactionStatus.COMPLETED
    assert apply_due_decisions(now=DUE) == 0


def test_a_crash_half_way_leaves_the_decision_for_the_next_run(
    analyst: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = held(order_ref="o", stock=9), held(order_ref="p")
    decided(DECLINE, analyst, "o", "p")
    works = states.give_back_stock

    def crash(txns: Sequence[Transaction], act: states.Act) -> None:
        if txns[0].pk == broken.pk:
            raise DatabaseError("gone in the middle")
        works(txns, act)

    monkeypatch.setattr(life_cycle, "give_back_stock", crash)
    assert apply_due_decisions(now=DUE) == 1
    assert (status_of(broken), stock_of(broken)) == (TransactionStatus.IN_REVIEW, 8)
    assert status_of(fine) == TransactionStatus.CANCELLED
    assert not FraudLabel.objects.filter(order_ref="o").exists()

    monkeypatch.setattr(life_cycle, "give_back_stock", works)
    assert apply_due_decisions(now=DUE + timedelta(seconds=2)) == 1
    assert (status_of(broken), stock_of(broken)) == (TransactionStatus.CANCELLED, 9)


def test_at_once_there_is_a_decision_and_nothing_to_wait_for(analyst: User) -> None:
    txn = held(order_ref="o")

    moved = decide_at_once(transaction_id=txn.pk, choice=APPROVE, actor=analyst, now=NOW)

    decision = ReviewDecision.objects.get()
    assert (moved.status, decision.applied_at) == (TransactionStatus.COMPLETED, NOW)
    with pytest.raises(TooLateToUndo):
        undo(batch=decision.batch, actor=analyst, now=NOW)


def test_at_once_is_refused_where_it_would_go_over_others(analyst: User) -> None:
    other = make_analyst("b@example.test")
    waiting, claimed, done = held(order_ref="w"), held(order_ref="c"), recorded()
    decided(DECLINE, other, "w")
    claim(order_ref="c", actor=other, now=NOW)

    for sale, refusal in (
        (waiting.pk, CaseClosed),
        (claimed.pk, CaseClaimed),
        (done.pk, IllegalTransition),
        (999_999, UnknownSale),
    ):
        with pytest.raises(refusal):
            decide_at_once(transaction_id=sale, choice=APPROVE, actor=analyst, now=NOW)
    assert ReviewDecision.objects.count() == 1


def test_open_pages_hear_of_decisions_and_of_undoing(analyst: User) -> None:
    held(order_ref="o")
    AlertEvent.objects.filter(topic=Topic.TRANSACTIONS).delete()

    batch = decided(DECLINE, analyst, "o").batch
    undo(batch=batch, actor=analyst, now=NOW)

    kinds = AlertEvent.objects.filter(topic=Topic.TRANSACTIONS).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["decided", "withdrawn"]


def _at_once(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Run acts in threads of their own, started together; answers or exceptions in order."""
    answers: list[object] = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def run(place: int) -> None:
        barrier.wait()
        try:
            answers[place] = acts[place]()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_two_deciders_at_once_one_wins_and_the_other_is_told() -> None:
    people = [make_analyst(f"{name}@example.test") for name in "ab"]
    for _ in range(3):
        txn = held()
        acts = [lambda who=who, order=txn.order_ref: decided(DECLINE, who, order) for who in people]

        answers = _at_once(acts)

        assert sorted(type(each).__name__ for each in answers) == ["CaseClosed", "Decided"]
        assert ReviewDecision.objects.filter(transaction=txn).count() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_and_an_undo_at_once_settle_each_line_once() -> None:
    analyst = make_analyst()
    sales = [held(order_ref=f"o-{number}", stock=5) for number in range(4)]
    batches = [decided(DECLINE, analyst, sale.order_ref).batch for sale in sales]

    answers = _at_once(
        [
            lambda: apply_due_decisions(now=DUE),
            lambda: apply_due_decisions(now=DUE),
            lambda: undo(batch=batches[2], actor=analyst, now=DUE),
        ]
    )
    # What both workers left to each other or to the undoing one.
    apply_due_decisions(now=DUE)

    undone = not isinstance(answers[2], TooLateToUndo)
    assert undone or isinstance(answers[2], TooLateToUndo)
    expected = [TransactionStatus.CANCELLED.value] * 4
    if undone:
        expected[2] = TransactionStatus.IN_REVIEW.value
    assert [status_of(sale) for sale in sales] == expected
    assert [stock_of(sale) for sale in sales] == [5 if s == "cancelled" else 4 for s in expected]
    assert not ReviewDecision.objects.waiting().exists()
