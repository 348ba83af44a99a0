"""The page of results and the palette's options."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.inventory.factories import make_product
from tests.pages import htmx, is_page, signed_in, text_of

pytestmark = pytest.mark.django_db

SEARCH = "/search/"
PRODUCTS = "inventory.view_product"


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    assert client.get(SEARCH).status_code == 302


def test_the_page_lists_what_was_found_as_links() -> None:
    make_product(name="Nimbus Headphones", sku="N-1")

    answer = signed_in(PRODUCTS).get(SEARCH, {"q": "nimbus"})

    assert is_page(answer)
    assert 'href="/inventory/products/N-1/"' in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"


def test_nothing_found_is_said() -> None:
    answer = signed_in(PRODUCTS).get(SEARCH, {"q": "zzzz"})

    assert "Nothing found" in text_of(answer)


def test_the_options_name_rows_pages_and_actions() -> None:
    make_product(name="Darkroom lamp", sku="N-1")

    html = signed_in(PRODUCTS).get(SEARCH, {"q": "dark"}, **htmx("search-options")).content.decode()

    options = re.findall(r'role="option"[^>]*?(?:href|data-run)="([^"]+)"', html)
    assert options == ["/inventory/products/N-1/", "[data-theme-switch]"]
    assert len(set(re.findall(r'\bid="([^"]+)"', html))) == len(re.findall(r'\bid="', html))


def test_without_words_the_palette_offers_the_pages_of_the_person() -> None:
    html = signed_in("transactions.view_transaction").get(SEARCH, **htmx("search-options"))

    assert "Review queue" in text_of(html)
    assert "Fraud rules" not in text_of(html)
    assert "Sign out" in text_of(html)


def test_a_name_is_escaped() -> None:
    make_product(name="<script>alert(1)</script>")

    answer = signed_in(PRODUCTS).get(SEARCH, {"q": "<script>"}, **htmx("search-options"))

    assert "<script>" not in answer.content.decode()


def test_the_page_asks_few_questions() -> None:
    make_product(name="Nimbus")
    client = signed_in(PRODUCTS)
    client.get(SEARCH, {"q": "nimbus"})

    with CaptureQueriesContext(connection) as queries:
        client.get(SEARCH, {"q": "nimbus"}, **htmx("search-options"))

    # Session, person, permissions twice, the search; counters beside the pages are not asked for.
    assert len(queries) <= 5
