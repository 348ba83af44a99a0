"""Columns chosen in the address: on the pages of the lists, in saved views and in their files."""

import csv
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client

from techmart.core.models import SavedView
from tests.pages import htmx, signed_in
from tests.techmart.wide_lists import PERMISSIONS, WIDE_LISTS, WideList

pytestmark = pytest.mark.django_db

of_every_list = pytest.mark.parametrize(
    "listed", [pytest.param(each, id=name) for name, each in WIDE_LISTS.items()]
)
of_lists_with_files = pytest.mark.parametrize(
    "listed", [pytest.param(each, id=name) for name, each in WIDE_LISTS.items() if each.key]
)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_FOLDER = str(tmp_path)


@pytest.fixture
def client() -> Client:
    return signed_in(*PERMISSIONS)


def heads(response: Any) -> list[str]:
    """Return the words of the list's head, without those that are hidden from sight."""
    head = re.findall(r"<thead>.*?</thead>", response.content.decode(), re.S)[-1]
    cells = re.findall(r"<th scope=\"col\".*?</th>", head, re.S)
    texts = [
        re.sub(r"<svg.*?</svg>|<[^>]+>", "", cell) for cell in cells if 'class="vh"' not in cell
    ]
    return [text for text in texts if text]


def cells(response: Any) -> list[str]:
    """Return the classes of the cells of the first row that belong to a column."""
    body = response.content.decode().split("<tbody>")[-1].split("</tr>")[0]
    found = re.findall(r'<td class="([^"]*)"', body)
    return [classes for classes in found if "cb" not in classes and "act" not in classes.split()]


@of_every_list
def test_every_column_has_its_cell_and_can_be_left_out(client: Client, listed: WideList) -> None:
    listed.make()
    every = client.get(listed.url())
    labels = heads(every)
    assert len(labels) == len(listed.columns) == len(cells(every))

    for place, name in enumerate(listed.columns[1:], start=1):
        rest = ".".join(other for other in listed.columns if other != name)
        response = client.get(listed.url(rest))

        assert heads(response) == labels[:place] + labels[place + 1 :]
        assert len(cells(response)) == len(listed.columns) - 1
        # A person who chose a column wants it on a narrow page too.
        assert not any(re.search("opt-|hide-", classes) for classes in cells(response))


@of_every_list
def test_boxes_of_the_menu_become_one_address(client: Client, listed: WideList) -> None:
    listed.make()
    names = listed.columns
    asked = listed.url(names[-1], cols_too=names[1]).replace("cols_too", "cols")
    response = client.get(asked, **htmx(listed.region))

    chosen = f"{names[0]}.{names[1]}.{names[-1]}"
    assert len(heads(response)) == 3
    assert response["HX-Push-Url"] == listed.url(chosen)
    html = response.content.decode()
    assert f"3 of {len(names)}" in html
    assert f'id="column-{names[0]}" checked disabled' in html
    # Every way on from here keeps the choice; only "All columns" ends it.
    ways = [way.replace("&amp;", "&") for way in re.findall(r'hx-get="([^"]+)"', html)]
    inner = {way for way in ways if urlsplit(way).path == listed.path and "?" in way}
    ending = {way for way in inner if f"cols={chosen}" not in way}
    assert ending - listed.other_tables <= {listed.url()}
    forms = re.findall(rf'<form[^>]* hx-get="{listed.path}".*?</form>', html, re.S)
    assert forms
    kept = f'<input type="hidden" name="cols" value="{chosen}">'
    assert all(kept in form or 'class="ticks"' in form for form in forms)


@of_every_list
def test_all_boxes_ticked_leave_nothing_in_the_address(client: Client, listed: WideList) -> None:
    listed.make()
    asked = listed.url(".".join(listed.columns)).replace(".", "&cols=")
    response = client.get(asked, **htmx(listed.region))

    assert response["HX-Push-Url"] == listed.url()
    assert len(heads(response)) == len(listed.columns)


@of_every_list
def test_words_that_name_no_column_are_said_to_be_ignored(client: Client, listed: WideList) -> None:
    listed.make()
    first, second = listed.columns[:2]
    response = client.get(listed.url(f"{second}.bogus.<b>"))

    assert len(heads(response)) == 2
    html = response.content.decode().replace("&amp;", "&")
    assert "ignored: cols=bogus.&lt;b&gt;" in html
    assert f'href="{listed.url(f"{first}.{second}")}" hx-get' in html

    unused = client.get(listed.url("bogus"))
    assert len(heads(unused)) == len(listed.columns)
    assert "ignored: cols=bogus" in unused.content.decode()


@of_lists_with_files
def test_a_saved_view_keeps_the_columns(client: Client, listed: WideList) -> None:
    listed.make()
    query = urlsplit(listed.url(f"{listed.columns[0]}.{listed.columns[1]}")).query
    client.post(f"/views/{listed.key}/", {"name": "Narrow", "query": query})

    view = SavedView.objects.get()
    assert dict(parse_qsl(view.query)) == dict(QueryDict(query).items())
    shown = client.get(f"{listed.path}?{view.query}")
    assert len(heads(shown)) == 2
    # The page has the menu that keeps it, and opens with it once it is the default.
    assert f'hx-get="/views/{listed.key}/?query=' in shown.content.decode()
    client.post(f"/views/{view.pk}/change/", {"act": "default"})
    assert client.get(listed.path)["Location"] == f"{listed.path}?{view.query}"


@pytest.mark.parametrize(
    ("name", "columns", "labels"),
    [
        (
            "transactions",
            "transaction.customer.amount",
            ["Transaction", "Customer code", "Customer", "Amount"],
        ),
        (
            "products",
            "product.available.status",
            ["Code", "Product", "Category", "Available", "Status"],
        ),
        ("alerts", "alert.who", ["Number", "Severity", "Alert", "Message", "Assigned to"]),
        ("orders", "order.promised.amount", ["Order", "Promised", "Days late", "Amount"]),
        (
            "suggestions",
            "product.supplier.order",
            ["Code", "Product", "Class", "Note", "Supplier", "Suggested", "Order"],
        ),
        ("suppliers", "supplier.lead", ["Code", "Supplier", "Lead time, days", "Its spread, days"]),
        # On the page the newest order stands last.
        (
            "customers",
            "customer.orders.newest",
            ["Code", "Customer", "Orders, 365 days", "Newest order"],
        ),
        ("cases", "order.loss", ["Order", "Held lines", "Product", "Expected loss"]),
        ("decisions", "transaction.by.amount", ["Transaction", "By", "Amount"]),
    ],
)
def test_a_file_has_the_columns_on_screen(
    client: Client, name: str, columns: str, labels: list[str]
) -> None:
    listed = WIDE_LISTS[name]
    listed.make()

    def lines(url: str) -> list[list[str]]:
        asked = {"list": listed.key, "query": urlsplit(url).query, "format": "csv"}
        response: Any = client.post("/exports/new/", asked)
        text = b"".join(response.streaming_content).decode()
        return list(csv.reader(io.StringIO(text[1:])))

    every, narrow = lines(listed.url()), lines(listed.url(columns))

    places = [every[0].index(label) for label in labels]
    assert narrow[0] == labels
    assert narrow[1] == [every[1][place] for place in places]
    assert narrow[2] == []
    about = {line[0]: line[1] for line in narrow[3:]}
    assert f"cols={columns}" in about["Page"]


@of_lists_with_files
def test_every_column_of_a_page_stands_in_its_file(listed: WideList) -> None:
    assert {column.of for column in listed.file} - {""} == set(listed.columns)


def test_the_tables_of_review_keep_their_own_columns(client: Client) -> None:
    WIDE_LISTS["cases"].make()
    html = client.get("/transactions/review/?cols=order.loss").content.decode()

    assert 'href="/transactions/review/?tab=mine&amp;cols=order.loss"' in html
    assert 'href="/transactions/review/?tab=decided"' in html
    # The case leads back to the queue as it was.
    assert re.search(r'href="/transactions/\d+/\?review=cols%3Dorder\.loss"', html)
