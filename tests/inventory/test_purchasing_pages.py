"""Pages of suggestions, orders and suppliers: what they show, and what people do on them."""

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.choices import OrderState, SuggestionState
from inventory.models import PurchaseOrder, Receipt, ReorderSuggestion, SupplierReturn
from inventory.services.orders import LineInput, create_order, send_order
from inventory.suggestion_pages.filters import SuggestionFilters
from inventory.suggestion_pages.page import list_context
from techmart.core.models import Outbox
from techmart.lib import formats
from tests.inventory.factories import make_product, make_supplier
from tests.inventory.suggested import suggest
from tests.inventory.test_pages import predict
from tests.inventory.test_suggestion_steps import arithmetic
from tests.pages import htmx, is_page, row_ids, signed_in, text_of

pytestmark = pytest.mark.django_db

SUGGESTIONS, ORDERS = "/inventory/suggestions/", "/inventory/orders/"
SUPPLIERS = "/inventory/suppliers/"
TABLE = htmx("inventory-suggestions")
ORDER = htmx("inventory-order")
VIEWS = (
    "inventory.view_reordersuggestion",
    "inventory.view_purchaseorder",
    "inventory.view_supplier",
)
CHANGES = ("inventory.change_reordersuggestion", "inventory.change_purchaseorder")


@pytest.fixture
def client() -> Client:
    return signed_in(*VIEWS, *CHANGES)


def shown(response: Any) -> list[int]:
    return [int(key) for key in row_ids(response, "suggestion")]


def draft(units: int = 40, **supplier: Any) -> PurchaseOrder:
    product = make_product(supplier=make_supplier(**supplier), name="Milk")
    return create_order(
        supplier_id=product.supplier_id,
        lines=[LineInput(product.pk, units, Decimal("2.5"))],
        actor=None,
        now=timezone.now(),
    )


def sent(units: int = 40, *, days_ago: int = 0, **supplier: Any) -> PurchaseOrder:
    at = timezone.now() - timedelta(days=days_ago)
    return send_order(order_id=draft(units, **supplier).pk, actor=None, now=at)


def path_of(order: PurchaseOrder) -> str:
    return f"{ORDERS}{order.number}/"


# --- suggestions ----------------------------------------------------------------------------


def test_suggestions_stand_by_what_is_lost_without_them(client: Client) -> None:
    least = suggest(make_product(), expected_lost_margin=Decimal(3))
    most = suggest(make_product(), expected_lost_margin=Decimal(30))

    page, fragment = client.get(SUGGESTIONS), client.get(SUGGESTIONS, **TABLE)

    assert is_page(page)
    assert fragment.content.startswith(b'<div id="inventory-suggestions"')
    assert shown(page) == shown(fragment) == [most.pk, least.pk]


def test_each_tab_has_its_suggestions_and_says_how_many(client: Client) -> None:
    later = timezone.now() + timedelta(days=1)
    rows = {
        "": suggest(make_product()),
        "waiting": suggest(make_product(), state=SuggestionState.WAITING_MOV),
        "snoozed": suggest(make_product(), snoozed_until=later),
        "rejected": suggest(make_product(), state=SuggestionState.REJECTED, reason="too dear"),
    }
    woken = suggest(make_product(), snoozed_until=timezone.now() - timedelta(hours=1))
    client.post(f"{SUGGESTIONS}{woken.pk}/accept/")

    for tab, row in rows.items():
        assert shown(client.get(SUGGESTIONS, {"status": tab} if tab else {})) == [row.pk]
    accepted = client.get(SUGGESTIONS, {"status": "accepted"})
    assert shown(accepted) == [woken.pk]
    assert PurchaseOrder.objects.get().number in text_of(accepted)
    assert "To decide 1 Waiting 1 Snoozed 1 In drafts 1 Rejected 1" in text_of(accepted)
    assert "too dear" in text_of(client.get(SUGGESTIONS, {"status": "rejected"}))


def test_filters_narrow_and_bad_values_are_named(client: Client) -> None:
    low = suggest(make_product(), confidence=0.1)
    high = suggest(make_product(), confidence=0.9)

    assert shown(client.get(SUGGESTIONS, {"conf": "low"})) == [low.pk]
    assert shown(client.get(SUGGESTIONS, {"sup": high.product.supplier.code})) == [high.pk]
    assert "ignored: conf=odd" in text_of(client.get(SUGGESTIONS, {"conf": "odd"}))
    assert "No suggestions match" in text_of(client.get(SUGGESTIONS, {"sup": "none"}))
    assert shown(client.get(SUGGESTIONS, {"after": "broken"})) == [low.pk, high.pk][::-1]


def test_what_is_needed_tomorrow_in_the_shop_is_not_late() -> None:
    suggest(make_product(), need_by=date(2026, 11, 25))

    def is_late(now: datetime) -> bool:
        [row] = list_context(SuggestionFilters(), cursor="", now=now)["rows"]
        return bool(row.is_late)

    # 21:00 and 1:00 in New York, five hours behind.
    assert not is_late(datetime(2026, 11, 25, 2, tzinfo=UTC))
    assert is_late(datetime(2026, 11, 25, 6, tzinfo=UTC))


def test_what_waits_for_the_minimum_says_until_when(client: Client) -> None:
    waiting = {"steps": [{"wait_until": "2026-12-03"}]}
    row = suggest(make_product(), state=SuggestionState.WAITING_MOV, arithmetic=waiting)
    suggest(make_product(), arithmetic=waiting)

    response = client.get(SUGGESTIONS, {"status": "waiting"})

    assert shown(response) == [row.pk]
    assert f"minimum until {formats.day(date(2026, 12, 3))}" in html.unescape(text_of(response))
    assert "minimum until" not in text_of(client.get(SUGGESTIONS))


def test_the_six_steps_open_in_their_row_and_as_a_page(client: Client) -> None:
    row = suggest(make_product(), arithmetic=arithmetic())
    address = f"{SUGGESTIONS}{row.pk}/"

    page = client.get(address)
    inside = client.get(address, **htmx(f"why-{row.pk}"))

    assert is_page(page)
    assert not is_page(inside)
    for response in (page, inside):
        assert len(re.findall(r'<span class="x">', response.content.decode())) == 6
    assert client.get(f"{SUGGESTIONS}{row.pk + 1}/").status_code == 404


def test_ticked_suggestions_become_one_order_a_supplier(client: Client) -> None:
    supplier = make_supplier()
    rows = [suggest(make_product(supplier=supplier)) for _ in range(2)]
    left = suggest(make_product())

    response = client.post(
        f"{SUGGESTIONS}act/",
        {"suggestion": [row.pk for row in rows], "act": "accept", "next": SUGGESTIONS},
        **TABLE,
    )

    assert response.status_code == 200
    assert shown(response) == [left.pk]
    assert PurchaseOrder.objects.get().lines.count() == 2
    assert PurchaseOrder.objects.get().number in response["HX-Trigger"]


def test_products_ticked_in_their_list_are_ordered_as_suggested(client: Client) -> None:
    row = suggest(make_product(sku="A/1"))

    response = client.post(
        f"{SUGGESTIONS}act/",
        {"product": ["A/1"], "act": "accept", "next": "/inventory/?status=low"},
    )

    assert (response.status_code, response["Location"]) == (303, "/inventory/?status=low")
    row.refresh_from_db()
    assert row.state == SuggestionState.ACCEPTED


@pytest.mark.parametrize(
    ("sent_keys", "words"),
    [
        ({}, "Tick the suggestions first"),
        ({"suggestion": ["x"]}, "Select a valid choice"),
        ({"product": ["none"]}, "Nothing is suggested"),
        ({"suggestion": ["999999999999"]}, "gone"),
    ],
)
def test_a_selection_that_cannot_be_says_why(
    client: Client, sent_keys: dict[str, list[str]], words: str
) -> None:
    response = client.post(f"{SUGGESTIONS}act/", {**sent_keys, "act": "accept"}, **TABLE)

    assert response.status_code in {409, 422}
    assert words in text_of(response)
    assert not PurchaseOrder.objects.exists()


def test_snoozing_what_is_ticked(client: Client) -> None:
    row = suggest(make_product())

    bad = client.post(f"{SUGGESTIONS}act/", {"suggestion": row.pk, "act": "snooze"}, **TABLE)
    good = client.post(
        f"{SUGGESTIONS}act/", {"suggestion": row.pk, "act": "snooze", "days": "3"}, **TABLE
    )

    assert (bad.status_code, good.status_code) == (422, 200)
    assert shown(good) == []
    client.post(f"{SUGGESTIONS}{row.pk}/wake/")
    assert shown(client.get(SUGGESTIONS)) == [row.pk]


def test_a_quantity_is_changed_in_its_row(client: Client) -> None:
    row = suggest(make_product(pack_size=10), 40)

    broken = client.post(f"{SUGGESTIONS}{row.pk}/change/", {"quantity": "25"}, **TABLE)
    changed = client.post(f"{SUGGESTIONS}{row.pk}/change/", {"quantity": "20"}, **TABLE)

    assert broken.status_code == 422
    assert "whole packs of 10: 20 or 30" in text_of(broken)
    assert "suggested 40" in text_of(changed)
    assert 'value="20"' in changed.content.decode()


def test_a_rejection_needs_a_reason_and_goes_back(client: Client) -> None:
    row = suggest(make_product(name="Milk"))
    form = {"next": f"{SUGGESTIONS}?conf=medium"}

    refused = client.post(f"{SUGGESTIONS}{row.pk}/reject/", {**form, "reason": " "})
    done = client.post(f"{SUGGESTIONS}{row.pk}/reject/", {**form, "reason": "too dear"})
    again = client.post(f"{SUGGESTIONS}{row.pk}/reject/", {**form, "reason": "too dear"})

    assert refused.status_code == 422
    assert "Say why nothing is ordered" in text_of(refused)
    assert (done.status_code, done["Location"]) == (303, f"{SUGGESTIONS}?conf=medium")
    assert again.status_code == 409
    assert "already rejected" in text_of(again)


def test_a_form_sends_nobody_elsewhere(client: Client) -> None:
    row = suggest(make_product())

    response = client.post(
        f"{SUGGESTIONS}{row.pk}/accept/", {"next": "https://elsewhere.example/inventory/"}
    )

    assert response["Location"] == SUGGESTIONS


# --- orders ---------------------------------------------------------------------------------


def test_orders_by_where_they_stand(client: Client) -> None:
    first, late, coming = draft(), sent(days_ago=20), sent()
    client.post(f"{path_of(draft())}cancel/", {"reason": "mistake"})

    def listed(tab: str) -> list[int]:
        return [int(key) for key in row_ids(client.get(ORDERS, {"status": tab}), "order")]

    assert listed("") == [coming.pk, late.pk, first.pk]
    assert (listed("draft"), listed("late")) == ([first.pk], [late.pk])
    assert listed("coming") == [coming.pk, late.pk]
    assert len(listed("all")) == 4
    assert "13 days late" in text_of(client.get(ORDERS))


def test_sending_repeats_the_amount_and_mails(client: Client) -> None:
    order = draft(email="orders@dairy.example", minimum_order_value=Decimal(150))

    page = text_of(client.get(path_of(order)))
    response = client.post(f"{path_of(order)}send/", {"mail": "on"}, **ORDER)

    # 40 x 2.5
    assert "Send for $100.00" in page
    assert "$50.00 below the supplier's minimum" in page.replace("&#x27;", "'")
    assert response.content.startswith(b'<div id="inventory-order"')
    assert Outbox.objects.filter(payload__task="inventory.mail_order").count() == 1
    order.refresh_from_db()
    assert order.state == OrderState.SENT


def test_an_order_is_received_in_parts_and_its_history_says_so(client: Client) -> None:
    order = sent()
    line = order.lines.get()
    receive = f"{path_of(order)}lines/{line.pk}/receive/"

    first = client.post(receive, {"quantity": "15", "received_before": "0"}, **ORDER)
    twice = client.post(receive, {"quantity": "15", "received_before": "0"}, **ORDER)
    second = client.post(receive, {"quantity": "25", "unit_cost": "2.75"}, **ORDER)

    assert "25 missing" in text_of(first)
    assert twice.status_code == 409
    assert "15 are received by now" in text_of(twice)
    assert "Received" in text_of(second)
    assert [row.quantity for row in Receipt.objects.order_by("pk")] == [15, 25]
    assert "25 received Milk" in text_of(second)
    line.product.refresh_from_db()
    assert line.product.stock_quantity == 40


def test_an_order_is_received_with_one_button(client: Client) -> None:
    order = sent()
    page = text_of(client.get(path_of(order)))

    done = client.post(f"{path_of(order)}receive/", {"received_before": "0"}, **ORDER)
    twice = client.post(f"{path_of(order)}receive/", {"received_before": "0"}, **ORDER)

    assert "Receive all 40" in page
    assert "40 received Milk" in text_of(done)
    assert "Receive all" not in text_of(done)
    assert twice.status_code == 409
    assert Receipt.objects.get().quantity == 40


def test_the_steps_of_an_order_from_confirmed_to_closed_short(client: Client) -> None:
    order = sent()
    line = order.lines.get()
    promised = timezone.localdate() + timedelta(days=9)

    client.post(f"{path_of(order)}confirm/", {"promised_date": promised.isoformat()})
    order.refresh_from_db()
    assert (order.state, order.promised_date) == (OrderState.CONFIRMED, promised)
    client.post(f"{path_of(order)}lines/{line.pk}/receive/", {"quantity": "15"})
    refused = client.post(f"{path_of(order)}close/", {"reason": ""}, **ORDER)
    client.post(f"{path_of(order)}close/", {"reason": "rest is gone"})

    assert refused.status_code == 422
    order.refresh_from_db()
    assert order.state == OrderState.CLOSED
    assert "rest is gone" in text_of(client.get(path_of(order)))


def test_lines_of_a_draft_change_and_go(client: Client) -> None:
    order = draft()
    line = order.lines.get()

    client.post(f"{path_of(order)}lines/{line.pk}/change/", {"quantity": "12"})
    line.refresh_from_db()
    assert line.quantity == 12
    client.post(f"{path_of(order)}lines/{line.pk}/remove/")

    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert "40 became 12" in text_of(client.get(path_of(order)))


def test_goods_go_back_by_their_line(client: Client) -> None:
    order = sent()
    line = order.lines.get()
    client.post(f"{path_of(order)}lines/{line.pk}/receive/", {"quantity": "40"})
    give_back = f"{path_of(order)}lines/{line.pk}/return/"

    refused = client.post(give_back, {"quantity": "41", "reason": "mould"}, **ORDER)
    client.post(give_back, {"quantity": "4", "reason": "mould"})

    assert "40 came and did not go back yet" in text_of(refused)
    assert SupplierReturn.objects.get().line == line
    assert "4 returned" in text_of(client.get(path_of(order)))


def test_an_order_as_files(client: Client) -> None:
    order = sent()

    pdf, csv = client.get(f"{path_of(order)}pdf/"), client.get(f"{path_of(order)}csv/")

    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    assert csv["Content-Disposition"] == f'attachment; filename="{order.number}.csv"'
    assert csv.content.decode().splitlines()[0].startswith("order,line,sku")


def test_what_is_not_there(client: Client) -> None:
    order, other = sent(), sent()
    line = other.lines.get()

    assert client.get(f"{ORDERS}PO-none/").status_code == 404
    assert client.get(f"{path_of(order)}exe/").status_code == 404
    assert (
        client.post(f"{path_of(order)}lines/{line.pk}/receive/", {"quantity": "1"}).status_code
        == 404
    )


# --- suppliers ------------------------------------------------------------------------------


def test_suppliers_with_their_scorecards(client: Client) -> None:
    order = sent(name="Dairy", days_ago=20)
    make_supplier(name="Bakery")
    line = order.lines.get()
    client.post(f"{path_of(order)}lines/{line.pk}/receive/", {"quantity": "15"})

    page = text_of(client.get(SUPPLIERS))
    found = text_of(client.get(SUPPLIERS, {"q": "dair"}))
    detail = text_of(client.get(f"{SUPPLIERS}{order.supplier.code}/"))

    assert page.index("Bakery") < page.index("Dairy")
    assert "Bakery" not in found
    # One receipt, late and in part: 8 / 11, and the rest of the line is late.
    assert "Reliability 72.7%" in detail
    assert "0 of the newest 1" in detail
    assert "Open late lines 1" in detail
    assert client.get(f"{SUPPLIERS}none/").status_code == 404


# --- rights and cost ------------------------------------------------------------------------


def test_without_rights_nothing_is_shown_or_done() -> None:
    order, row = sent(), suggest(make_product())
    nobody, reader = signed_in(), signed_in(*VIEWS, email="reader@example.test")
    acts = [
        f"{SUGGESTIONS}act/",
        f"{SUGGESTIONS}{row.pk}/accept/",
        f"{path_of(order)}cancel/",
        f"{path_of(order)}lines/{order.lines.get().pk}/receive/",
    ]

    for address in (SUGGESTIONS, f"{SUGGESTIONS}{row.pk}/", ORDERS, path_of(order), SUPPLIERS):
        assert Client().get(address).status_code == 302
        assert nobody.get(address).status_code == 403
        page = reader.get(address)
        assert page.status_code == 200
        assert 'id="accept-' not in page.content.decode()
    for address in acts:
        assert reader.post(address).status_code == 403
    assert ReorderSuggestion.objects.get().state == SuggestionState.PROPOSED


def queries(get: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        get()
    return len(seen)


def test_pages_read_the_same_number_of_queries_however_many_rows(client: Client) -> None:
    def grow() -> None:
        order = sent(days_ago=20)
        client.post(f"{path_of(order)}lines/{order.lines.get().pk}/receive/", {"quantity": "15"})
        suggest(make_product())
        client.post(f"{SUGGESTIONS}{suggest(make_product()).pk}/accept/")

    grow()
    predict(make_product(), 2.0)
    pages = [SUGGESTIONS, f"{SUGGESTIONS}?status=accepted", ORDERS, SUPPLIERS]
    for page in pages:
        client.get(page)
    few = [queries(partial(client.get, page)) for page in pages]
    for _ in range(4):
        grow()

    many = [queries(partial(client.get, page)) for page in pages]

    assert many == few
    assert max(many) <= 16
