"""Orders drafted, sent and confirmed in admin."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from inventory.choices import OrderState
from inventory.models import PurchaseOrder
from techmart.core.models import Outbox, User
from tests.inventory.factories import make_product, make_supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root@example.test", name="Root"))
    return client


def act(row: Model, name: str) -> str:
    page = f"admin:inventory_{row._meta.model_name}_change"
    return f"{reverse(page, args=[row.pk]).removesuffix('change/')}act/{name}/"


def words_of(response: Any) -> str:
    assert response.status_code in {409, 422}
    return str(response.content.decode())


def test_an_order_is_drafted_sent_and_confirmed(staff: Client) -> None:
    supplier = make_supplier(email="orders@dairy.example")
    milk = make_product(supplier=supplier, sku="MILK 1", unit_cost=Decimal("2.5"))
    bread = make_product(supplier=supplier, sku="BREAD")

    drafted = staff.post(act(supplier, "draft-order"), {"lines": "MILK 1 24\n\nBREAD 6\n"})

    assert drafted.status_code == 302
    order = PurchaseOrder.objects.get()
    lines = dict(order.lines.values_list("product", "quantity"))
    assert lines == {milk.pk: 24, bread.pk: 6}
    staff.post(act(order, "send"), {"mail": "on"})
    staff.post(act(order, "confirm"), {"promised_date": "2099-01-01"})
    order.refresh_from_db()
    assert (order.state, order.promised_date and order.promised_date.year) == (
        OrderState.CONFIRMED,
        2099,
    )
    assert Outbox.objects.filter(payload__task="inventory.mail_order").count() == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("BREAD", "Line 1: write a code, a blank and the units"),
        ("BREAD 6\nBREAD many", "Line 2"),
        ("CAKE 6", "There is no product CAKE"),
        ("OTHER 6", "Each line names another active product"),
        ("BREAD 0", "Order 1 unit or more"),
    ],
)
def test_lines_that_cannot_be_are_named(staff: Client, lines: str, words: str) -> None:
    supplier = make_supplier()
    make_product(supplier=supplier, sku="BREAD")
    make_product(sku="OTHER")

    answer = staff.post(act(supplier, "draft-order"), {"lines": lines})

    assert words in words_of(answer)
    assert not PurchaseOrder.objects.exists()
