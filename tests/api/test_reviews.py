"""The review queue, claims, decisions and undoing over the API."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from techmart.core.models import User
from tests.transactions.factories import held, make_analyst
from transactions.choices import TransactionStatus
from transactions.models import ReviewDecision, Transaction
from transactions.services import apply_due_decisions
from transactions.services.review_cases import assign, claim, snooze

pytestmark = pytest.mark.django_db

REVIEWS = "/api/v1/reviews/"


@pytest.fixture
def analyst(api: APIClient, user: User) -> User:
    """The caller, who may decide on sales."""
    user.user_permissions.add(Permission.objects.get(codename="change_transaction"))
    return user


def worth(amount: str, order_ref: str) -> Transaction:
    return held(order_ref=order_ref, price=Decimal(amount), now=timezone.now())


def test_the_queue_is_sorted_by_expected_loss_and_paged(api: APIClient) -> None:
    for amount, order in (("10.00", "small"), ("900.00", "large"), ("90.00", "middle")):
        worth(amount, order)

    first = api.get(REVIEWS, {"page_size": 2}).json()
    second = api.get(REVIEWS, {"page_size": 2, "cursor": first["next"]}).json()

    assert [case["order_ref"] for case in first["results"]] == ["large", "middle"]
    assert [case["order_ref"] for case in second["results"]] == ["small"]
    assert second["next"] is None
    [case, _] = first["results"]
    loss = Decimal("900.00") * Decimal(case["score"])
    assert Decimal(case["expected_loss"]) == round(loss, 2)


def test_an_orders_lines_are_one_case(api: APIClient) -> None:
    lines = [worth("10.00", "o"), worth("30.00", "o")]

    [case] = api.get(REVIEWS).json()["results"]

    assert sorted(case["lines"]) == [line.pk for line in lines]
    assert (case["id"], case["amount"]) == (case["lines"][0], "40.00")


def test_filters_and_tabs_narrow_the_queue(api: APIClient, analyst: User) -> None:
    for order in ("rests", "mine", "theirs", "free"):
        worth("100.00", order)
    worth("5.00", "cheap")
    now = timezone.now()
    snooze(order_refs=["rests"], until=now + timedelta(hours=1), actor=analyst, now=now)
    assign(order_refs=["mine"], assignee=analyst, actor=analyst, now=now)
    claim(order_ref="theirs", actor=make_analyst(), now=now)

    def orders(**query: float | str) -> set[str]:
        answer = api.get(REVIEWS, query).json()
        return {case["order_ref"] for case in answer["results"]}

    assert orders() == {"mine", "theirs", "free", "cheap"}
    assert orders(amount_min=50) == {"mine", "theirs", "free"}
    assert orders(free=True) == {"mine", "free", "cheap"}
    assert orders(tab="mine") == {"mine"}
    assert orders(tab="snoozed") == {"rests"}
    assert orders(score_min=99) == set()
    assert orders(channel="web") == {"mine", "theirs", "free", "cheap"}
    assert orders(channel="phone") == set()
    assert api.get(REVIEWS, {"tab": "all"}).status_code == 400
    assert api.get(REVIEWS, {"channel": "fax"}).status_code == 400


def test_a_case_is_claimed_decided_and_carried_out(api: APIClient, analyst: User) -> None:
    sale = worth("10.00", "o")
    address = f"{REVIEWS}{sale.pk}/"

    claimed = api.post(f"{address}claim/").json()
    decided = api.post(f"{address}decide/", {"verdict": "decline", "note": "odd"}).json()
    before = api.get(address).json()
    apply_due_decisions(now=timezone.now() + timedelta(seconds=10))
    after = api.get(address).json()

    assert set(claimed) == {"claimed_at", "expires_at"}
    assert (decided["order_refs"], decided["refused"]) == (["o"], [])
    assert (before["open"], before["is_fraud"]) == (False, None)
    assert (after["is_fraud"], after["decisions"][0]["result"]) == (True, "The sale is cancelled.")


def test_undo_is_possible_until_the_effect(api: APIClient, analyst: User) -> None:
    first, second = worth("10.00", "o"), worth("10.00", "p")

    for sale in (first, second):
        api.post(f"{REVIEWS}{sale.pk}/decide/", {"verdict": "approve"})
    batches = list(ReviewDecision.objects.order_by("pk").values_list("batch", flat=True))
    undone = api.post(f"{REVIEWS}undo/", {"batch": batches[0]})
    apply_due_decisions(now=timezone.now() + timedelta(seconds=10))
    late = api.post(f"{REVIEWS}undo/", {"batch": batches[1]})

    assert (undone.status_code, late.status_code) == (204, 409)
    assert late.json()["code"] == "too_late_to_undo"
    statuses = [Transaction.objects.get(pk=sale.pk).status for sale in (first, second)]
    assert statuses == [TransactionStatus.IN_REVIEW, TransactionStatus.COMPLETED]


def test_many_are_decided_and_what_cannot_be_is_named(api: APIClient, analyst: User) -> None:
    worth("10.00", "o"), worth("10.00", "p")
    claim(order_ref="p", actor=make_analyst(), now=timezone.now())
    body = {"verdict": "decline", "order_refs": ["o", "p", "none"]}

    answer = api.post(f"{REVIEWS}decide/", body, format="json").json()

    assert answer["order_refs"] == ["o"]
    assert [(each["order_ref"], each["code"]) for each in answer["refused"]] == [
        ("p", "case_claimed"),
        ("none", "unknown_case"),
    ]


def test_refusals_name_the_problem(api: APIClient, analyst: User) -> None:
    sale = worth("10.00", "o")
    claim(order_ref="o", actor=make_analyst(), now=timezone.now())
    address = f"{REVIEWS}{sale.pk}/"

    taken = api.post(f"{address}claim/")
    unfit = api.post(f"{address}decide/", {"verdict": "approve", "reason": "abuse"})
    unknown = api.post(f"{REVIEWS}99999999/decide/", {"verdict": "approve"})

    assert (taken.status_code, taken.json()["code"]) == (409, "case_claimed")
    assert (unfit.status_code, unfit.json()["errors"][0]["field"]) == (422, "reason")
    assert unknown.status_code == 404


def test_reading_and_deciding_need_their_permissions(api: APIClient) -> None:
    sale = worth("10.00", "o")

    assert api.get(REVIEWS).status_code == 200
    assert api.post(f"{REVIEWS}{sale.pk}/claim/").status_code == 403
    assert api.post(f"{REVIEWS}decide/", {}).status_code == 403
    assert APIClient().get(REVIEWS).status_code in {401, 403}


def test_the_sales_own_endpoints_decide_at_once(api: APIClient, analyst: User) -> None:
    first, second = worth("10.00", "o"), worth("10.00", "p")

    done = api.post(f"/api/v1/transactions/{first.pk}/decline/", {"reason": "stolen"})
    wordless = api.post(f"/api/v1/transactions/{second.pk}/decline/", {})

    assert (done.status_code, done.json()["status"]) == (200, "cancelled")
    decision = ReviewDecision.objects.get()
    assert (decision.transaction, decision.note) == (first, "stolen")
    assert decision.applied_at is not None
    assert (wordless.status_code, wordless.json()["code"]) == (422, "reason_missing")


def test_what_a_customer_says_is_noted_once_it_has_a_reason(api: APIClient, analyst: User) -> None:
    sale = worth("10.00", "o")
    address = f"/api/v1/transactions/{sale.pk}/customer-report/"

    bare = api.post(address, {"is_fraud": True})
    noted = api.post(address, {"is_fraud": True, "reason": "not mine"})

    assert (bare.status_code, noted.status_code) == (400, 200)
    assert api.get(f"{REVIEWS}{sale.pk}/").json()["is_fraud"] is True
