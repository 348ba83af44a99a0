"""The queue and the page of a case: what they show, where an act leads, and what it costs."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from techmart.core.models import User
from tests.pages import htmx, is_page, row_ids, signed_in, text_of
from tests.transactions.factories import held, make_analyst, make_customer, recorded
from transactions.choices import LabelSource, TransactionStatus, Verdict
from transactions.models import FraudLabel, ReviewCase, ReviewDecision, Transaction
from transactions.reviews.history import device_facts
from transactions.reviews.past import past_reviews
from transactions.services import Choice, apply_due_decisions, decide
from transactions.services.review_cases import claim, snooze

pytestmark = pytest.mark.django_db

VIEW, CHANGE = "transactions.view_transaction", "transactions.change_transaction"
QUEUE = "/transactions/review/"
SALES = "/transactions/"
CASE, LIST = htmx("transactions-detail"), htmx("transactions-queue")


@pytest.fixture
def client() -> Client:
    return signed_in(VIEW, CHANGE, email="mia@example.test")


@pytest.fixture
def mia(client: Client) -> User:
    return User.objects.get(email="mia@example.test")


def case(order_ref: str, amount: str = "10.00", **fields: Any) -> Transaction:
    return held(order_ref=order_ref, price=Decimal(amount), now=timezone.now(), **fields)


def page_of(sale: Transaction, act: str = "", *, review: str | None = "") -> str:
    path = f"/transactions/{sale.pk}/{f'{act}/' if act else ''}"
    return path if review is None else f"{path}?review={review}"


def location(response: Any) -> str:
    return str(json.loads(response["HX-Location"])["path"])


def carried_out() -> None:
    apply_due_decisions(now=timezone.now() + timedelta(seconds=11))


# --- the queue


def test_the_queue_shows_cases_by_expected_loss_with_their_counts(client: Client) -> None:
    case("small", "10.00"), case("large", "900.00"), case("large", "30.00")

    page = client.get(QUEUE)
    fragment = client.get(QUEUE, **LIST)

    assert is_page(page)
    assert fragment.content.startswith(b'<div id="transactions-queue"')
    assert row_ids(page, "case") == ["large", "small"]
    assert "2 cases, expected loss" in text_of(page)
    assert "and 1 more" in text_of(page)
    assert page["Cache-Control"] == "private, no-store"


def test_snoozed_and_decided_cases_leave_and_come_back(client: Client, mia: User) -> None:
    case("rests"), case("decided"), case("open")
    now = timezone.now()
    snooze(order_refs=["rests"], until=now + timedelta(hours=1), actor=mia, now=now)
    decide(order_refs=["decided"], choice=Choice(verdict=Verdict.APPROVE), actor=mia, now=now)

    assert row_ids(client.get(QUEUE), "case") == ["open"]
    assert row_ids(client.get(f"{QUEUE}?tab=snoozed"), "case") == ["rests"]
    assert "Takes effect soon" in text_of(client.get(f"{QUEUE}?tab=decided"))

    ReviewCase.objects.update(snoozed_until=now)
    assert set(row_ids(client.get(QUEUE), "case")) == {"open", "rests"}


def test_filters_are_in_the_address_and_bad_ones_are_said(client: Client) -> None:
    case("cheap", "10.00"), case("dear", "900.00", channel="phone")

    narrowed = client.get(f"{QUEUE}?amount_min=100&channel=phone&score_min=abc")

    text = text_of(narrowed)
    assert row_ids(narrowed, "case") == ["dear"]
    assert "ignored: score_min=abc" in text
    assert "$100 or more" in text
    assert "No cases match" in text_of(client.get(f"{QUEUE}?score_min=90"))
    assert "Nothing is assigned to you" in text_of(client.get(f"{QUEUE}?tab=mine"))


def test_who_has_a_case_open_is_shown_and_can_be_left_out(client: Client, mia: User) -> None:
    case("theirs"), case("mine"), case("free")
    claim(order_ref="theirs", actor=make_analyst(), now=timezone.now())
    claim(order_ref="mine", actor=mia, now=timezone.now())

    text = text_of(client.get(QUEUE))

    assert "Open at Analyst" in text
    assert "Open at you" in text
    assert set(row_ids(client.get(f"{QUEUE}?free=1"), "case")) == {"mine", "free"}


def test_pages_of_the_queue_follow_each_other(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        case(f"o{number}", f"{10 + number}00.00")
    monkeypatch.setattr("transactions.reviews.queue_page.PAGE_SIZE", 2)

    seen, address = [], QUEUE
    for _ in range(3):
        response = client.get(address)
        seen += row_ids(response, "case")
        following = response.context["pager"].next_url
        address = following or address

    assert seen == ["o4", "o3", "o2", "o1", "o0"]
    assert following is None
    back = client.get(response.context["pager"].previous_url)
    assert row_ids(back, "case") == ["o2", "o1"]
    assert row_ids(client.get(f"{QUEUE}?after=made-up"), "case") == ["o4", "o3"]


def test_the_queue_costs_the_same_queries_however_long(client: Client, mia: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(QUEUE)
        return len(caught)

    for number in range(3):
        case(f"o{number}")
    queries()  # what is cached is there from here on
    few = queries()
    for number in range(3, 30):
        case(f"o{number}")
    claim(order_ref="o9", actor=mia, now=timezone.now())
    queries()

    assert queries() == few
    assert few <= 22


# --- a case


def test_a_case_says_where_it_stands_and_what_is_around_it(client: Client) -> None:
    customer = make_customer(name="Dana Whitfield")
    common = {"customer_code": customer.code, "device": "d-1"}
    # The second of a burst scores higher, so that it stands first.
    first, second = case("o1", "900.00", **common), case("o2", "900.00", **common)
    case("o3", "1.00")

    text = text_of(client.get(page_of(second)))

    assert "1 of 3" in text
    assert "Dana Whitfield, order history" in text
    assert f"{first.order_ref} customer, device burst" in text
    assert "Decline all 2 orders of this burst $1,800.00" in text
    assert "Device d-1 First seen" in text
    assert "How reviews at this score end can be told after 10 more." in text
    assert f'href="{page_of(first)}"' in client.get(page_of(second)).content.decode()


def test_a_decision_opens_the_next_case_and_can_be_undone(client: Client) -> None:
    dear, next_one = case("dear", "900.00"), case("next", "800.00")

    answer = client.post(page_of(dear, "decline"), {"note": "odd"}, **CASE)
    shown = client.get(location(answer), **CASE)
    undo = shown.context["undo"]
    back = client.post(undo.url, {"next": page_of(next_one)}, **CASE)

    assert location(answer) == page_of(next_one)
    assert undo.title == "Declined order dear"
    assert b'data-short="z"' in shown.content
    assert location(back) == page_of(dear)
    carried_out()
    assert Transaction.objects.get(pk=dear.pk).status == TransactionStatus.IN_REVIEW


def test_after_the_last_case_comes_the_queue_and_claimed_ones_are_passed(client: Client) -> None:
    dear, taken = case("dear", "900.00"), case("taken", "800.00")
    claim(order_ref="taken", actor=make_analyst(), now=timezone.now())

    answer = client.post(page_of(dear, "approve"), **CASE)

    assert location(answer) == QUEUE
    assert taken.order_ref in text_of(client.get(QUEUE))


def test_without_script_a_decision_redirects_and_is_said(client: Client) -> None:
    dear, next_one = case("dear", "900.00"), case("next", "800.00")

    answer = client.post(page_of(dear, "approve"))

    assert (answer.status_code, answer["Location"]) == (303, page_of(next_one))
    text = text_of(client.get(answer["Location"]))
    assert "Approved order dear. Takes effect in 10 s; undo with z." in text
    undone = client.post(client.get(QUEUE).context["undo"].url, {"next": QUEUE})
    assert (undone.status_code, undone["Location"]) == (303, QUEUE)
    assert "Undone: nothing was changed." in text_of(client.get(QUEUE))


def test_outside_the_queue_the_sale_is_shown_again_with_its_decision(client: Client) -> None:
    sale = case("o")

    answer = client.post(page_of(sale, "decline", review=None), **CASE)

    assert location(answer) == page_of(sale, review=None)
    assert "Declined by Mia (Looks like fraud). Takes effect at" in text_of(
        client.get(page_of(sale, review=None))
    )


def test_the_whole_burst_is_declined_at_once(client: Client) -> None:
    common = {"device": "d-1"}
    burst = [case(f"o{number}", **common) for number in range(3)]
    other = case("other")

    client.post(page_of(burst[0], "decline-burst"), **CASE)
    carried_out()

    assert len(set(ReviewDecision.objects.values_list("batch", flat=True))) == 1
    statuses = [Transaction.objects.get(pk=sale.pk).status for sale in (*burst, other)]
    assert statuses == ["cancelled"] * 3 + ["in_review"]


def test_what_a_burst_leaves_alone_is_said_where_it_is_seen(client: Client) -> None:
    burst = [case(f"o{number}", device="d-1") for number in range(3)]
    claim(order_ref="o2", actor=make_analyst(), now=timezone.now())

    answer = client.post(page_of(burst[0], "decline-burst"), **CASE)

    told = json.loads(answer["HX-Trigger"])["techmart:said"]
    # A notice of what went well is only read out: the page shows it.
    assert told["tone"] == "warn"
    assert "Declined 2 orders." in told["title"]
    assert "1 left alone" in told["title"]


def test_an_order_that_was_cleared_is_no_known_fraud_of_its_device(client: Client) -> None:
    first, second, last = (case(f"o{number}", device="d-1") for number in range(3))
    told = [
        (first, LabelSource.CUSTOMER, True),
        (first, LabelSource.ANALYST, False),
        (second, LabelSource.ANALYST, True),
        (second, LabelSource.CHARGEBACK, True),
    ]
    for minute, (sale, source, is_fraud) in enumerate(told):
        known_at = timezone.now() + timedelta(minutes=minute)
        FraudLabel.objects.create(
            order_ref=sale.order_ref, source=source, is_fraud=is_fraud, known_at=known_at
        )

    facts = device_facts(last)

    assert facts is not None
    assert facts.frauds == 1


def test_what_somebody_else_decided_or_holds_is_a_conflict_that_says_who(client: Client) -> None:
    decided, taken = case("decided"), case("taken")
    other = make_analyst()
    now = timezone.now()
    decide(order_refs=["decided"], choice=Choice(verdict=Verdict.APPROVE), actor=other, now=now)
    claim(order_ref="taken", actor=other, now=now)

    first = client.post(page_of(decided, "decline"), **CASE)
    second = client.post(page_of(taken, "decline"), {"note": "keep me"}, **CASE)

    assert (first.status_code, second.status_code) == (409, 409)
    assert "Analyst approved it on" in text_of(first)
    assert "Analyst has had order taken open since" in text_of(second)
    assert "keep me" in second.content.decode()
    assert ReviewDecision.objects.count() == 1


def test_a_reason_that_does_not_fit_is_said_beside_its_field(client: Client) -> None:
    sale = case("o")

    response = client.post(page_of(sale, "approve"), {"reason": "abuse"}, **CASE)

    assert response.status_code == 422
    assert b'id="act-reason-error"' in response.content
    assert "To approve, give one of: genuine" in text_of(response)


def test_a_decision_that_failed_is_shown_on_the_sale_and_counted(client: Client) -> None:
    sale = case("o")
    client.post(page_of(sale, "approve"), **CASE)
    client.post(page_of(sale, "cancel", review=None), {"reason": "customer rang"}, **CASE)
    carried_out()

    text = text_of(client.get(page_of(sale, review=None)))

    assert "It could not be carried out: A sale that is cancelled cannot become completed." in text
    assert "Decision not carried out" in text
    assert "Decided 1" in text_of(client.get(QUEUE))


def test_a_page_takes_its_case_on_and_lets_it_go(client: Client, mia: User) -> None:
    sale = case("o")
    region = htmx("parts-claim")
    assert b'hx-trigger="load, every 240s"' in client.get(page_of(sale)).content
    assert b"claim-keep" not in client.get(page_of(sale, review=None)).content

    taken = client.post(page_of(sale, "claim"), **region)
    let_go = client.post(page_of(sale, "release"), **region)
    claim(order_ref="o", actor=make_analyst(), now=timezone.now())
    refused = client.post(page_of(sale, "claim"), **region)

    assert "Yours since" in text_of(taken)
    assert "Nobody has this case open" in text_of(let_go)
    assert b"claim-keep" not in let_go.content
    assert "Analyst has had this case open since" in text_of(refused)


def test_cases_are_assigned_and_put_off_from_their_page(client: Client, mia: User) -> None:
    sale = case("o")
    unknown = client.post(page_of(sale, "assign"), {"assignee": "999"}, **CASE)
    assert unknown.status_code == 422

    client.post(page_of(sale, "assign"), {"assignee": ""}, **CASE)
    client.post(page_of(sale, "snooze"), {"until": "3d"}, **CASE)
    text = text_of(client.get(page_of(sale)))
    woken = client.post(page_of(sale, "wake"))

    assert "Rests until" in text
    assert "Snoozed Mia" in text
    assert woken.status_code == 303
    assert ReviewCase.objects.get().snoozed_until is None


# --- many at once


def test_ticked_cases_are_decided_together_and_the_rest_is_named(client: Client) -> None:
    case("o1"), case("o2"), case("o3")
    claim(order_ref="o3", actor=make_analyst(), now=timezone.now())
    fields = {"act": "decline", "order": ["o1", "o2", "o3"], "next": f"{QUEUE}?score_min=1"}

    answer = client.post(f"{QUEUE}bulk/", fields, **LIST)

    assert location(answer) == f"{QUEUE}?score_min=1"
    said = json.loads(answer["HX-Trigger"])["techmart:said"]["title"]
    assert said.startswith("Declined 2 orders.")
    assert "1 left alone: Analyst has had order o3 open" in said
    assert ReviewDecision.objects.count() == 2


def test_sales_ticked_in_the_list_mean_their_orders_and_all_means_the_filter(
    client: Client,
) -> None:
    one, two = case("o1", channel="phone"), case("o2", channel="web")
    done = recorded(now=timezone.now())
    bulk = f"{QUEUE}bulk/"
    page = "/transactions/"
    assert str(one.pk) in client.get(page).content.decode()

    client.post(bulk, {"act": "approve", "sale": [one.pk, done.pk], "next": page})
    assert ReviewDecision.objects.get().transaction == one

    client.post(bulk, {"act": "approve", "all": "1", "next": f"{page}?channel=phone"})
    assert ReviewDecision.objects.count() == 1
    client.post(bulk, {"act": "approve", "all": "1", "next": f"{page}?channel=web"})
    assert ReviewDecision.objects.filter(transaction=two).exists()


@pytest.mark.parametrize(
    ("page", "form", "ticks"), [(QUEUE, "queue-form", "order"), (SALES, "list-form", "sale")]
)
def test_many_are_decided_for_a_reason_and_with_a_note(
    client: Client, page: str, form: str, ticks: str
) -> None:
    sales = [case("o1"), case("o2")]
    bar = client.get(page).content.decode()
    assert f'<select id="bulk-reason" name="reason" form="{form}">' in bar
    assert '<option value="stolen_payment">Stolen card or account</option>' in bar
    assert re.search(rf'<textarea [^>]*name="note"[^>]* form="{form}">', bar)

    client.post(
        f"{QUEUE}bulk/",
        {
            "act": "decline",
            ticks: [sale.order_ref if ticks == "order" else sale.pk for sale in sales],
            "reason": "stolen_payment",
            "note": "The bank called",
            "next": page,
        },
    )

    kept = ReviewDecision.objects.values_list("reason", "note")
    assert list(kept) == [("stolen_payment", "The bank called")] * 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"act": "decline"}, "Tick at least one order"),
        ({"act": "burn", "order": ["o"]}, "Select a valid choice"),
        ({"act": "approve", "order": ["o"], "reason": "abuse"}, "To approve, give one of"),
        ({"act": "snooze", "order": ["o"]}, "Choose how long it rests"),
        ({"act": "decline", "order": ["no such"]}, "has no case to review"),
    ],
)
def test_what_cannot_be_done_to_many_is_said_and_changes_nothing(
    client: Client, fields: dict[str, Any], message: str
) -> None:
    case("o")

    answer = client.post(f"{QUEUE}bulk/", fields)

    assert (answer.status_code, answer["Location"]) == (303, QUEUE)
    assert message in text_of(client.get(QUEUE))
    assert not ReviewDecision.objects.exists()


def test_no_act_leads_away_from_the_site(client: Client) -> None:
    case("o")
    fields = {"act": "decline", "order": ["o"], "next": "https://elsewhere.example/"}

    assert client.post(f"{QUEUE}bulk/", fields)["Location"] == QUEUE


def test_the_first_case_is_one_click_away(client: Client) -> None:
    assert client.get(f"{QUEUE}next/")["Location"] == QUEUE
    case("small", "10.00")
    dear = case("dear", "900.00")

    assert client.get(f"{QUEUE}next/?amount_min=5")["Location"] == page_of(
        dear, review="amount_min%3D5"
    )


def test_acts_need_the_permission_a_post_and_the_form_token(client: Client) -> None:
    sale = case("o")
    reader = signed_in(VIEW, email="reader@example.test")
    strict = signed_in(VIEW, CHANGE, client=Client(enforce_csrf_checks=True), email="s@x.test")

    for act in ("approve", "decline", "decline-burst", "claim", "release", "assign", "snooze"):
        assert reader.post(page_of(sale, act)).status_code == 403
        assert client.get(page_of(sale, act)).status_code == 405
        assert strict.post(page_of(sale, act)).status_code == 403
    assert reader.get(QUEUE).status_code == 200
    assert b"data-row" not in reader.get(QUEUE).content.replace(b"data-rows", b"")
    assert Client().get(QUEUE).status_code == 302
    assert not ReviewDecision.objects.exists()


def test_the_share_of_past_declines_is_of_reviews_at_about_the_score() -> None:
    now = timezone.now()
    for number in range(12):
        sale = recorded(order_ref=f"o{number}", now=now)
        Transaction.objects.filter(pk=sale.pk).update(fraud_score=0.87)
        FraudLabel.objects.create(
            order_ref=sale.order_ref,
            is_fraud=number < 9,
            source=LabelSource.ANALYST,
            known_at=now - timedelta(hours=1),
        )

    near, far = past_reviews(0.86, now=now), past_reviews(0.5, now=now)

    # nine declines of twelve reviews at scores from 85 to 90
    assert near.low == pytest.approx(0.85)
    assert (near.reviewed, near.share) == (12, 0.75)
    assert (far.share, far.missing) == (None, 10)
