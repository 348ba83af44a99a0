"""The address of a list says all that is on it: back, forward, reload, another window."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.windows import is_untouched, open_live

# Where one starts, the list's table, what leads to another view of it, and what its address has.
LISTS: dict[str, tuple[str, str, Callable[[Page], object], str]] = {
    "products": (
        "/inventory/?cat=Audio",
        "inventory-table",
        lambda page: page.locator("#filter-cat").select_option("Kitchen"),
        "cat=Kitchen",
    ),
    "suppliers": (
        "/inventory/suppliers/?q=harbour",
        "inventory-suppliers",
        lambda page: page.locator("#filter-q").fill("mill"),
        "q=mill",
    ),
    "a page further down": (
        "/transactions/?to=2100-01-01&q=S-",
        "transactions-table",
        lambda page: page.get_by_role("link", name="Older").click(),
        "after=",
    ),
    "customers": (
        "/analytics/customer-list/",
        "analytics-customers",
        lambda page: page.locator("#filter-segment").select_option(index=1),
        "segment=",
    ),
}


def shown(page: Page, region: str) -> list[str]:
    return page.locator(f"#{region} tbody td.pri a.pri").all_inner_texts()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_what_its_address_says(context: BrowserContext, page: Page, name: str) -> None:
    start, region, lead_on, part = LISTS[name]
    open_live(page, start)
    rows = shown(page, region)
    assert rows
    first = page.url

    with page.expect_response(lambda answer: part in answer.url):
        lead_on(page)
    expect(page).to_have_url(re.compile(re.escape(part)))
    second = page.url
    expect(page.locator(f"#{region}")).not_to_have_attribute("aria-busy", "true")
    other = context.new_page()
    other.goto(second)
    there = shown(other, region)
    assert there != rows
    expect(page.locator(f"#{region} tbody td.pri a.pri")).to_have_text(there)
    assert is_untouched(page), "one list, one document"

    for step, address, expected in (
        (page.go_back, first, rows),
        (page.go_forward, second, there),
        (page.reload, second, there),
    ):
        step()
        expect(page).to_have_url(address)
        expect(page.locator(f"#{region} tbody td.pri a.pri")).to_have_text(expected)
        expect(page.locator("nav.nav")).to_be_visible()
