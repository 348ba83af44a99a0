"""What people do on a product's page: look back in its ledger, reverse entries, take units off."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from inventory.choices import MovementKind
from inventory.models import Product, PurchaseOrder, StockMovement, SupplierReturn
from inventory.product_page import parse_moment
from inventory.services.ledger import post_movements
from inventory.services.orders import LineInput, create_order, receive_line, send_order
from tests.inventory.factories import entry, make_product
from tests.inventory.suggested import suggest
from tests.pages import htmx, signed_in, text_of

pytestmark = pytest.mark.django_db

VIEW, CHANGE = "inventory.view_product", "inventory.change_product"
REVERSE, DECIDE = "inventory.change_stockmovement", "inventory.change_reordersuggestion"
LEDGER = htmx("inventory-ledger")
PAGE = "/inventory/products/T1/"


@pytest.fixture
def client() -> Client:
    return signed_in(VIEW, CHANGE, REVERSE, DECIDE)


@pytest.fixture
def product() -> Product:
    return make_product(sku="T1", name="Tea")


def post(product: Product, kind: MovementKind, units: int, *, days_ago: float) -> StockMovement:
    at = timezone.now() - timedelta(days=days_ago)
    post_movements([entry(product, kind, units, at=at)], now=timezone.now())
    return StockMovement.objects.latest("pk")


def levels(html: str) -> list[str]:
    return re.findall(r'data-l="On hand">([^<]+)<', html)


# --- the ledger -----------------------------------------------------------------------------


def test_balances_follow_the_order_in_which_things_happened(
    client: Client, product: Product
) -> None:
    post(product, MovementKind.OPENING, 10, days_ago=9)
    post(product, MovementKind.SALE, -4, days_ago=1)
    # Written last, happened before the sale.
    post(product, MovementKind.RECEIPT, 20, days_ago=5)

    html = client.get(PAGE, **LEDGER).content.decode()

    assert levels(html) == ["26", "30", "10"]


def test_stock_at_a_past_moment_is_the_sum_until_then(client: Client, product: Product) -> None:
    post(product, MovementKind.OPENING, 10, days_ago=9)
    post(product, MovementKind.RECEIPT, 20, days_ago=5)
    post(product, MovementKind.SALE, -4, days_ago=1)
    wall = (timezone.localtime() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")

    response = client.get(f"{PAGE}ledger/", {"at": wall}, **LEDGER)

    assert "30 in stock, the sum of 2 entries until" in text_of(response)
    assert "26 now" in text_of(response)
    assert levels(response.content.decode()) == ["30", "10"]
    assert f'value="{wall}"' in response.content.decode()


def test_pages_further_back_keep_their_balances_and_the_moment(
    client: Client, product: Product
) -> None:
    for day in range(30):
        post(product, MovementKind.RECEIPT, 1, days_ago=40 - day)
    wall = timezone.localtime().strftime("%Y-%m-%dT%H:%M")

    first = client.get(f"{PAGE}ledger/", {"at": wall}, **LEDGER).content.decode()
    further = re.search(r'id="page-next" href="([^"]+)"', first)

    assert further is not None
    second = client.get(further[1].replace("&amp;", "&"), **LEDGER).content.decode()
    assert (levels(first)[0], levels(second)) == ("30", [str(n) for n in range(10, 0, -1)])
    assert "at=" in further[1]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T10:00"])
def test_no_moment_shows_the_whole_ledger(client: Client, product: Product, text: str) -> None:
    post(product, MovementKind.OPENING, 10, days_ago=9)

    response = client.get(f"{PAGE}ledger/", {"at": text}, **LEDGER)

    assert levels(response.content.decode()) == ["10"]
    assert "the sum of" not in text_of(response)


def test_a_moment_is_the_shop_s_and_its_minute_in_full() -> None:
    assert parse_moment("2026-03-10T14:00") == datetime(
        2026, 3, 10, 14, 0, 59, 999_999, tzinfo=ZoneInfo("America/New_York")
    )


# --- reversing ------------------------------------------------------------------------------


def test_an_entry_is_reversed_once_and_with_a_reason(client: Client, product: Product) -> None:
    movement = post(product, MovementKind.RECEIPT, 20, days_ago=5)
    address = f"{PAGE}ledger/{movement.pk}/reverse/"

    silent = client.post(address, {"reason": " "})
    done = client.post(address, {"reason": "came for another shop"})
    again = client.post(address, {"reason": "again"})

    assert (silent.status_code, done.status_code, again.status_code) == (422, 303, 409)
    assert "reversed already" in text_of(again)
    assert StockMovement.objects.filter(kind="reversal").count() == 1
    product.refresh_from_db()
    assert product.stock_quantity == 0
    assert f"reverse-{movement.pk}" not in client.get(PAGE).content.decode()


def test_sales_are_not_reversed_here(client: Client, product: Product) -> None:
    post(product, MovementKind.OPENING, 5, days_ago=9)
    sale = post(product, MovementKind.SALE, -1, days_ago=1)

    response = client.post(f"{PAGE}ledger/{sale.pk}/reverse/", {"reason": "wrong"})

    assert f"reverse-{sale.pk}" not in client.get(PAGE).content.decode()
    assert response.status_code == 409
    assert "Cancel or refund the sale instead" in text_of(response)


def test_an_entry_of_another_product_is_not_found(client: Client, product: Product) -> None:
    other = post(make_product(), MovementKind.RECEIPT, 5, days_ago=1)

    assert client.post(f"{PAGE}ledger/{other.pk}/reverse/", {"reason": "x"}).status_code == 404


# --- taking off -----------------------------------------------------------------------------


def test_units_are_written_off_with_a_code(client: Client, product: Product) -> None:
    post(product, MovementKind.OPENING, 10, days_ago=9)

    done = client.post(f"{PAGE}write-off/", {"units": "3", "code": "damaged", "reason": "fell"})
    unsaid = client.post(f"{PAGE}write-off/", {"units": "3", "code": "other"})
    too_many = client.post(f"{PAGE}write-off/", {"units": "30", "code": "expired"})
    unknown = client.post(f"{PAGE}write-off/", {"units": "3", "code": "eaten"})

    statuses = [response.status_code for response in (done, unsaid, too_many, unknown)]
    assert statuses == [303, 422, 422, 422]
    assert "30 asked, 7 left" in text_of(too_many)
    movement = StockMovement.objects.get(kind="write_off")
    assert (movement.quantity, movement.reason) == (-3, "Damaged: fell")


def delivered(product: Product, units: int) -> PurchaseOrder:
    now = timezone.now()
    order = create_order(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, units)], actor=None, now=now
    )
    send_order(order_id=order.pk, actor=None, now=now)
    receive_line(line_id=order.lines.get().pk, quantity=units, actor=None, now=now)
    return order


def test_units_go_back_by_the_order_they_came_by(client: Client, product: Product) -> None:
    order = delivered(product, 10)
    line = order.lines.get()

    page = text_of(client.get(PAGE))
    done = client.post(
        f"{PAGE}return/", {"quantity": "4", "line_id": str(line.pk), "reason": "mould"}
    )
    refused = client.post(
        f"{PAGE}return/", {"quantity": "7", "line_id": str(line.pk), "reason": "mould"}
    )

    assert f"{order.number}, 10 came" in page
    assert (done.status_code, refused.status_code) == (303, 422)
    assert "6 came and did not go back yet" in text_of(refused)
    assert SupplierReturn.objects.get().line == line
    assert f"Return of {order.number}" in text_of(client.get(PAGE))


# --- the suggestion -------------------------------------------------------------------------


def test_the_suggestion_is_decided_on_the_page(client: Client, product: Product) -> None:
    row = suggest(product, 40)

    page = text_of(client.get(PAGE))
    response = client.post(f"/inventory/suggestions/{row.pk}/accept/", {"next": PAGE})

    assert "Create order of 40" in page
    assert response["Location"] == PAGE
    assert "In its draft" in text_of(client.get(PAGE))
    reader = text_of(signed_in(VIEW).get(PAGE))
    assert "Create order" not in reader
    assert "Reverse" not in reader


def test_without_rights_nothing_is_done(product: Product) -> None:
    movement = post(product, MovementKind.RECEIPT, 5, days_ago=1)
    reader = signed_in(VIEW)

    for act in ("write-off", "return", f"ledger/{movement.pk}/reverse"):
        assert reader.post(f"{PAGE}{act}/", {"reason": "x"}).status_code == 403
