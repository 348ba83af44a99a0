"""A product runs low through live sales, is suggested, ordered, and comes in two parts."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.jobs import plan
from tests.e2e.stack import Stack
from tests.e2e.windows import is_untouched, open_live
from tests.waiting import wait_until

SKU = "P-011"
WITHIN_MS = 8_000


def stock_of(stack: Stack) -> int:
    """Return what is in stock of the product."""
    return int(stack.api(f"products/{SKU}/")["stock_quantity"])


def test_from_the_last_sale_to_the_scorecard(stack: Stack, page: Page) -> None:
    product = stack.api(f"products/{SKU}/")
    supplier = next(
        row
        for row in stack.api("suppliers/?page_size=50")["results"]
        if row["code"] == product["supplier"]
    )
    before = stack.api(f"suppliers/{supplier['id']}/scorecard/")
    open_live(page, "/alerts/")

    # It runs low through sales, and an alert says so by itself.
    level = int(product["reorder_threshold"])
    assert level > 0
    while (stock := stock_of(stack)) >= level:
        stack.sell(SKU, quantity=min(40, stock - level + 1))
    expect(page.locator("#alerts-table")).to_contain_text(
        f"{product['name']} is low", timeout=WITHIN_MS
    )
    assert is_untouched(page)

    # The planner suggests an order, with its six steps.
    plan(stack)
    page.goto("/inventory/suggestions/")
    row = page.locator("tr", has=page.get_by_role("link", name=product["name"], exact=True))
    expect(row).to_be_visible()
    key = (row.get_attribute("id") or "").removeprefix("suggestion-")
    page.locator(f"#fold-{key} summary").click()
    expect(page.locator(f"#why-{key} .steps li")).to_have_count(6, timeout=WITHIN_MS)
    quantity = int(page.locator(f"#quantity-{key}").input_value())
    assert quantity >= 2, quantity

    # Accepted, it is a line of its supplier's draft.
    page.locator(f"#accept-{key}").click()
    expect(row).to_have_count(0)
    page.goto("/inventory/suggestions/?status=accepted")
    row.get_by_role("link", name=re.compile("PO-")).click()
    expect(page.locator("h1")).to_contain_text("Draft")

    # Sent after a dialog that repeats the amount.
    page.locator("#send-open").click()
    dialog = page.locator("#send-order")
    expect(dialog).to_contain_text(f"{quantity} units")
    page.locator("#send-confirm").click()
    expect(page.locator("h1")).to_contain_text("Sent")
    line = page.locator("tr", has=page.get_by_role("link", name=product["name"], exact=True))

    # It comes in two parts.
    first = quantity // 2
    left = stock_of(stack)
    line.get_by_label(re.compile("that came")).fill(str(first))
    line.get_by_role("button", name=re.compile("^Receive")).click()
    expect(line).to_contain_text(f"{quantity - first} missing")
    assert stock_of(stack) == left + first
    line.get_by_role("button", name=re.compile("^Receive")).click()
    expect(page.locator("h1")).to_contain_text("Received")
    assert stock_of(stack) == left + quantity

    # And the supplier's scorecard counts both.
    after = stack.api(f"suppliers/{supplier['id']}/scorecard/")
    assert after["receipts"] == before["receipts"] + 2
    assert after["fill_rate"] == 1.0
    page.goto(f"/inventory/suppliers/{supplier['code']}/")
    expect(page.locator("#inventory-supplier")).to_contain_text("of the newest 2")
    expect(page.locator("#inventory-supplier")).to_contain_text("Fill rate")
    page.goto("/alerts/")
    wait_until(lambda: _is_calm(page, product["name"]), seconds=10)


def _is_calm(page: Page, name: str) -> bool:
    page.reload()
    return f"{name} is low" not in page.locator("#alerts-table").inner_text()
