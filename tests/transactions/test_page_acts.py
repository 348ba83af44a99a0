"""What people do to a sale on its page."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory.models import Product
from tests.pages import htmx, is_page, signed_in, text_of
from tests.transactions.factories import held as held_sale
from tests.transactions.factories import recorded
from transactions.choices import TransactionStatus
from transactions.models import Adjustment, FraudLabel, Transaction
from transactions.reviews.linked import known_labels
from transactions.services import open_dispute, settle_payment

pytestmark = pytest.mark.django_db

VIEW, CHANGE = "transactions.view_transaction", "transactions.change_transaction"
REGION = htmx("transactions-detail")


@pytest.fixture
def client() -> Client:
    return signed_in(VIEW, CHANGE)


def held() -> Transaction:
    """Record two units that wait for an analyst, of five in stock."""
    return held_sale(now=timezone.now(), stock=5, price=Decimal("20.00"), quantity=2)


def address(txn: Transaction, act: str = "") -> str:
    return f"/transactions/{txn.pk}/{f'{act}/' if act else ''}"


def refund_fields(**changes: Any) -> dict[str, Any]:
    return {
        "amount": "5.00",
        "units_returned": "1",
        "units_restocked": "1",
        "reason": "broken",
        "reference": "page-1",
    } | changes


def test_cancelling_answers_the_fragment_with_toast_and_counter(client: Client) -> None:
    txn = held()

    response = client.post(address(txn, "cancel"), {"reason": "customer rang"}, **REGION)

    txn.refresh_from_db()
    assert (response.status_code, txn.status) == (200, TransactionStatus.CANCELLED)
    assert response.content.startswith(b'<div id="transactions-detail"')
    assert b'id="nav-review-count" hidden hx-swap-oob="true"' in response.content
    assert "Cancelled" in response["HX-Trigger"]


def test_without_script_an_act_redirects_to_the_sale(client: Client) -> None:
    txn = held()

    response = client.post(
        f"{address(txn, 'cancel')}?queue=status%3Din_review", {"reason": "customer rang"}
    )

    txn.refresh_from_db()
    assert (response.status_code, txn.status) == (303, TransactionStatus.CANCELLED)
    assert response["Location"] == f"{address(txn)}?queue=status%3Din_review"
    assert Product.objects.get(pk=txn.product_id).stock_quantity == 5
    assert "Cancelled" in text_of(client.get(response["Location"]))


def test_a_missing_reason_is_said_beside_its_field_and_nothing_changes(client: Client) -> None:
    txn = held()

    fragment = client.post(address(txn, "cancel"), {"reason": " "}, **REGION)
    page = client.post(address(txn, "cancel"), {"reason": " "})

    txn.refresh_from_db()
    assert txn.status == TransactionStatus.IN_REVIEW
    assert (fragment.status_code, page.status_code) == (422, 422)
    assert b'id="cancel-reason-error"' in fragment.content
    assert is_page(page)
    assert "Say why." in text_of(page)


def test_a_sale_that_has_moved_on_is_a_conflict(client: Client) -> None:
    txn = recorded(payment_status="outstanding")
    settle_payment(transaction_id=txn.pk, paid=True, now=timezone.now())

    response = client.post(address(txn, "cancel"), {"reason": "late"}, **REGION)

    assert response.status_code == 409
    assert "A sale that is completed cannot become cancelled." in text_of(response)
    assert Transaction.objects.get(pk=txn.pk).status == TransactionStatus.COMPLETED


def test_a_dispute_is_opened_won_lost_and_its_money_comes_again(client: Client) -> None:
    txn = recorded(quantity=2)

    def act(name: str, **fields: str) -> str:
        response = client.post(address(txn, name), {"reason": "bank", **fields}, **REGION)
        assert response.status_code == 200, text_of(response)
        return Transaction.objects.get(pk=txn.pk).status

    assert act("dispute") == TransactionStatus.DISPUTED
    assert act("dispute-won") == TransactionStatus.COMPLETED
    assert act("dispute") == TransactionStatus.DISPUTED
    assert act("charge-back", reference="cb-1") == TransactionStatus.CHARGEBACK
    assert FraudLabel.objects.get().source == "chargeback"
    assert act("charge-back-reversed", reference="cb-2") == TransactionStatus.CHARGEBACK
    assert Adjustment.objects.count() == 2


def test_a_chargeback_needs_the_banks_number(client: Client) -> None:
    txn = recorded()
    open_dispute(transaction_id=txn.pk, reason="bank", now=timezone.now())

    response = client.post(address(txn, "charge-back"), {"reason": "lost"}, **REGION)

    assert response.status_code == 422
    assert b'id="charge-back-reference-error"' in response.content
    assert not Adjustment.objects.exists()


def test_refunding_twice_with_one_form_refunds_once(client: Client) -> None:
    txn = recorded(stock=3, quantity=2)

    for _ in range(2):
        response = client.post(address(txn, "refund"), refund_fields(), **REGION)

    txn.refresh_from_db()
    assert response.status_code == 200
    assert txn.status == TransactionStatus.PARTIALLY_REFUNDED
    assert Adjustment.objects.get(transaction=txn).amount == Decimal("5.00")
    assert Product.objects.get(pk=txn.product_id).stock_quantity == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"amount": "5.01"}, "Only 5.00 of this sale is left to refund."),
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"amount": "much"}, "Enter a number."),
        ({"reason": ""}, "Say why."),
        ({"units_returned": "2", "units_restocked": "0"}, "From 0 to 1 units can come back."),
        ({"units_returned": ""}, "From 0 to the 0 units returned."),
    ],
)
def test_a_refund_that_cannot_be_keeps_what_was_typed(
    client: Client, fields: dict[str, str], message: str
) -> None:
    txn = recorded(stock=3)

    response = client.post(address(txn, "refund"), refund_fields(**fields), **REGION)

    assert response.status_code == 422
    assert message in text_of(response)
    if "amount" in fields:
        assert f'value="{fields["amount"]}"' in response.content.decode()
    assert not Adjustment.objects.exists()


def test_each_form_has_a_reference_of_its_own(client: Client) -> None:
    txn = recorded(stock=3)

    first, second = (
        re.search(r'name="reference" value="(page-[0-9a-f-]{36})"', html)
        for html in (client.get(address(txn)).content.decode() for _ in range(2))
    )

    assert first is not None
    assert second is not None
    assert first[1] != second[1]


def test_only_acts_that_fit_the_sale_and_the_person_are_offered(client: Client) -> None:
    done, waiting = recorded(payment_status="outstanding"), held()
    reader = signed_in(VIEW)

    assert b'id="act-approve"' in client.get(address(waiting)).content
    pending = client.get(address(done)).content
    assert (b'id="act-cancel"' in pending, b'id="act-approve"' in pending) == (True, False)
    assert b'type="submit" id="act-' not in reader.get(address(waiting)).content


def test_acts_need_the_permission_a_post_and_the_form_token(client: Client) -> None:
    txn = held()
    strict = signed_in(VIEW, CHANGE, client=Client(enforce_csrf_checks=True), email="x@y.test")

    assert signed_in(VIEW).post(address(txn, "approve")).status_code == 403
    assert client.get(address(txn, "approve")).status_code == 405
    assert strict.post(address(txn, "cancel")).status_code == 403
    assert client.post("/transactions/999999/approve/").status_code == 404
    assert Transaction.objects.get(pk=txn.pk).status == TransactionStatus.IN_REVIEW


def test_what_the_customer_says_is_a_label_that_surer_ones_overrule(client: Client) -> None:
    txn = recorded()

    response = client.post(address(txn, "denied"), {"reason": "never ordered"}, **REGION)

    label = FraudLabel.objects.get()
    assert (response.status_code, label.source, label.is_fraud) == (200, "customer", True)
    assert "The customer denies it never ordered" in text_of(response)
    assert Transaction.objects.get(pk=txn.pk).status == TransactionStatus.COMPLETED
    FraudLabel.objects.create(
        order_ref=txn.order_ref, is_fraud=False, source="analyst", known_at=timezone.now()
    )
    assert known_labels([txn.order_ref]) == {txn.order_ref: False}
