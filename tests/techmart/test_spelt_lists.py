"""Words that name nothing on a list, and what is spelt like them."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from inventory.list_filters import ProductFilters
from inventory.models import Product
from inventory.stock_figures import as_spelt, computed_figures
from tests.analytics.factories import make_sale
from tests.exported import exported
from tests.inventory.factories import make_product, make_supplier
from tests.pages import htmx, row_ids, signed_in, text_of
from tests.transactions.factories import make_customer
from transactions.models import Transaction

pytestmark = pytest.mark.django_db

NOTE = "Nothing is called “{}”; showing what is spelt like it."
REGIONS = {
    "/inventory/": "inventory-table",
    "/inventory/suppliers/": "inventory-suppliers",
    "/transactions/": "transactions-table",
}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_FOLDER = str(tmp_path)


@pytest.fixture
def client() -> Client:
    north = make_supplier(name="Garden Traders", code="north")
    chair = make_product(sku="P-100", name="Garden chair", stock=4, supplier=north)
    make_product(sku="P-200", name="Kettle", stock=9, supplier=make_supplier(name="Mill & Sons"))
    make_sale(chair, customer=make_customer(name="Dana Whitfield"))
    make_sale(Product.objects.get(sku="P-200"))
    return signed_in(
        "inventory.view_product", "inventory.view_supplier", "transactions.view_transaction"
    )


def rows_of(response: Any) -> str:
    """Return the rows of the table, "" where there is none."""
    return str(response.content.decode().partition("<tbody>")[2].partition("</tbody>")[0])


@pytest.mark.parametrize("path", REGIONS)
@pytest.mark.parametrize("words", ["gardne", "Gadren", "gardenn"])
def test_a_slip_is_forgiven_and_said(client: Client, path: str, words: str) -> None:
    for response in (
        client.get(path, {"q": words}),
        client.get(path, {"q": words}, **htmx(REGIONS[path])),
    ):
        text = text_of(response)
        assert NOTE.format(words) in text
        assert f"Spelt like “{words}”" in text
        assert "Garden" in rows_of(response)
        assert "Kettle" not in rows_of(response)
        assert "Mill" not in rows_of(response)
        assert f'value="{words}"' in response.content.decode()


@pytest.mark.parametrize("path", REGIONS)
def test_what_is_called_so_is_shown_alone(client: Client, path: str) -> None:
    make_product(sku="P-300", name="Gardne gnome")
    make_supplier(name="Gardne & Co", code="gardne")

    response = client.get(path, {"q": "gardne"})

    assert "spelt like" not in text_of(response).lower()
    assert "Garden" not in rows_of(response)


@pytest.mark.parametrize("path", REGIONS)
@pytest.mark.parametrize("words", ["zzzzzzz", "P-101", "xy"])
def test_what_is_like_nothing_matches_nothing(client: Client, path: str, words: str) -> None:
    text = text_of(client.get(path, {"q": words}))

    assert "match Filters: “" in text.replace("  ", " ")
    assert "spelt like" not in text.lower()


def test_other_filters_have_no_say_in_it(client: Client) -> None:
    make_product(sku="P-300", name="Gardne gnome", category="Toys")

    # The gnome is called so, and is of another supplier.
    text = text_of(client.get("/inventory/", {"q": "gardne", "sup": "north"}))
    assert "No products match" in text

    Product.objects.get(sku="P-300").delete()
    shown = client.get("/inventory/", {"q": "gardne", "sup": "north"})
    assert row_ids(shown, "product") == ["p-100"]
    none = text_of(client.get("/inventory/", {"q": "gardne", "status": "out"}))
    assert NOTE.format("gardne") in none
    assert "No products match" in none


def test_tabs_tiles_and_rows_are_of_the_same_products(client: Client) -> None:
    for number in range(60):
        make_product(sku=f"G-{number}", name=f"Garden gnome {number}", stock=1)
    filters = as_spelt(ProductFilters(q="gardne"))

    figures = computed_figures(filters)
    first = client.get("/inventory/", {"q": "gardne", "sort": "name"})
    following = [
        part.split('"')[0].replace("&amp;", "&")
        for part in first.content.decode().split('href="')
        if part.startswith("/inventory/?") and "after=" in part.split('"')[0]
    ]
    second = client.get(following[0])

    assert figures["tabs"]["all"] == 61
    assert "50 rows of 61" in text_of(first)
    assert len(row_ids(first, "product")) + len(row_ids(second, "product")) == 61
    assert NOTE.format("gardne") in text_of(second)


@pytest.mark.parametrize(
    ("key", "label", "values"),
    [
        ("inventory", "Product", ["Garden chair"]),
        ("suppliers", "Supplier", ["Garden Traders"]),
        ("transactions", "Product", ["Garden chair"]),
    ],
)
def test_a_file_has_the_same_rows_and_says_so(
    client: Client, key: str, label: str, values: list[str]
) -> None:
    rows, about = exported(client, key, "q=gardne")

    assert [row[label] for row in rows] == values
    assert about["Filter"] == "Spelt like “gardne”"
    assert about["Page"].endswith("?q=gardne")
    assert about["Rows"] == "1"


def test_sales_are_found_by_a_customer_spelt_like_the_words(client: Client) -> None:
    response = client.get("/transactions/", {"q": "witfield"})

    assert NOTE.format("witfield") in text_of(response)
    assert len(row_ids(response, "txn")) == 1
    assert "Rows 1" in text_of(response)
    reference = Transaction.objects.order_by("pk")[0].reference
    assert not Transaction.objects.only_spelt(reference)
