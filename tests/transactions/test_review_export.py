"""The review queue and its decisions as files."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from techmart.core.models import User
from tests.exported import exported
from tests.pages import signed_in
from tests.transactions.factories import held, make_customer
from transactions.choices import Verdict
from transactions.models import Transaction
from transactions.reviews import export as review_export
from transactions.services import Choice, decide
from transactions.services.review_cases import claim, snooze

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return signed_in("transactions.view_transaction", email="mia@example.test")


@pytest.fixture
def mia(client: Client) -> User:
    return User.objects.get(email="mia@example.test")


def case(order_ref: str, amount: str, **fields: str) -> Transaction:
    return held(order_ref=order_ref, price=Decimal(amount), now=timezone.now(), **fields)


def test_cases_come_dearest_first_as_they_are_narrowed(client: Client, mia: User) -> None:
    make_customer(code="C1", name="@Ada")
    for order_ref, amount in (("A", "20"), ("B", "900"), ("C", "300"), ("D", "700")):
        case(order_ref, amount, customer_code="C1")
    claim(order_ref="B", actor=mia, now=timezone.now())
    now = timezone.now()
    snooze(order_refs=["D"], until=now + timedelta(days=2), actor=mia, now=now)

    rows, about = exported(client, "review", "amount_min=100")

    by_order = {row["Order"]: row for row in rows}
    assert {
        order: (row["Amount"], row["Open at"], row["Customer"]) for order, row in by_order.items()
    } == {"B": ("900.00", "you", "'@Ada"), "C": ("300.00", "", "'@Ada")}
    losses = [Decimal(row["Expected loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert (about["Amount"], Decimal(about["Expected loss"])) == ("1200.00", sum(losses))
    assert about["Filter"] == "To review; $100 or more"
    rows, about = exported(client, "review", "tab=snoozed")
    assert [row["Order"] for row in rows] == ["D"]


def test_a_backlog_that_is_cut_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_export, "MOST_CASES", 2)
    case("A", "20")
    assert exported(client, "review")[1]["Filter"] == "To review"
    case("B", "30")
    assert exported(client, "review")[1]["Filter"] == "To review; of the 2 dearest cases"


def test_decisions_come_newest_first(client: Client, mia: User) -> None:
    first, second = case("A", "20"), case("B", "30")
    for sale, verdict in ((first, Verdict.APPROVE), (second, Verdict.DECLINE)):
        decide(
            order_refs=[sale.order_ref],
            choice=Choice(verdict=verdict),
            actor=mia,
            now=timezone.now(),
        )

    rows, about = exported(client, "review", "tab=decided")

    assert [(row["Transaction"], row["By"], row["What became of it"]) for row in rows] == [
        (second.reference, "Mia", "waiting"),
        (first.reference, "Mia", "waiting"),
    ]
    assert (about["Export of"], about["Amount"]) == ("Review decisions", "50.00")
