"""Claims, assignments and snoozes of held orders."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.choices import AlertState
from alerts.models import Alert
from techmart.core.models import AuditEntry, User
from tests.transactions.factories import NOW, held, make_analyst, recorded
from transactions.models import ReviewCase, ReviewClaim
from transactions.services import CaseClaimed, CaseClosed, UnknownCase
from transactions.services.refusals import BadSnooze
from transactions.services.review_cases import (
    CLAIM_LASTS,
    assign,
    claim,
    release,
    snooze,
    wake,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def analyst() -> User:
    return make_analyst()


@pytest.fixture
def other() -> User:
    return make_analyst("other@example.test")


def test_a_claim_is_prolonged_by_its_holder_from_when_it_began(analyst: User) -> None:
    held(order_ref="o")

    first = claim(order_ref="o", actor=analyst, now=NOW)
    again = claim(order_ref="o", actor=analyst, now=NOW + 9 * MINUTE)

    assert (first.fresh, again.fresh) == (True, False)
    assert (again.claimed_at, again.expires_at) == (NOW, NOW + 9 * MINUTE + CLAIM_LASTS)


def test_a_case_is_one_persons_until_the_claim_runs_out(analyst: User, other: User) -> None:
    held(order_ref="o")
    claim(order_ref="o", actor=analyst, now=NOW)

    with pytest.raises(CaseClaimed) as refused:
        claim(order_ref="o", actor=other, now=NOW + 9 * MINUTE)

    assert (refused.value.who, refused.value.since) == ("Analyst", NOW)
    assert ReviewClaim.objects.get().actor == analyst
    late = NOW + CLAIM_LASTS
    assert claim(order_ref="o", actor=other, now=late).claimed_at == late


def test_a_claim_let_go_is_free_and_only_ones_own_can_be(analyst: User, other: User) -> None:
    held(order_ref="o")
    claim(order_ref="o", actor=analyst, now=NOW)

    assert release(order_ref="o", actor=other, now=NOW) is False
    assert release(order_ref="o", actor=analyst, now=NOW) is True
    assert claim(order_ref="o", actor=other, now=NOW).fresh


def test_what_is_no_open_case_cannot_be_claimed_or_arranged(analyst: User) -> None:
    recorded(order_ref="done")

    with pytest.raises(CaseClosed, match="it is completed"):
        claim(order_ref="done", actor=analyst, now=NOW)
    with pytest.raises(UnknownCase):
        assign(order_refs=["none"], assignee=analyst, actor=analyst, now=NOW)
    assert not ReviewClaim.objects.exists()
    assert not ReviewCase.objects.exists()


def test_assigning_a_case_assigns_its_alert_and_is_kept(analyst: User, other: User) -> None:
    txn = held(order_ref="o")

    assign(order_refs=["o"], assignee=other, actor=analyst, now=NOW)

    assert ReviewCase.objects.get(order_ref="o").assigned_to == other
    assert Alert.objects.get(dedupe_key="fraud:o").assigned_to == other
    entry = AuditEntry.objects.get(action="review.assign")
    assert (entry.subject_id, entry.actor, entry.after) == (
        txn.pk,
        analyst,
        {"assigned_to": str(other)},
    )

    assign(order_refs=["o"], assignee=None, actor=analyst, now=NOW)
    assert ReviewCase.objects.get(order_ref="o").assigned_to is None


def test_a_snoozed_case_keeps_its_assignee_and_quiets_its_alert(analyst: User) -> None:
    held(order_ref="o"), held(order_ref="p")
    assign(order_refs=["o"], assignee=analyst, actor=analyst, now=NOW)

    assert snooze(order_refs=["o", "p"], until=NOW + 60 * MINUTE, actor=analyst, now=NOW) == 2

    case = ReviewCase.objects.get(order_ref="o")
    assert (case.assigned_to, case.snoozed_until) == (analyst, NOW + 60 * MINUTE)
    alert = Alert.objects.get(dedupe_key="fraud:p")
    assert (alert.state, alert.snoozed_until) == (AlertState.SNOOZED, NOW + 60 * MINUTE)

    wake(order_refs=["o", "p"], actor=analyst, now=NOW + MINUTE)
    assert set(ReviewCase.objects.values_list("snoozed_until", flat=True)) == {None}
    assert Alert.objects.get(dedupe_key="fraud:p").state == AlertState.OPEN


def test_many_cases_are_looked_up_at_once(analyst: User) -> None:
    orders = [f"o{number}" for number in range(5)]
    for order in orders:
        held(order_ref=order)

    with CaptureQueriesContext(connection) as asked:
        assign(order_refs=orders, assignee=analyst, actor=analyst, now=NOW)

    assert sum('FROM "transactions"' in query["sql"] for query in asked) == 1


def test_of_many_cases_one_that_is_closed_stops_all(analyst: User) -> None:
    held(order_ref="open")
    recorded(order_ref="done")

    with pytest.raises(CaseClosed, match="it is completed"):
        assign(order_refs=["open", "done"], assignee=analyst, actor=analyst, now=NOW)

    assert not ReviewCase.objects.exists()


@pytest.mark.parametrize("days", [0, -1, 31])
def test_a_case_rests_at_most_thirty_days(analyst: User, days: int) -> None:
    held(order_ref="o")

    with pytest.raises(BadSnooze):
        snooze(order_refs=["o"], until=NOW + timedelta(days=days), actor=analyst, now=NOW)

    assert not ReviewCase.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_claimers_at_once_one_holds_the_case() -> None:
    people = [make_analyst(f"{name}@example.test") for name in "abcd"]
    held(order_ref="o")
    barrier = threading.Barrier(len(people))
    won: list[User] = []
    lost: list[str] = []

    def run(person: User) -> None:
        barrier.wait()
        try:
            claim(order_ref="o", actor=person, now=NOW)
            won.append(person)
        except CaseClaimed as refusal:
            lost.append(refusal.who)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    [winner] = won
    assert ReviewClaim.objects.get().actor == winner
    assert len(lost) == 3
