"""What a sale keeps of card, addresses and e-mail, what is refused, and tries that failed."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert
from inventory.models import StockMovement
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, held, make_analyst, make_customer, recorded, sale_of
from transactions.choices import TransactionStatus
from transactions.fraud.scoring import SUSPICIOUS_ABOVE
from transactions.models import Transaction
from transactions.reviews.linked import burst_orders, linked_cases
from transactions.services import SaleInput, SaleRefused, record_sales, settle_payment
from transactions.services.sale_marks import address_hash, card_hash

pytestmark = pytest.mark.django_db

MARKS: dict[str, Any] = {
    "card_token": "tok_1KwGAx",
    "ship_address": "1 High Street,\nOxford",
    "bill_address": "1 high street oxford",
    "email": "Anna.Lee+shop@example.com",
}


def test_only_hashes_and_the_stem_are_kept() -> None:
    recorded(**MARKS)

    txn = Transaction.objects.get()
    assert txn.card_hash == card_hash("tok_1KwGAx")
    assert txn.ship_address_hash == txn.bill_address_hash == address_hash(MARKS["ship_address"])
    assert txn.email_stem == "annalee@example.com"
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM transactions t")
        [row] = cursor.fetchone()
    assert not [text for text in ("tok_1", "High", "high", "Anna.Lee", "+shop") if text in row]
    assert len(txn.card_hash) == len(txn.ship_address_hash) == 32


def test_another_key_makes_other_hashes(settings: pytest.FixtureRequest) -> None:
    before = card_hash("tok")
    settings.PSEUDONYM_KEY = "another"  # type: ignore[attr-defined]  # pytest-django's settings

    assert card_hash("tok") != before


@pytest.mark.parametrize("field", [*MARKS])
def test_a_raw_card_number_is_refused_and_not_repeated(field: str) -> None:
    product = make_product(stock=5)
    number = "4111 1111 1111 1111"
    value = f"a@{number}" if field == "email" else number

    with pytest.raises(SaleRefused) as refused:
        record_sales([sale_of(product.sku, **{field: value})], now=NOW)

    [error] = refused.value.errors
    assert (error.field, error.code, error.row) == (field, "card_number", 0)
    assert "token" in error.message
    assert "4111" not in f"{refused.value} {error}"
    assert not Transaction.objects.exists()


def test_what_is_no_address_or_too_long_is_refused() -> None:
    product = make_product(stock=5)
    sale = sale_of(product.sku, email="anna", card_token="t" * 201, ship_address="s" * 501)

    with pytest.raises(SaleRefused) as refused:
        record_sales([sale], now=NOW)

    assert {error.field for error in refused.value.errors} == {
        "email",
        "card_token",
        "ship_address",
    }


def test_a_body_without_marks_is_the_same_as_before_there_were_any() -> None:
    sale = SaleInput(reference="r", sku="S", quantity=1)
    old = {
        "reference": "r", "sku": "S", "quantity": 1, "order_ref": "", "customer_code": None,
        "unit_price": None, "discount": "0", "total_amount": None, "currency": None,
        "channel": "web", "payment_method": "unknown", "payment_status": "paid", "device": "",
        "ip_country": "", "ship_country": "", "store": "", "timestamp": None,
    }  # fmt: skip
    text = json.dumps(old, sort_keys=True, separators=(",", ":"))

    assert sale.fingerprint() == sha256(text.encode()).hexdigest()


def test_another_card_is_another_body_and_another_spelling_of_the_address_is_not() -> None:
    def body(**marks: str) -> str:
        return SaleInput(reference="r", sku="S", quantity=1, **marks).fingerprint()  # type: ignore[arg-type]  # texts only

    assert body(card_token="a") != body(card_token="b") != body()
    assert body(ship_address="1 High St.") == body(ship_address="1 high st")
    assert body(ship_address="1 High St.") != body(bill_address="1 High St.")


def test_a_declined_payment_fails_takes_no_stock_and_opens_no_case() -> None:
    product = make_product(stock=5)
    # Each buys once: nothing but the card joins the tries.
    tries = [
        sale_of(
            product.sku,
            customer_code=make_customer().code,
            card_token="t",
            payment_status="declined",
            timestamp=NOW + timedelta(seconds=20 * n),
        )
        for n in range(7)
    ]

    for sale in tries:
        record_sales([sale], now=NOW + timedelta(minutes=5))

    product.refresh_from_db()
    assert product.stock_quantity == 5
    assert StockMovement.objects.count() == 1
    last = Transaction.objects.latest("timestamp")
    assert set(Transaction.objects.values_list("status", flat=True)) == {TransactionStatus.FAILED}
    assert last.declined_at == last.timestamp
    # The failed tries bring its score past the threshold, and there is nothing to hold.
    [tried] = [reason for reason in last.reasons if reason["code"] == "F18"]
    assert (last.is_suspicious, tried["value"]) == (True, 1)
    assert tried["score_without"] < SUSPICIOUS_ABOVE
    assert last.decision == "allow"
    assert not Alert.objects.exists()


def test_a_payment_that_fails_later_is_declined_then() -> None:
    txn = recorded(payment_status="outstanding")
    assert txn.declined_at is None

    later = NOW + timedelta(minutes=3)
    failed = settle_payment(transaction_id=txn.pk, paid=False, now=later)

    assert (failed.status, failed.declined_at) == (TransactionStatus.FAILED, later)
    failed.refresh_from_db()
    assert failed.declined_at == later


def test_a_settled_payment_was_not_declined() -> None:
    txn = recorded(payment_status="outstanding")

    settle_payment(transaction_id=txn.pk, paid=True, now=NOW)

    txn.refresh_from_db()
    assert txn.declined_at is None


@pytest.mark.parametrize("marks", [{}, MARKS, {**MARKS, "device": "d-1"}])
def test_marks_cost_a_sale_no_more_queries_than_a_device(marks: dict[str, str]) -> None:
    product = make_product(stock=9)
    customer = make_customer()
    sale = sale_of(product.sku, customer_code=customer.code, **marks)

    with CaptureQueriesContext(connection) as queries:
        record_sales([sale], now=NOW)

    ours = [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]
    # One for all that is shared, one more for the run of a device's frauds.
    assert len(ours) == 10 + bool(marks) + ("device" in marks), "\n\n".join(ours)


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("card_token", "card"),
        ("ship_address", "shipping address"),
        ("bill_address", "billing address"),
        ("email", "e-mail stem"),
    ],
)
def test_cases_are_linked_by_what_they_share(field: str, word: str) -> None:
    shared: dict[str, Any] = {field: MARKS[field]}
    case = held(order_ref="case", **shared)
    held(order_ref="linked", now=NOW + timedelta(hours=2), **shared)
    other: dict[str, Any] = {field: "b@example.com"}
    held(order_ref="other", **other)

    [found] = linked_cases(case)

    assert (found.order_ref, found.shared, found.in_burst) == ("linked", (word,), True)
    assert burst_orders(case) == ["case", "linked"]


def test_admin_and_the_case_page_show_marks_masked(client: object) -> None:
    person = make_analyst()
    person.is_staff = person.is_superuser = True
    person.save()
    client.force_login(person)  # type: ignore[attr-defined]  # pytest-django's client
    txn = recorded(**MARKS)

    for url in (
        f"/admin/transactions/transaction/{txn.pk}/change/",
        f"/transactions/{txn.pk}/",
    ):
        page = client.get(url, follow=True).content.decode()  # type: ignore[attr-defined]
        assert f"{txn.card_hash[:6]}…" in page
        assert "a…@example.com" in page
        assert txn.card_hash not in page
        assert txn.email_stem not in page
        assert txn.ship_address_hash not in page
