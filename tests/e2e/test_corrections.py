"""What was wrong is put right: a product in admin, stock by a count that two people look at."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import open_live


def test_a_wrong_product_is_corrected_in_admin_and_right_everywhere(
    stack: Stack, page: Page
) -> None:
    [product] = stack.api("products/?sku=P-019")["results"]
    name = f"{product['name']}, boxed"
    page.goto(f"/admin/inventory/product/?q={product['sku']}")
    page.locator("#result_list").get_by_role("link", name=product["sku"]).click()
    page.get_by_label("Name:").fill(name)
    page.get_by_label("Price:").fill("61.50")

    # Without a reason nothing is changed.
    page.get_by_role("button", name="Save", exact=True).click()
    assert stack.api(f"products/{product['sku']}/")["name"] == product["name"]
    page.get_by_label("Reason:").fill("Printed wrong in the catalogue")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_contain_text(name)

    page.goto(f"/inventory/?q={product['sku']}")
    expect(page.locator("#inventory-table tbody tr")).to_have_count(1)
    expect(page.locator("#inventory-table tbody tr")).to_contain_text(name)
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator(".head")).to_contain_text("$61.50")

    page.goto(f"/admin/inventory/product/{product['id']}/history/")
    newest = page.locator("#content tbody tr").first
    expect(newest).to_contain_text("Printed wrong in the catalogue")
    expect(newest).to_contain_text("name, price")


def test_a_large_difference_of_a_count_waits_for_a_second_person(
    stack: Stack, page: Page, colleague: Page
) -> None:
    open_live(page, "/inventory/counts/")
    row = page.locator("tr", has=page.locator("[id^=sheet-]")).first
    row.get_by_label(re.compile("on the sheet")).fill("2")
    row.get_by_role("button", name=re.compile("New sheet")).click()
    expect(page.locator("h1")).to_have_text(re.compile(r"Count sheet \d+"))
    lines = page.locator("#inventory-count-sheet tbody tr")
    expect(lines).to_have_count(2)
    right, wrong = (lines.nth(at).locator(".sub").first.inner_text()[:5] for at in (0, 1))
    booked = stack.stock(wrong)

    def enter(at: int, units: int) -> None:
        lines.nth(at).get_by_label(re.compile("on the shelf")).fill(str(units))
        lines.nth(at).get_by_role("button", name=re.compile("^Enter")).click()

    enter(0, stack.stock(right))
    expect(lines.nth(0)).to_contain_text("Posted")
    # More on the shelf than was ever booked: not for one person to decide.
    enter(1, 3 * booked + 200)
    expect(lines.nth(1).locator(".tag")).to_have_text(re.compile("^Wait"))
    expect(lines.nth(1).get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    assert stack.stock(wrong) == booked

    colleague.goto(page.url)
    waiting = colleague.locator("#inventory-count-sheet tbody tr", has_text=wrong)
    waiting.get_by_role("button", name=re.compile("^Approve")).click()

    expect(waiting).to_contain_text("Posted")
    expect(waiting).to_contain_text("Bea")
    assert stack.stock(wrong) == 3 * booked + 200
    colleague.goto(f"/inventory/products/{wrong}/")
    newest = colleague.locator("#inventory-ledger tbody tr").first
    expect(newest).to_contain_text(f"+{2 * booked + 200:,}")
