"""Suggestions, orders and suppliers as files: the rows of their pages, and what they come to."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import PurchaseOrder
from inventory.services.orders import (
    LineInput,
    cancel_order,
    create_order,
    receive_line,
    send_order,
)
from tests.exported import export, exported
from tests.inventory.factories import make_product, make_supplier, make_user
from tests.inventory.suggested import suggest
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return signed_in(
        "inventory.view_reordersuggestion",
        "inventory.view_purchaseorder",
        "inventory.view_supplier",
    )


def sent(units: int, *, cost: str = "2.50", **supplier: Any) -> PurchaseOrder:
    product = make_product(supplier=make_supplier(**supplier))
    order = create_order(
        supplier_id=product.supplier_id,
        lines=[LineInput(product.pk, units, Decimal(cost))],
        actor=None,
        now=timezone.now(),
    )
    return send_order(order_id=order.pk, actor=None, now=timezone.now() - timedelta(days=3))


def test_suggestions_come_as_they_are_narrowed_dearest_first(client: Client) -> None:
    supplier = make_supplier(code="north", name="=North")
    small = make_product(supplier=supplier, unit_cost=Decimal("2"))
    dear = make_product(supplier=supplier, unit_cost=Decimal("3"))
    suggest(small, 10, expected_lost_margin=Decimal("4"), confidence=0.5)
    suggest(dear, 40, expected_lost_margin=Decimal("9"), edited_quantity=20, confidence=0.5)
    suggest(make_product(), 7, confidence=0.5)
    suggest(make_product(supplier=supplier), 8, confidence=0.95)

    rows, about = exported(client, "suggestions", "sup=north&conf=medium")

    assert [(row["Code"], row["Suggested"], row["Order"], row["Cost"]) for row in rows] == [
        (dear.sku, "40", "20", "60.00"),
        (small.sku, "10", "10", "20.00"),
    ]
    assert rows[0]["Supplier"] == "'=North"
    assert about["Cost"] == "80.00"
    assert about["Filter"] == "To decide; Supplier north; Medium confidence"
    assert about["Page"] == "/inventory/suggestions/?conf=medium&sup=north"


def test_orders_come_with_what_their_lines_come_to(client: Client) -> None:
    part = sent(40, name="North")
    receive_line(
        line_id=part.lines.get().pk,
        quantity=10,
        actor=make_user(),
        now=timezone.now(),
    )
    whole = sent(4, cost="10")
    gone = sent(9)
    cancel_order(order_id=gone.pk, actor=None, reason="Not needed", now=timezone.now())

    rows, about = exported(client, "orders")

    assert [(row["Order"], row["Units"], row["Received"], row["Amount"]) for row in rows] == [
        (whole.number, "4", "0.0", "40.00"),
        (part.number, "40", "0.25", "100.00"),
    ]
    assert rows[1]["Supplier"] == "North"
    assert (about["Units"], about["Amount"], about["Filter"]) == ("44", "140.00", "Open")
    rows, about = exported(client, "orders", "status=cancelled")
    assert ([row["Order"] for row in rows], about["Filter"]) == ([gone.number], "Cancelled")


def test_suppliers_come_with_their_scorecards_at_the_cost_of_a_page(client: Client) -> None:
    order = sent(40, name="North")
    receive_line(
        line_id=order.lines.get().pk,
        quantity=40,
        actor=make_user(),
        now=timezone.now(),
    )

    with CaptureQueriesContext(connection) as few:
        rows, about = exported(client, "suppliers", "q=nor")
    assert [(row["Supplier"], row["Receipts"], row["Fill"]) for row in rows] == [
        ("North", "1", "1.0")
    ]
    assert float(rows[0]["Lead time, days"]) == pytest.approx(3, abs=0.01)
    assert about["Filter"] == "“nor”"

    for _ in range(5):
        make_supplier(name="Northern")
    make_supplier(name="South")
    with CaptureQueriesContext(connection) as many:
        rows, _ = exported(client, "suppliers", "q=nor")
    assert [row["Supplier"] for row in rows] == ["North", *["Northern"] * 5]
    assert len(many) == len(few)


@pytest.mark.parametrize("key", ["suggestions", "orders", "suppliers"])
def test_the_lists_offer_their_files_to_who_may_see_them(client: Client, key: str) -> None:
    page = client.get(f"/inventory/{key}/").content.decode()
    assert f'<input type="hidden" name="list" value="{key}">' in page

    other = signed_in("inventory.view_product", email="other@example.test")
    assert export(other, key).status_code == 403
