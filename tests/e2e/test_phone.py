"""The main jobs at the width of a phone, by touch."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.jobs import plan, run_low, sell_suspiciously
from tests.e2e.stack import Stack
from tests.e2e.windows import PHONE, Windows


def open_phone(windows: Windows) -> Page:
    return windows.open(viewport=PHONE, has_touch=True, is_mobile=True).new_page()


def expect_to_fit(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url


def test_what_runs_out_is_found_and_ordered_on_a_phone(stack: Stack, windows: Windows) -> None:
    product = run_low(stack, "P-013")
    plan(stack)
    page = open_phone(windows)
    page.goto("/")

    bar = page.get_by_role("navigation", name="Pages, bottom bar")
    bar.get_by_role("link", name="Inventory").tap()
    page.get_by_role("link", name=re.compile("^At reorder point")).first.tap()
    expect(page).to_have_url(re.compile("status=low"))
    expect_to_fit(page)
    page.get_by_role("link", name=product["name"], exact=True).tap()
    expect(page.locator("h1")).to_have_text(product["name"])
    expect_to_fit(page)

    order = page.locator("#order")
    expect(order.locator(".steps li")).to_have_count(6)
    page.locator("#order-create").tap()
    order.get_by_role("link", name="In its draft").tap()
    line = page.locator("tr", has=page.get_by_role("link", name=product["name"], exact=True))
    expect(line).to_be_visible()
    expect_to_fit(page)
    page.locator("#send-open").tap()
    expect(page.locator("#send-order")).to_be_visible()
    page.locator("#send-confirm").tap()

    expect(page.locator("h1")).to_contain_text("Sent")
    expect_to_fit(page)
    assert int(stack.api("products/P-013/")["on_order_quantity"]) > 0


def test_a_suspicious_sale_is_decided_on_a_phone(stack: Stack, windows: Windows) -> None:
    sold = sell_suspiciously(stack, "P-010", "C-09")
    page = open_phone(windows)
    page.goto("/transactions/review/")
    page.get_by_role("link", name=sold["order_ref"], exact=True).tap()
    expect(page.locator("h1")).to_contain_text(sold["reference"])
    expect_to_fit(page)

    page.locator("#act-approve").tap()

    expect(page.locator("#undo")).to_contain_text("Approved order")
    expect_to_fit(page)
    review = stack.api(f"reviews/{sold['id']}/")
    assert [each["verdict"] for each in review["decisions"]] == ["approve"]
