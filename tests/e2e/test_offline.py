"""A page without a connection, and a shop without a worker: both catch up, and nothing twice."""

from decimal import Decimal

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import Windows, expect_connection, is_untouched, open_live
from tests.waiting import wait_until

WITHIN_MS = 15_000


def expect_net_sales(page: Page, amount: Decimal, *, within_ms: int = WITHIN_MS) -> None:
    value = page.locator("#figure-net_sales .kpi-v")
    expect(value).to_have_attribute("title", f"${amount:,.2f}", timeout=within_ms)


def settled_net_sales(stack: Stack, page: Page) -> Decimal:
    """Return net sales once the page shows what the shop has: nothing is on its way."""
    wait_until(
        lambda: (
            page.locator("#figure-net_sales .kpi-v").get_attribute("title")
            == f"${Decimal(stack.tile('net_sales')['value']):,.2f}"
        )
    )
    return Decimal(stack.tile("net_sales")["value"])


def test_a_page_that_was_offline_catches_up_with_what_happened(
    stack: Stack, context: BrowserContext, windows: Windows
) -> None:
    sales, product, dashboard = (context.new_page() for _ in range(3))
    open_live(sales, "/transactions/")
    open_live(product, "/inventory/products/P-016/")
    open_live(dashboard, "/")
    before = settled_net_sales(stack, dashboard)
    writes = product.get_by_role("button", name="Book the count")
    expect(writes).to_be_enabled()

    context.set_offline(True)
    expect_connection(dashboard, "Offline")
    expect_connection(product, "Offline")
    expect(writes).to_be_disabled()
    expect(writes).to_have_attribute("aria-describedby", "live-note")
    sold = stack.sell("P-016", quantity=2)
    after = before + Decimal(sold["total_amount"])
    wait_until(lambda: Decimal(stack.tile("net_sales")["value"]) == after)
    expect_net_sales(dashboard, before)

    context.set_offline(False)
    expect_connection(dashboard, "Live")
    expect(dashboard.locator("#live-note")).to_be_hidden()
    expect_net_sales(dashboard, after)
    product.bring_to_front()
    expect_connection(product, "Live")
    expect(writes).to_be_enabled()
    ledger = product.locator("#inventory-ledger tbody tr", has_text=sold["reference"])
    expect(ledger).to_have_count(1, timeout=WITHIN_MS)
    sales.bring_to_front()
    row = sales.get_by_role("link", name=sold["reference"], exact=True)
    expect(row).to_have_count(1, timeout=WITHIN_MS)
    expect(sales.locator("#new-rows")).to_be_hidden()
    assert all(map(is_untouched, (dashboard, product, sales)))
    windows.forgive("ERR_INTERNET_DISCONNECTED|WebSocket connection")


def test_a_sale_of_a_shop_whose_worker_died_is_counted_once_it_is_back(
    stack: Stack, page: Page
) -> None:
    open_live(page, "/")
    before = settled_net_sales(stack, page)
    died = stack.demo.pids()["worker"]

    stack.kill("worker")
    sold = stack.sell("P-018", quantity=3)

    assert sold["status"] == "completed"
    wait_until(lambda: stack.demo.pids().get("worker", died) != died, seconds=30)
    after = before + Decimal(sold["total_amount"])
    expect_net_sales(page, after, within_ms=45_000)
    assert is_untouched(page)
    # Counted once: the day's figure and the row behind it agree.
    [row] = stack.api(f"transactions/?reference={sold['reference']}")["results"]
    assert Decimal(row["total_amount"]) == Decimal(sold["total_amount"])
    assert Decimal(stack.tile("net_sales")["value"]) == after
