"""Columns chosen in the address: on the pages of the lists, in saved views and in their files."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client

from alerts.exports import FILE_COLUMNS as ALERT_FILE
from alerts.list_filters import COLUMN_NAMES as ALERT_COLUMNS
from inventory.exports import FILE_COLUMNS as PRODUCT_FILE
from inventory.list_filters import COLUMN_NAMES as PRODUCT_COLUMNS
from inventory.models import PurchaseOrder
from inventory.order_pages.export import FILE_COLUMNS as ORDER_FILE
from inventory.order_pages.page import COLUMN_NAMES as ORDER_COLUMNS
from techmart.core.models import SavedView
from techmart.lib.export import Column
from tests.alerts.factories import make_alert
from tests.analytics.factories import make_sale
from tests.inventory.factories import make_product, make_supplier
from tests.pages import htmx, signed_in
from transactions.exports import FILE_COLUMNS as SALE_FILE
from transactions.list_filters import COLUMN_NAMES as SALE_COLUMNS

pytestmark = pytest.mark.django_db

LISTS = {
    "/transactions/": ("transactions", SALE_COLUMNS),
    "/inventory/": ("inventory", PRODUCT_COLUMNS),
    "/alerts/": ("alerts", ALERT_COLUMNS),
    "/inventory/orders/": ("orders", ORDER_COLUMNS),
}
# Regions are named after their app.
REGIONS = {"orders": "inventory-orders"}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_FOLDER = str(tmp_path)


@pytest.fixture
def client() -> Client:
    make_sale(make_product(name="Socks"))
    make_alert(title="Socks are low")
    PurchaseOrder.objects.create(number="PO-1", supplier=make_supplier())
    return signed_in(
        "transactions.view_transaction",
        "inventory.view_product",
        "inventory.view_purchaseorder",
        "alerts.view_alert",
    )


def heads(response: Any) -> list[str]:
    """Return the words of the table's head, without those that are hidden from sight."""
    head = re.search(r"<thead>.*?</thead>", response.content.decode(), re.S)
    assert head
    cells = re.findall(r"<th scope=\"col\".*?</th>", head[0], re.S)
    texts = [
        re.sub(r"<svg.*?</svg>|<[^>]+>", "", cell) for cell in cells if 'class="vh"' not in cell
    ]
    return [text for text in texts if text]


def cells(response: Any) -> list[str]:
    """Return the classes of the cells of the first row that belong to a column."""
    body = response.content.decode().split("<tbody>")[1].split("</tr>")[0]
    found = re.findall(r'<td class="([^"]*)"', body)
    return [classes for classes in found if "cb" not in classes and "act" not in classes.split()]


@pytest.mark.parametrize("path", LISTS)
def test_every_column_has_its_cell_and_can_be_left_out(client: Client, path: str) -> None:
    _, names = LISTS[path]
    every = client.get(path)
    labels = heads(every)
    assert len(labels) == len(names) == len(cells(every))

    for place, name in enumerate(names[1:], start=1):
        rest = [other for other in names if other != name]
        response = client.get(path, {"cols": ".".join(rest)})

        assert heads(response) == labels[:place] + labels[place + 1 :]
        assert len(cells(response)) == len(names) - 1
        # A person who chose a column wants it on a narrow page too.
        assert not any(re.search("opt-|hide-", classes) for classes in cells(response))


@pytest.mark.parametrize("path", LISTS)
def test_boxes_of_the_menu_become_one_address(client: Client, path: str) -> None:
    key, names = LISTS[path]
    asked = f"cols={names[-1]}&cols={names[1]}"
    response = client.get(f"{path}?{asked}", **htmx(REGIONS.get(key, f"{key}-table")))

    chosen = f"cols={names[0]}.{names[1]}.{names[-1]}"
    assert len(heads(response)) == 3
    assert response["HX-Push-Url"] == f"{path}?{chosen}"
    html = response.content.decode()
    assert f"3 of {len(names)}" in html
    assert f'id="column-{names[0]}" checked disabled' in html
    # Every way on from here keeps the choice; only "All columns" ends it.
    ways = re.findall(r'hx-get="([^"]+)"', html)
    inner = [way.replace("&amp;", "&") for way in ways if urlsplit(way).path == path]
    ending = [way for way in inner if "?" in way and chosen not in way]
    assert ending == []
    assert f'<input type="hidden" name="cols" value="{chosen[5:]}">' in html


@pytest.mark.parametrize("path", LISTS)
def test_all_boxes_ticked_leave_nothing_in_the_address(client: Client, path: str) -> None:
    key, names = LISTS[path]
    asked = "&".join(f"cols={name}" for name in names)
    response = client.get(f"{path}?{asked}", **htmx(REGIONS.get(key, f"{key}-table")))

    assert response["HX-Push-Url"] == path
    assert len(heads(response)) == len(names)


@pytest.mark.parametrize("path", LISTS)
def test_words_that_name_no_column_are_said_to_be_ignored(client: Client, path: str) -> None:
    _, names = LISTS[path]
    response = client.get(path, {"cols": f"{names[1]}.bogus.<b>"})

    assert len(heads(response)) == 2
    html = response.content.decode()
    assert "ignored: cols=bogus.&lt;b&gt;" in html
    assert f'href="{path}?cols={names[0]}.{names[1]}" hx-get' in html

    unused = client.get(path, {"cols": "bogus"})
    assert len(heads(unused)) == len(names)
    assert "ignored: cols=bogus" in unused.content.decode()


@pytest.mark.parametrize("path", LISTS)
def test_a_saved_view_keeps_the_columns(client: Client, path: str) -> None:
    key, names = LISTS[path]
    query = f"cols={names[0]}.{names[1]}"
    client.post(f"/views/{key}/", {"name": "Narrow", "query": query})

    view = SavedView.objects.get()
    assert dict(parse_qsl(view.query)) == dict(QueryDict(query).items())
    assert len(heads(client.get(f"{path}?{view.query}"))) == 2


@pytest.mark.parametrize(
    ("key", "query", "labels"),
    [
        (
            "transactions",
            "cols=transaction.customer.amount&sort=amount",
            ["Transaction", "Customer code", "Customer", "Amount"],
        ),
        (
            "inventory",
            "cols=product.available.status",
            ["Code", "Product", "Category", "Available", "Status"],
        ),
        (
            "alerts",
            "cols=alert.who",
            ["Number", "Severity", "Alert", "Message", "Assigned to"],
        ),
        (
            "orders",
            "cols=order.promised.amount",
            ["Order", "Promised", "Days late", "Amount"],
        ),
    ],
)
def test_a_file_has_the_columns_on_screen(
    client: Client, key: str, query: str, labels: list[str]
) -> None:
    def lines(query: str) -> list[list[str]]:
        asked = {"list": key, "query": query, "format": "csv"}
        response: Any = client.post("/exports/new/", asked)
        text = b"".join(response.streaming_content).decode()
        return list(csv.reader(io.StringIO(text[1:])))

    every, narrow = lines(""), lines(query)

    places = [every[0].index(label) for label in labels]
    assert narrow[0] == labels
    assert narrow[1] == [every[1][place] for place in places]
    assert narrow[2] == []
    about = {line[0]: line[1] for line in narrow[3:]}
    assert f"cols={dict(parse_qsl(query))['cols']}" in about["Page"]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (SALE_FILE, SALE_COLUMNS),
        (PRODUCT_FILE, PRODUCT_COLUMNS),
        (ALERT_FILE, ALERT_COLUMNS),
        (ORDER_FILE, ORDER_COLUMNS),
    ],
)
def test_every_column_of_a_page_stands_in_its_file(
    columns: Sequence[Column], names: Sequence[str]
) -> None:
    assert {column.of for column in columns} - {""} == set(names)
