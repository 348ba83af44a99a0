"""Every form of the main jobs works in a browser without JavaScript."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.jobs import plan, run_low, sell_suspiciously
from tests.e2e.stack import Stack


def test_goods_are_ordered_and_received(stack: Stack, plain_page: Page) -> None:
    page = plain_page
    product = run_low(stack, "P-014")
    plan(stack)
    page.goto("/inventory/suggestions/")
    page.get_by_role("button", name=f"Accept {product['name']}", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Reorder suggestions")

    page.goto("/inventory/suggestions/?status=accepted")
    row = page.locator("tr", has=page.get_by_role("link", name=product["name"], exact=True))
    row.get_by_role("link", name=re.compile("PO-")).click()
    expect(page.locator("h1")).to_contain_text("Draft")
    page.locator("form[action$='/send/']").get_by_role("button", name="Send to supplier").click()
    expect(page.locator("h1")).to_contain_text("Sent")

    left = stack.stock("P-014")
    missing = page.get_by_label(f"Units of {product['name']} that came")
    came = int(missing.input_value())
    page.get_by_role("button", name=f"Receive {product['name']}").click()
    expect(page.get_by_role("button", name=f"Receive {product['name']}")).to_have_count(0)
    assert stack.stock("P-014") == left + came


def test_a_suspicious_sale_is_decided(stack: Stack, plain_page: Page) -> None:
    page = plain_page
    sold = sell_suspiciously(stack, "P-020", "C-08")
    page.goto("/transactions/review/")
    page.get_by_role("link", name=sold["order_ref"], exact=True).click()
    expect(page.locator("h1")).to_contain_text(sold["reference"])
    page.get_by_label(re.compile("^Note")).fill("Nobody answers the phone")
    page.get_by_role("button", name=re.compile("^Decline")).first.click()

    page.goto("/transactions/review/?tab=decided")
    row = page.locator("tr", has_text=sold["reference"])
    expect(row).to_contain_text("Decline")
    expect(row).to_contain_text("Nobody answers the phone")
    review = stack.api(f"reviews/{sold['id']}/")
    assert [each["verdict"] for each in review["decisions"]] == ["decline"]


def test_figures_are_compared_and_a_list_is_written(plain_page: Page) -> None:
    page = plain_page
    page.goto("/analytics/?period=7d")
    expect(page.locator("form.bar")).to_contain_text("compared with")
    page.locator("#filter-cmp").select_option("none")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("period=7d&cmp=none"))
    expect(page.locator("form.bar")).not_to_contain_text("compared with")

    page.goto("/inventory/suppliers/")
    page.locator("#filter-q").fill("north")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#inventory-suppliers tbody tr")).to_have_count(1)
    menu = page.locator("details.menu", has_text="Excel")
    menu.locator("summary").click()
    with page.expect_download() as started:
        menu.get_by_role("button", name="CSV").click()
    lines = started.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[:3]] == ["Code", "north", ""]


def test_an_alert_is_acknowledged_and_silenced(stack: Stack, plain_page: Page) -> None:
    page = plain_page
    product = run_low(stack, "P-017")
    title = f"{product['name']} is low"
    page.goto("/alerts/")
    row = page.locator("#alerts-table tbody tr", has_text=title)
    row.get_by_role("button", name=f"Acknowledge {title}").click()
    expect(row.get_by_role("button")).to_have_count(0)
    row.get_by_role("link", name=re.compile("^History of")).click()
    expect(page.locator("h1")).to_contain_text("Acknowledged")

    page.get_by_role("link", name="Silence alerts like it").click()
    page.get_by_label("Reason").fill("Being relabelled")
    page.get_by_role("button", name="Silence", exact=True).click()
    silence = page.get_by_role("row", name=re.compile("Being relabelled"))
    silence.get_by_role("button", name=re.compile("^End")).click()
    expect(silence).to_have_count(0)


def test_a_product_and_its_stock_are_corrected(stack: Stack, plain_page: Page) -> None:
    page = plain_page
    page.goto("/inventory/products/P-024/")
    booked = stack.stock("P-024")
    page.get_by_label(re.compile("^Counted on the shelf")).fill(str(booked + 1))
    page.locator("#count-reason").fill("Found one behind the shelf")
    page.get_by_role("button", name="Book the count").click()
    newest = page.locator("#inventory-ledger tbody tr").first
    expect(newest).to_contain_text("Found one behind the shelf")
    assert stack.stock("P-024") == booked + 1

    page.locator("summary", has_text="Change the product").click()
    page.locator("#change-price").fill("78.90")
    page.locator("#change-reason").fill("New list of prices")
    page.locator("#change-send").click()
    expect(page.locator(".head").first).to_contain_text("$78.90")


def test_a_view_is_kept_and_the_profile_changed(plain_page: Page) -> None:
    page = plain_page
    page.goto("/alerts/")
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="Views of this list").click()
    page.get_by_label("Keep this view as").fill("Plain")
    page.get_by_role("button", name="Keep").click()
    expect(page).to_have_url(re.compile("/alerts/"))
    page.goto("/views/alerts/")
    page.get_by_role("button", name="Remove Plain").click()
    expect(page.locator("#core-views")).to_contain_text("No views yet")

    page.goto("/profile/")
    name = page.get_by_label("Name")
    was = name.input_value()
    for given in ("Ada by the till", was):
        name.fill(given)
        page.get_by_role("button", name="Save").click()
        expect(name).to_have_value(given)
