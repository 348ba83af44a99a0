"""Suggestions, orders, counts and scorecards over the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.choices import RunKind
from inventory.models import ForecastRun, Product, PurchaseOrder, ReorderSuggestion
from techmart.core.models import Outbox, User
from techmart.core.tokens import issue_token
from tests.api.conftest import NOW

V1 = "/api/v1"
RIGHTS = (
    *("view_reordersuggestion", "change_reordersuggestion", "view_supplier"),
    *("view_purchaseorder", "add_purchaseorder", "change_purchaseorder"),
    *("view_countsheet", "add_countsheet", "change_countsheet"),
)
# Of a line of a count sheet.
FIGURES = ("counted_units", "booked_units", "difference")

pytestmark = pytest.mark.django_db


def may(user: User, *codenames: str) -> None:
    for codename in codenames:
        user.user_permissions.add(
            Permission.objects.get(codename=codename, content_type__app_label="inventory")
        )


@pytest.fixture
def planner(user: User, api: APIClient) -> APIClient:
    may(user, *RIGHTS)
    return api


def suggest(product: Product, quantity: int = 12) -> ReorderSuggestion:
    now = timezone.now()
    return ReorderSuggestion.objects.create(
        product=product,
        run=ForecastRun.objects.create(kind=RunKind.SUGGESTIONS, as_of=now),
        quantity=quantity,
        unit_cost=product.unit_cost,
        expected_lost_margin=Decimal(5),
        lost_revenue_per_day=Decimal(1),
        p_stockout=0.5,
        confidence=0.5,
        created_at=now,
        updated_at=now,
    )


def post(api: APIClient, path: str, body: Any = None, *, expect: int = 200) -> Any:
    response = api.post(f"{V1}/{path}", body or {}, format="json")
    assert response.status_code == expect, response.content
    return response.json() if response.content else None


def test_a_suggestion_from_changed_to_received(planner: APIClient, product: Product) -> None:
    row = suggest(product)

    edited = post(planner, f"suggestions/{row.pk}/edit/", {"quantity": 20})
    [order] = post(planner, "suggestions/accept/", {"suggestions": [row.pk]})
    sent = post(planner, f"purchase-orders/{order['number']}/send/", {"mail": True})
    confirmed = post(
        planner, f"purchase-orders/{order['number']}/confirm/", {"promised_date": "2099-01-01"}
    )
    line = order["lines"][0]["id"]
    receive = f"purchase-orders/{order['number']}/receive/"
    first = post(planner, receive, {"line": line, "quantity": 5, "received_before": 0})
    post(planner, receive, {"line": line, "quantity": 5, "received_before": 0}, expect=409)
    last = post(planner, receive, {"line": line, "quantity": 15, "unit_cost": "2.7500"})

    assert (edited["quantity"], edited["order_quantity"]) == (12, 20)
    assert order["lines"] == [
        {
            "id": line,
            "sku": "TEA-1",
            "quantity": 20,
            "received_quantity": 0,
            "unit_cost": "2.5000",
        }
    ]
    states = [answer["state"] for answer in (sent, confirmed, first, last)]
    assert states == ["sent", "confirmed", "partially_received", "received"]
    assert confirmed["promised_date"] == "2099-01-01"
    # The supplier has no address.
    assert not Outbox.objects.filter(kind="core.task").exists()
    product.refresh_from_db()
    assert product.stock_quantity == 30
    card = planner.get(f"{V1}/suppliers/{product.supplier_id}/scorecard/").json()
    assert (card["receipts"], card["fill_rate"]) == (2, 1.0)
    # The first receipt was a part, the second made it whole: 9 / 12.
    assert card["otif"] == [1, 2]
    assert card["reliability"]["share"] == pytest.approx(9 / 12, abs=1e-6)


def test_the_rest_of_an_order_is_received_in_one_call(planner: APIClient, product: Product) -> None:
    row = suggest(product)
    [order] = post(planner, "suggestions/accept/", {"suggestions": [row.pk]})
    path = f"purchase-orders/{order['number']}"
    post(planner, f"{path}/receive-rest/", {}, expect=409)
    post(planner, f"{path}/send/", {})
    line = order["lines"][0]["id"]
    post(planner, f"{path}/receive/", {"line": line, "quantity": 5})

    post(planner, f"{path}/receive-rest/", {"received_before": 0}, expect=409)
    done = post(planner, f"{path}/receive-rest/", {"received_before": 5})

    assert done["state"] == "received"
    assert done["lines"][0]["received_quantity"] == 12


def test_suggestions_rejected_and_put_off(planner: APIClient, product: Product) -> None:
    row = suggest(product)
    until = (timezone.now() + timedelta(days=3)).isoformat()

    post(planner, "suggestions/snooze/", {"suggestions": [row.pk], "until": until}, expect=204)
    woken = post(planner, f"suggestions/{row.pk}/wake/")
    silent = post(planner, f"suggestions/{row.pk}/reject/", {"reason": " "}, expect=400)
    rejected = post(planner, f"suggestions/{row.pk}/reject/", {"reason": "too dear"})
    gone = post(planner, "suggestions/accept/", {"suggestions": [row.pk]}, expect=409)

    assert woken["snoozed_until"] is None
    assert silent["errors"][0]["field"] == "reason"
    assert (rejected["state"], rejected["reason"]) == ("rejected", "too dear")
    assert gone["code"] == "suggestion_decided"


def test_orders_are_drafted_changed_listed_and_called_off(
    planner: APIClient, product: Product
) -> None:
    body = {"supplier": "S1", "lines": [{"product": "TEA-1", "quantity": 6}], "note": "urgent"}

    order = post(planner, "purchase-orders/", body, expect=201)
    path = f"purchase-orders/{order['number']}"
    line = order["lines"][0]["id"]
    changed = post(planner, f"{path}/change-line/", {"line": line, "quantity": 8})
    wrong = post(planner, f"{path}/remove-line/", {"line": line + 1}, expect=400)
    cancelled = post(planner, f"{path}/cancel/", {"reason": "mistake"})
    late = post(planner, f"{path}/close/", {"reason": "mistake"}, expect=409)
    unknown = post(planner, "purchase-orders/", body | {"supplier": "none"}, expect=400)

    assert changed["lines"][0]["quantity"] == 8
    assert wrong["errors"][0]["field"] == "line"
    assert (cancelled["state"], late["code"]) == ("cancelled", "order_refused")
    assert unknown["errors"][0]["field"] == "supplier"
    listed = planner.get(f"{V1}/purchase-orders/", {"state": "cancelled", "sku": "TEA-1"})
    assert [row["number"] for row in listed.json()["results"]] == [order["number"]]
    assert planner.get(f"{V1}/purchase-orders/", {"state": "sent"}).json()["results"] == []


def test_counts_over_the_api(planner: APIClient, product: Product) -> None:
    Product.objects.update(abc_class="A")
    chief = User.objects.create_user("chief@shop.example", name="Chief")
    may(chief, "view_countsheet", "approve_countsheet")
    second = APIClient()
    token = issue_token(user=chief, name="chief", now=NOW)
    second.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    sheet = post(planner, "count-sheets/", {"abc_class": "A", "size": 5}, expect=201)
    path, line = f"count-sheets/{sheet['id']}", sheet["lines"][0]["id"]
    entered = post(planner, f"{path}/enter/", {"line": line, "counted_units": 2})
    post(planner, f"{path}/approve/", {"line": line}, expect=403)
    refused = post(second, f"{path}/refuse/", {"line": line, "reason": "look again"})
    post(planner, f"{path}/enter/", {"line": line, "counted_units": 3})
    done = post(second, f"{path}/approve/", {"line": line})

    assert sheet["lines"][0]["booked_units"] is None
    assert entered["lines"][0]["state"] == "waiting"
    # Nobody counts again towards what is booked.
    told = {name: refused["lines"][0][name] for name in FIGURES}
    assert (refused["lines"][0]["state"], told) == ("refused", dict.fromkeys(FIGURES))
    assert [entered["lines"][0][name] for name in FIGURES] == [2, 10, -8]
    assert (done["state"], done["lines"][0]["difference"]) == ("done", -7)
    product.refresh_from_db()
    assert product.stock_quantity == 3


def test_without_rights_nothing_is_done(api: APIClient, product: Product) -> None:
    row = suggest(product)

    post(api, "suggestions/accept/", {"suggestions": [row.pk]}, expect=403)
    post(api, "purchase-orders/", {}, expect=403)
    post(api, "count-sheets/", {}, expect=403)
    assert not PurchaseOrder.objects.exists()
