"""A sale reaches every open page by itself, and so does an alert."""

from decimal import Decimal

from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import Windows, expect_connection, is_untouched, number, open_live

# What is promised of a committed sale, and a second for the browser.
WITHIN_MS = 6_000


def expect_net_sales(page: Page, amount: Decimal, *, within_ms: int = WITHIN_MS) -> None:
    value = page.locator("#figure-net_sales .kpi-v")
    expect(value).to_have_attribute("title", f"${amount:,.2f}", timeout=within_ms)


def test_a_sale_shows_on_every_open_page_without_a_reload(
    stack: Stack, context: BrowserContext
) -> None:
    dashboard, sales, product = (context.new_page() for _ in range(3))
    open_live(dashboard, "/")
    open_live(sales, "/transactions/")
    open_live(product, "/inventory/products/P-004/")
    before = Decimal(stack.tile("net_sales")["value"])
    known = product.locator("#inventory-ledger .count").inner_text()

    sold = stack.sell("P-004", quantity=2)

    assert sold["status"] == "completed"
    after = before + Decimal(sold["total_amount"])
    # Only a page that is looked at fetches, so each comes to the front in turn.
    dashboard.bring_to_front()
    expect_net_sales(dashboard, after)
    sales.bring_to_front()
    expect(sales.locator("#new-rows")).to_contain_text("1 new since", timeout=WITHIN_MS)
    product.bring_to_front()
    newest = product.locator("#inventory-ledger tbody tr").first
    expect(newest).to_contain_text(sold["reference"], timeout=WITHIN_MS)
    expect(newest).to_contain_text("−2")
    expect(product.locator("#inventory-ledger .count")).to_have_text(str(int(known) + 1))

    assert all(map(is_untouched, (dashboard, sales, product)))
    assert Decimal(stack.tile("net_sales")["value"]) == after

    # New rows wait until they are asked for.
    row = sales.get_by_role("link", name=sold["reference"], exact=True)
    expect(row).to_have_count(0)
    sales.get_by_role("link", name="Show them").click()
    expect(row).to_be_visible()
    expect(sales.locator("#new-rows")).to_be_hidden()
    assert is_untouched(sales)


def test_a_tile_leads_to_the_rows_that_make_its_number(stack: Stack, page: Page) -> None:
    tile = stack.tile("net_sales")
    page.goto("/")
    page.locator("#figure-net_sales .kpi-a").click()

    totals = page.get_by_role("group", name="All rows that match")
    net = totals.locator("span", has_text="Net").locator("strong").inner_text()
    assert number(net) == float(tile["value"])
    amounts = page.locator('#transactions-table td[data-l="Amount"]').all_inner_texts()
    while page.get_by_role("link", name="Older").count():
        address = page.url
        page.get_by_role("link", name="Older").click()
        expect(page).not_to_have_url(address)
        page.wait_for_load_state("networkidle")
        amounts += page.locator('#transactions-table td[data-l="Amount"]').all_inner_texts()
    assert round(sum(map(number, amounts)), 2) == float(tile["value"])


def test_a_suspicious_sale_rings_the_bell_on_an_open_page(stack: Stack, page: Page) -> None:
    open_live(page, "/inventory/")
    bell = page.locator("#alerts-bell .n")
    before = number(bell.inner_text())

    sold = stack.sell(
        "P-012", quantity=90, customer_code="C-07", ip_country="NG", ship_country="BR"
    )

    assert sold["is_suspicious"]
    toast = page.locator("#toasts .toast").first
    expect(toast).to_be_visible(timeout=WITHIN_MS)
    expect(bell).not_to_contain_text(f"{before:.0f} open", timeout=WITHIN_MS)
    assert number(bell.inner_text()) > before
    assert is_untouched(page)

    toast.get_by_role("link", name="Open").click()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#main")).to_contain_text(sold["reference"])


def test_a_page_outlives_a_crash_of_the_live_process(
    stack: Stack, page: Page, windows: Windows
) -> None:
    open_live(page, "/")
    before = Decimal(stack.tile("net_sales")["value"])
    crashed = stack.demo.pids()["live"]

    stack.kill("live")
    expect(page.locator("#live")).not_to_have_text("Live", timeout=WITHIN_MS)
    sold = stack.sell("P-006")

    expect_net_sales(page, before + Decimal(sold["total_amount"]), within_ms=2 * WITHIN_MS)
    expect_connection(page, "Live", seconds=30)
    assert stack.demo.pids()["live"] != crashed
    assert is_untouched(page)
    windows.forgive("WebSocket connection")


def test_a_page_without_a_socket_asks_instead(
    stack: Stack, context: BrowserContext, page: Page
) -> None:
    context.route_web_socket("**/ws/live/", WebSocketRoute.close)
    page.goto("/")
    expect_connection(page, "Reconnecting")
    before = Decimal(stack.tile("net_sales")["value"])

    sold = stack.sell("P-007")

    expect_net_sales(page, before + Decimal(sold["total_amount"]), within_ms=2 * WITHIN_MS)
    expect_connection(page, "Reconnecting")
