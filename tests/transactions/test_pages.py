"""The pages of sales: the list with its filters, and one sale."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from techmart.core.models import ShopSettings
from tests.inventory.factories import make_product
from tests.pages import htmx, is_page, row_ids, signed_in, text_of
from tests.transactions.factories import make_customer, recorded, sale_of
from transactions.models import Transaction
from transactions.services import record_sales, refund

pytestmark = pytest.mark.django_db

LIST = "/transactions/"
VIEW, CHANGE = "transactions.view_transaction", "transactions.change_transaction"
REGION = htmx("transactions-table")


@pytest.fixture
def client() -> Client:
    return signed_in(VIEW)


def sell(count: int, *, at: datetime | None = None, **fields: Any) -> list[Transaction]:
    """Record sales of one product, a minute apart, the last one at `at`."""
    now = at or timezone.now() - timedelta(minutes=5)
    product = make_product(stock=count, price=Decimal("10.00"))
    sales = [
        sale_of(
            product.sku,
            **{"channel": "store", "timestamp": now - timedelta(minutes=count - 1 - i)} | fields,
        )
        for i in range(count)
    ]
    return [outcome.transaction for outcome in record_sales(sales, now=now)]


def give_back(txn: Transaction, amount: str, *, at: datetime) -> None:
    refund(
        transaction_id=txn.pk,
        amount=Decimal(amount),
        reference=f"R-{txn.pk}",
        reason="broken",
        now=at,
    )


def references(response: Any) -> list[str]:
    return row_ids(response, "txn")


def test_the_list_is_a_page_and_its_table_a_fragment(client: Client) -> None:
    [sale] = sell(1)

    page, fragment = client.get(LIST), client.get(LIST, **REGION)

    assert is_page(page)
    assert not is_page(fragment)
    assert fragment.content.startswith(b'<div id="transactions-table"')
    assert references(page) == references(fragment) == [sale.reference]
    for response in (page, fragment):
        assert response["Cache-Control"] == "private, no-store"
        assert "HX-Target" in response["Vary"]


def test_history_and_boosted_requests_get_the_page(client: Client) -> None:
    restored = client.get(
        LIST,
        headers={**REGION["headers"], "HX-History-Restore-Request": "true"},
    )
    boosted = client.get(LIST, headers={**REGION["headers"], "HX-Boosted": "true"})

    assert is_page(restored)
    assert is_page(boosted)


def test_without_signing_in_or_permission_nothing_is_shown() -> None:
    stranger = Client()

    to_sign_in = stranger.get(f"{LIST}?status=completed")
    fragment = stranger.get(LIST, **REGION)

    assert to_sign_in["Location"] == "/login/?next=/transactions/%3Fstatus%3Dcompleted"
    assert (fragment.status_code, fragment["HX-Redirect"]) == (
        401,
        "/login/?next=%2Ftransactions%2F",
    )
    assert signed_in("inventory.view_product").get(LIST).status_code == 403


def test_a_list_is_paged_by_key_forwards_and_back(client: Client) -> None:
    sales = sell(60)
    newest_first = [txn.reference for txn in reversed(sales)]

    first = client.get(LIST)
    older = re.search(r'href="([^"]+)"[^>]*rel="next"', first.content.decode())
    assert older is not None
    second = client.get(older[1].replace("&amp;", "&"))
    newer = re.search(r'href="([^"]+)"[^>]*rel="prev"', second.content.decode())
    assert newer is not None
    back = client.get(newer[1].replace("&amp;", "&"))

    assert references(first) == newest_first[:50]
    assert references(second) == newest_first[50:]
    assert references(back) == newest_first[:50]


def test_a_list_costs_the_same_queries_however_long(client: Client) -> None:
    sell(2, customer_code=make_customer().code)
    client.get(f"{LIST}?pay=unknown", **REGION)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(f"{LIST}?pay=unknown", **REGION)
        return len(caught)

    few = queries()
    sell(40, customer_code=make_customer().code)

    assert queries() == few
    # session, user, two for permissions; rows, totals, waiting, threshold, categories
    assert few <= 9


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=completed", {"plain", "web", "dear"}),
        ("status=in_review", set()),
        ("channel=web", {"web"}),
        ("store=31", {"plain"}),
        ("amount_min=100", {"dear"}),
        ("score_min=100", set()),
        ("pay=card", {"web"}),
        ("suspicious=1", set()),
        ("customer=C-web", {"web"}),
        ("q=dear", {"dear"}),
        ("order=O-plain", {"plain"}),
        ("period=today", {"plain", "web", "dear"}),
        ("from=2020-01-01&to=2020-12-31", set()),
        ("period=28d&basis=completed&channel=store", {"plain", "dear"}),
    ],
)
def test_filters_narrow_the_rows(client: Client, query: str, found: set[str]) -> None:
    # Noon in the shop, so that a few minutes before is still today.
    now = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    make_customer(code="C-web")
    tea = make_product(stock=9, price=Decimal("5.00"), category="Tea")
    gold = make_product(stock=9, price=Decimal("500.00"), category="Gold")
    record_sales(
        [
            sale_of(tea.sku, reference="plain", channel="store", order_ref="O-plain", store="31"),
            sale_of(
                tea.sku,
                reference="web",
                channel="web",
                customer_code="C-web",
                payment_method="card",
            ),
            sale_of(gold.sku, reference="dear", channel="store"),
        ],
        now=now,
    )

    assert set(references(client.get(f"{LIST}?{query}"))) == found


def test_rows_of_a_product_are_found_by_its_code(client: Client) -> None:
    one, _other = recorded(), recorded()

    assert references(client.get(LIST, {"sku": one.product.sku})) == [one.reference.lower()]


def test_what_cannot_be_used_falls_back_and_is_said(client: Client) -> None:
    [sale] = sell(1)

    response = client.get(f"{LIST}?score=abc&sku=gone&customer=gone&after=xyz")

    assert references(response) == [sale.reference]
    for ignored in ("score=abc", "sku=gone", "customer=gone", "after=xyz"):
        assert f"ignored: {ignored}" in text_of(response)


def test_a_form_that_writes_its_own_order_gets_the_canonical_address(client: Client) -> None:
    response = client.get(f"{LIST}?score_min=50&pay=card&score=abc", **REGION)

    assert response["HX-Push-Url"] == f"{LIST}?score_min=50&pay=card"
    assert "HX-Push-Url" not in client.get(response["HX-Push-Url"], **REGION)


def test_booked_rows_add_up_to_net_sales_and_the_totals_say_so(client: Client) -> None:
    # Two days before noon today: three sales of 10; one of them refunded 4 a day later.
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    sold_at, refunded_at = noon - timedelta(days=2), noon - timedelta(days=1)
    sales = sell(3, at=sold_at)
    give_back(sales[0], "4.00", at=refunded_at)
    days = f"from={sold_at.date()}&to={refunded_at.date()}"

    both = client.get(f"{LIST}?{days}&basis=booked")
    refund_day = client.get(
        f"{LIST}?from={refunded_at.date()}&to={refunded_at.date()}&basis=booked"
    )
    sold = client.get(f"{LIST}?{days}&basis=completed")

    assert references(both)[0] == f"r-{sales[0].pk}"
    assert len(references(both)) == 4
    assert "Gross $30.00 Refunds and chargebacks −$4.00 Net $26.00" in text_of(both)
    assert "Rows 4 Orders 3 Customers 0" in text_of(both)
    # The refund counts when it was booked, its sale when it was completed.
    assert references(refund_day) == [f"r-{sales[0].pk}"]
    assert "Net −$4.00" in text_of(refund_day)
    assert "Rows 3 Orders 3 Customers 0 Amount $30.00" in text_of(sold)


def test_booked_rows_follow_the_filters_of_their_sales(client: Client) -> None:
    now = timezone.now()
    web, store = sell(1, channel="web")[0], sell(1)[0]
    for txn in (web, store):
        give_back(txn, "1.00", at=now)

    response = client.get(f"{LIST}?basis=booked&channel=web")

    assert set(references(response)) == {web.reference, f"r-{web.pk}"}


def test_booked_rows_are_paged_as_one_list(client: Client) -> None:
    sales = sell(40)
    for txn in sales[:20]:
        give_back(txn, "1.00", at=timezone.now())

    first = client.get(f"{LIST}?basis=booked")
    older = re.search(r'href="([^"]+)"[^>]*rel="next"', first.content.decode())
    assert older is not None
    second = client.get(older[1].replace("&amp;", "&"))

    assert len(references(first)) == 50
    assert len(set(references(first)) | set(references(second))) == 60


def test_tabs_count_what_waits_within_the_other_filters(client: Client) -> None:
    sell(1, payment_status="outstanding", channel="web")
    sell(1, payment_status="outstanding")

    assert "Pending payment 2" in text_of(client.get(LIST))
    assert "Pending payment 1" in text_of(client.get(f"{LIST}?channel=web"))


def test_an_empty_shop_is_told_what_to_do_and_an_empty_filter_is_not(client: Client) -> None:
    assert "No sales yet" in text_of(client.get(LIST))
    assert "No transactions match" in text_of(client.get(f"{LIST}?status=completed"))


def test_a_row_leads_to_its_sale_and_back_to_the_list(client: Client) -> None:
    [sale] = sell(1)
    listed = client.get(f"{LIST}?channel=store&status=completed")
    link = re.search(rf'href="({LIST}{sale.pk}/[^"]*)"', listed.content.decode())
    assert link is not None

    detail = client.get(link[1])

    assert parse_qs(urlsplit(link[1]).query) == {"queue": ["status=completed&channel=store"]}
    assert f'href="{LIST}?status=completed&amp;channel=store"' in detail.content.decode()


def test_the_way_back_leads_nowhere_else(client: Client) -> None:
    [sale] = sell(1)

    html = client.get(f"{LIST}{sale.pk}/?queue=x%3D1%26next%3Dhttps://evil.test").content.decode()

    assert "evil" not in html
    assert f'<a href="{LIST}">Transactions</a>' in html


def test_a_sale_is_a_page_and_a_fragment(client: Client) -> None:
    [sale] = sell(1, customer_code=make_customer(name="Dana").code)
    address = f"{LIST}{sale.pk}/"

    page, fragment = client.get(address), client.get(address, **htmx("transactions-detail"))

    assert is_page(page)
    assert fragment.content.startswith(b'<div id="transactions-detail"')
    assert page["Cache-Control"] == "private, no-store"
    assert "Dana" in text_of(page)
    assert "Base rate" in text_of(page)
    assert "Recorded as completed" in text_of(page)
    assert client.get(f"{LIST}999999/").status_code == 404


def test_a_sale_costs_few_queries_however_large_its_order(client: Client) -> None:
    customer = make_customer()
    sales = sell(3, customer_code=customer.code, order_ref="O-1")
    address = f"{LIST}{sales[0].pk}/"

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(address, **htmx("transactions-detail"))
        return len(caught)

    queries()  # what is cached is there from here on
    few = queries()
    sell(20, customer_code=customer.code, order_ref="O-1")

    assert queries() == few
    # session, user, two for permissions; sale, threshold, shop settings twice, customer's sales
    # and refunds, events, adjustments, other lines; its decision, past reviews, the customer's
    # orders with their labels, linked ones, the hour before, labels, decisions and arrangements
    # in the timeline, what is usual, what can be undone, rules met
    assert few <= 23


def test_a_customers_facts_count_refunds_off(client: Client) -> None:
    customer = make_customer()
    # A week apart, so that neither is held.
    [first] = sell(1, at=timezone.now() - timedelta(days=7), customer_code=customer.code)
    [second] = sell(1, customer_code=customer.code)
    give_back(second, "4.00", at=timezone.now())

    text = text_of(client.get(f"{LIST}{first.pk}/"))

    assert "Orders 2 Net sales $16.00" in text


def test_simulated_parts_are_labelled(client: Client) -> None:
    [sale] = sell(1)
    address = f"{LIST}{sale.pk}/"
    assert "Simulated" not in text_of(client.get(address, **htmx("transactions-detail")))

    ShopSettings.objects.create(simulated=["device", "country", "stock"])

    text = text_of(client.get(address, **htmx("transactions-detail")))
    assert "Simulated device, countries" in text
