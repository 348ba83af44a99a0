"""Counting and changing a product on its page."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from inventory.models import Product, StockCount, StockMovement
from inventory.services.products import change_product
from tests.inventory.factories import NOW, make_product, make_supplier
from tests.pages import htmx, is_page, signed_in, text_of

pytestmark = pytest.mark.django_db

VIEW, CHANGE = "inventory.view_product", "inventory.change_product"
REGION = htmx("inventory-corrections")


@pytest.fixture
def client() -> Client:
    return signed_in(VIEW, CHANGE)


@pytest.fixture
def product() -> Product:
    return make_product(sku="T1", name="Tea", stock=9, supplier=make_supplier(code="S-1"))


def fields(**changes: Any) -> dict[str, Any]:
    """The form as the page has it, with some fields written over."""
    return {
        "name": "Tea",
        "category": "Dairy",
        "supplier": "S-1",
        "price": "5.00",
        "unit_cost": "3.0000",
        "pack_size": "1",
        "minimum_order_quantity": "1",
        "stock_cap": "",
        "lead_time_days": "",
        "version": "1",
        "reason": "price list",
    } | changes


def test_the_forms_are_there_for_those_who_may(client: Client, product: Product) -> None:
    page, fragment = (
        client.get("/inventory/products/T1/"),
        client.get("/inventory/products/T1/", **REGION),
    )

    assert b'id="inventory-corrections"' in page.content
    assert fragment.content.startswith(b'<section class="card" id="inventory-corrections"')
    assert "Counted on the shelf, 9 booked" in text_of(fragment)
    reader = signed_in(VIEW)
    assert b"inventory-corrections" not in reader.get("/inventory/products/T1/").content
    assert reader.post("/inventory/products/T1/count/").status_code == 403


def test_a_count_books_the_difference_and_shows_the_product_anew(
    client: Client, product: Product
) -> None:
    response = client.post(
        "/inventory/products/T1/count/", {"counted_units": "7", "reason": "shelf check"}, **REGION
    )

    product.refresh_from_db()
    assert (response.status_code, response["HX-Redirect"]) == (204, "/inventory/products/T1/")
    assert product.stock_quantity == 7
    movement = StockMovement.objects.latest("pk")
    assert (movement.quantity, movement.reason, str(movement.actor)) == (-2, "shelf check", "Mia")
    page = text_of(client.get("/inventory/products/T1/"))
    assert "Counted." in page
    assert "Count: less than booked" in page
    assert "shelf check" in page


def test_without_script_a_count_redirects(client: Client, product: Product) -> None:
    response = client.post(
        "/inventory/products/T1/count/", {"counted_units": "9", "reason": "yearly"}
    )

    assert (response.status_code, response["Location"]) == (303, "/inventory/products/T1/")
    assert StockCount.objects.get().booked_units == 9


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"counted_units": "-1", "reason": "x"}, "greater than or equal to 0"),
        ({"counted_units": "many", "reason": "x"}, "Enter a whole number."),
        ({"counted_units": "3", "reason": ""}, "Say why."),
    ],
)
def test_what_is_no_count_is_said_beside_its_field(
    client: Client, product: Product, sent: dict[str, str], message: str
) -> None:
    fragment = client.post("/inventory/products/T1/count/", sent, **REGION)
    page = client.post("/inventory/products/T1/count/", sent)

    assert (fragment.status_code, page.status_code) == (422, 422)
    assert message in text_of(fragment)
    assert f'value="{sent["counted_units"]}"' in fragment.content.decode()
    assert is_page(page)
    assert not StockCount.objects.exists()


def test_a_product_is_changed_with_its_version(client: Client, product: Product) -> None:
    other = make_supplier(code="S-2")

    response = client.post(
        "/inventory/products/T1/change/",
        fields(price="6.50", supplier="S-2", lead_time_days="4", watch_below_20="on"),
        **REGION,
    )

    product.refresh_from_db()
    assert response.status_code == 204
    assert (product.price, product.supplier_id, product.version) == (Decimal("6.50"), other.pk, 2)
    assert (product.lead_time_days, product.watch_below_20) == (Decimal("4.00"), True)


def test_a_stale_version_shows_what_differs_and_can_be_sent_again(
    client: Client, product: Product
) -> None:
    change_product(
        product_id=product.pk,
        changes={"price": Decimal("7.00")},
        version=1,
        actor=None,
        reason="other",
        now=NOW,
    )

    stale = client.post("/inventory/products/T1/change/", fields(price="6.50"), **REGION)
    version = re.search(r'name="version" value="(\d+)"', stale.content.decode())
    assert version is not None
    again = client.post(
        "/inventory/products/T1/change/", fields(price="6.50", version=version[1]), **REGION
    )

    assert stale.status_code == 409
    assert "Price 7.00 6.50" in text_of(stale)
    assert 'name="price" autocomplete="off" value="6.50"' in stale.content.decode()
    product.refresh_from_db()
    assert (again.status_code, product.price) == (204, Decimal("6.50"))


def test_a_supplier_that_somebody_else_set_is_named_by_its_code(
    client: Client, product: Product
) -> None:
    other = make_supplier(code="S-2")
    change_product(
        product_id=product.pk,
        changes={"supplier_id": other.pk},
        version=1,
        actor=None,
        reason="other",
        now=NOW,
    )

    stale = client.post("/inventory/products/T1/change/", fields(), **REGION)

    assert "Supplier's code S-2 S-1" in text_of(stale).replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"supplier": "gone"}, "There is no supplier gone."),
        ({"price": "-1"}, "greater than or equal to 0"),
        ({"reason": ""}, "Say why."),
        ({}, "is so already."),
    ],
)
def test_a_change_that_cannot_be_is_said(
    client: Client, product: Product, changes: dict[str, str], message: str
) -> None:
    response = client.post("/inventory/products/T1/change/", fields(**changes), **REGION)

    assert response.status_code == 422
    assert message in text_of(response)
    assert Product.objects.get(pk=product.pk).version == 1


def test_corrections_need_a_known_product_a_post_and_the_form_token(product: Product) -> None:
    strict = signed_in(VIEW, CHANGE, client=Client(enforce_csrf_checks=True))

    assert strict.post("/inventory/products/T1/count/", {"counted_units": "1"}).status_code == 403
    client = signed_in(VIEW, CHANGE, email="y@x.test")
    assert client.get("/inventory/products/T1/count/").status_code == 405
    assert client.post("/inventory/products/gone/count/").status_code == 404
