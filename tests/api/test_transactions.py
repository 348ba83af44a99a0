"""Sales over the API: recorded once, refused with reasons, listed by key."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from inventory.models import Product
from techmart.core.models import User
from transactions.models import Transaction
from transactions.services.sale_marks import card_hash

Body = Callable[..., dict[str, Any]]
URL = "/api/v1/transactions/"

pytestmark = pytest.mark.django_db


def test_a_sale_is_recorded_and_moves_stock(api: APIClient, sale: Body, product: Product) -> None:
    response = api.post(URL, sale(), format="json")

    assert response.status_code == 201, response.content
    assert response.json()["total_amount"] == "8.00"
    assert response.json()["customer_code"] == "C1"
    product.refresh_from_db()
    assert product.stock_quantity == 8


def test_sent_again_it_is_the_first_answer_again(
    api: APIClient, sale: Body, product: Product
) -> None:
    first = api.post(URL, sale(), format="json")

    again = api.post(URL, sale(), format="json")

    assert again.status_code == 200
    assert again["Idempotent-Replay"] == "true"
    assert again.json() == first.json()
    assert Transaction.objects.count() == 1
    product.refresh_from_db()
    assert product.stock_quantity == 8


def test_the_idempotency_header_serves_as_the_reference(api: APIClient, sale: Body) -> None:
    body = sale()
    del body["reference"]

    response = api.post(URL, body, format="json", headers={"Idempotency-Key": "K-77"})

    assert response.status_code == 201
    assert response.json()["reference"] == "K-77"


def test_without_a_key_nothing_is_recorded(api: APIClient, sale: Body) -> None:
    body = sale()
    del body["reference"]

    response = api.post(URL, body, format="json")

    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert (error["field"], error["code"]) == ("reference", "required")
    assert not Transaction.objects.exists()


def test_another_body_under_a_known_reference_is_a_conflict(api: APIClient, sale: Body) -> None:
    api.post(URL, sale(), format="json")

    response = api.post(URL, sale(quantity=3, total_amount="12.00"), format="json")

    assert response.status_code == 409
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "reference_conflict"


def test_too_little_stock_names_what_is_there(api: APIClient, sale: Body) -> None:
    response = api.post(URL, sale(quantity=11, total_amount="44.00"), format="json")

    assert response.status_code == 409
    problem = response.json()
    assert problem["code"] == "insufficient_stock"
    assert "10" in problem["errors"][0]["message"]
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "status"),
    [
        ({"total_amount": "9.00"}, "total_amount", 422),
        ({"sku": "NOPE"}, "sku", 422),
        ({"customer_code": "NOPE"}, "customer_code", 422),
        ({"currency": "XXX"}, "currency", 422),
        ({"quantity": 0}, "quantity", 400),
        ({"quantity": "many"}, "quantity", 400),
        ({"channel": "pigeon"}, "channel", 400),
        ({"discount": "100.00", "total_amount": None}, "discount", 422),
        ({"timestamp": "2999-01-01T00:00:00Z"}, "timestamp", 422),
    ],
)
def test_a_bad_field_is_named(
    api: APIClient, sale: Body, changes: dict[str, Any], field: str, status: int
) -> None:
    response = api.post(URL, sale(**changes), format="json")

    assert response.status_code == status, response.content
    assert field in [error["field"] for error in response.json()["errors"]]
    assert not Transaction.objects.exists()


def test_bulk_refuses_all_or_skips_orders(api: APIClient, sale: Body) -> None:
    good = sale(reference="R1", order_ref="O1")
    bad = sale(reference="R2", order_ref="O2", sku="NOPE")

    refused = api.post(f"{URL}bulk/", {"sales": [good, bad]}, format="json")

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["row"] == 1
    assert not Transaction.objects.exists()

    skipped = api.post(f"{URL}bulk/", {"on_error": "skip", "sales": [good, bad]}, format="json")

    assert skipped.status_code == 200
    assert [result["status"] for result in skipped.json()["results"]] == ["created", "refused"]
    assert skipped.json()["results"][1]["errors"][0]["field"] == "sku"


def test_a_bad_row_of_many_is_named_by_its_number(api: APIClient, sale: Body) -> None:
    rows = [sale(reference="R1"), sale(reference="R2", quantity=-1)]

    response = api.post(f"{URL}bulk/", {"sales": rows}, format="json")

    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert (error["row"], error["field"]) == (1, "sales.quantity")


def test_without_a_token_the_scheme_is_named() -> None:
    response = APIClient().get(URL)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_program_may_not_do_what_its_user_may_not(api: APIClient, sale: Body) -> None:
    recorded = api.post(URL, sale(), format="json").json()

    response = api.post(f"{URL}{recorded['id']}/cancel/", {"reason": "no"}, format="json")

    assert response.status_code == 403


def test_reading_needs_the_view_permission(api: APIClient, user: User) -> None:
    user.user_permissions.clear()

    assert api.get(URL).status_code == 403


def test_pages_follow_one_another_by_key(api: APIClient, sale: Body) -> None:
    for number in range(5):
        body = sale(reference=f"R{number}", order_ref=f"O{number}", quantity=1, total_amount=None)
        assert api.post(URL, body, format="json").status_code == 201

    seen: list[str] = []
    url: str | None = f"{URL}?page_size=2"
    while url:
        page = api.get(url).json()
        seen += [row["reference"] for row in page["results"]]
        url = page["next"]

    assert seen == ["R4", "R3", "R2", "R1", "R0"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("cursor=abc", "cursor"), ("page_size=0", "page_size"), ("sort=colour", "sort")],
)
def test_a_bad_page_parameter_is_named(api: APIClient, query: str, field: str) -> None:
    response = api.get(f"{URL}?{query}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_a_list_costs_the_same_queries_however_long(
    api: APIClient, sale: Body, django_assert_max_num_queries: Any
) -> None:
    for number in range(4):
        body = sale(reference=f"R{number}", order_ref=f"O{number}", quantity=1, total_amount=None)
        api.post(URL, body, format="json")

    # Token, two for permissions, the page itself.
    with django_assert_max_num_queries(4):
        assert len(api.get(URL).json()["results"]) == 4


def test_detail_has_steps_and_reasons(api: APIClient, sale: Body) -> None:
    recorded = api.post(URL, sale(), format="json").json()

    detail = api.get(f"{URL}{recorded['id']}/").json()

    assert [step["to_status"] for step in detail["events"]] == ["completed"]
    assert detail["reasons"][0]["code"] == "base"
    assert detail["adjustments"] == []


def test_marks_are_taken_and_answered_as_hashes(api: APIClient, sale: Body) -> None:
    marks = {
        "card_token": "tok-1",
        "ship_address": "1 High Street",
        "bill_address": "1 High Street",
        "email": "a.b@example.com",
    }
    response = api.post(URL, sale(**marks), format="json")

    assert response.status_code == 201, response.content
    answer = response.json()
    txn = Transaction.objects.get()
    assert answer["card_hash"] == txn.card_hash == card_hash("tok-1")
    assert answer["ship_address_hash"] == answer["bill_address_hash"] == txn.ship_address_hash
    assert not {*marks, "email_stem"} & set(answer)
    assert "tok-1" not in response.content.decode()
    assert txn.email_stem == "ab@example.com"


def test_a_raw_card_number_is_refused_in_single_and_bulk(api: APIClient, sale: Body) -> None:
    body = sale(card_token="4111 1111 1111 1111")

    single = api.post(URL, body, format="json")
    bulk = api.post(f"{URL}bulk/", {"sales": [body]}, format="json")

    for response in (single, bulk):
        assert response.status_code == 422
        [error] = response.json()["errors"]
        assert (error["field"], error["code"]) == ("card_token", "card_number")
        assert "4111" not in response.content.decode()
    assert not Transaction.objects.exists()


def test_a_declined_payment_is_recorded_as_failed(
    api: APIClient, sale: Body, product: Product
) -> None:
    response = api.post(URL, sale(payment_status="declined"), format="json")

    assert response.status_code == 201
    assert response.json()["status"] == "failed"
    assert response.json()["declined_at"] == response.json()["timestamp"]
    product.refresh_from_db()
    assert product.stock_quantity == 10
