"""What holds of every page whatever it shows: accessible, narrow enough, in the chosen theme."""

from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import PHONE, Windows

Address = Callable[[Stack], str]

PAGES: dict[str, Address] = {
    "dashboard": lambda _: "/",
    "transactions": lambda _: "/transactions/",
    "chosen columns": lambda _: "/transactions/?cols=transaction.product.amount.payment",
    "no transaction matches": lambda _: "/transactions/?q=nothing-of-that-name",
    "transaction": lambda stack: f"/transactions/{_suspicious_sale(stack)}/",
    "review": lambda _: "/transactions/review/",
    "fraud rules": lambda _: "/transactions/rules/",
    "new fraud rule": lambda _: "/transactions/rules/new/",
    "value lists": lambda _: "/transactions/rules/lists/",
    "fraud quality": lambda _: "/transactions/quality/",
    "inventory": lambda _: "/inventory/",
    "product": lambda _: "/inventory/products/P-028/",
    "suggestions": lambda _: "/inventory/suggestions/",
    "orders": lambda _: "/inventory/orders/",
    "counts": lambda _: "/inventory/counts/",
    "suppliers": lambda _: "/inventory/suppliers/",
    "supplier": lambda _: "/inventory/suppliers/north/",
    "what if": lambda _: "/inventory/suppliers/north/what-if/",
    "replays": lambda _: "/inventory/replay/",
    "analytics": lambda _: "/analytics/",
    "analytics, products": lambda _: "/analytics/products/",
    "analytics, customers": lambda _: "/analytics/customers/",
    "analytics, forecast": lambda _: "/analytics/forecast/",
    "analytics, change": lambda _: "/analytics/change/",
    "customers": lambda _: "/analytics/customer-list/",
    "customer": lambda _: "/analytics/customers/C-03/",
    "alerts": lambda _: "/alerts/",
    "no alert": lambda _: "/alerts/?state=snoozed",
    "alert": lambda stack: f"/alerts/{_alert(stack)}/",
    "silences": lambda stack: f"/alerts/silences/?alert={_alert(stack)}",
    "channels": lambda _: "/alerts/channels/",
    "new channel": lambda _: "/alerts/channels/new/",
    "channel": lambda _: "/alerts/channels/1/",
    "alert rules": lambda _: "/alerts/rules/",
    "exports": lambda _: "/exports/",
    "reports": lambda _: "/reports/",
    "views": lambda _: "/views/transactions/",
    "search": lambda _: "/search/?q=article",
    "profile": lambda _: "/profile/",
    "new password": lambda _: "/profile/password/",
    "health": lambda _: "/health/",
    "no such page": lambda _: "/no-such-page/",
}
# What opens over a page: where, and what is pressed for it.
LAYERS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "drawer": ("/", lambda page: page.get_by_role("button", name="Alerts").first.click()),
    "shortcuts": ("/", lambda page: page.keyboard.press("?")),
    "palette": ("/", lambda page: page.keyboard.press("Control+k")),
    "columns": ("/transactions/", lambda page: page.locator("#columns-menu > summary").click()),
    "columns over tiles": (
        "/inventory/",
        lambda page: page.locator("#columns-menu > summary").click(),
    ),
    "columns over a card": (
        "/inventory/counts/",
        lambda page: page.locator("#columns-menu > summary").click(),
    ),
    "columns over fields": (
        "/inventory/suggestions/",
        lambda page: page.locator("#columns-menu > summary").click(),
    ),
    "export over tiles": (
        "/inventory/",
        lambda page: page.get_by_text("Export this list").click(),
    ),
    "bulk bar": ("/alerts/", lambda page: page.locator("[data-row]").first.check()),
    "notice": ("/", lambda page: page.evaluate(_NOTICE)),
}
_NOTICE = """document.dispatchEvent(new CustomEvent("techmart:toast",
    {detail: {tone: "bad", icon: "bell", title: "Out of stock", text: "Tea", stays: true}}))
"""
# Rules of WCAG 2.2 up to AA and what is known to be good practice.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def _suspicious_sale(stack: Stack) -> int:
    [newest, *_] = stack.api("transactions/?suspicious=true")["results"] or [
        stack.sell("P-015", quantity=90, customer_code="C-03", ip_country="NG", ship_country="BR")
    ]
    assert newest["is_suspicious"]
    return int(newest["id"])


def _held_sale(stack: Stack) -> int:
    [dearest, *_] = stack.api("reviews/")["results"]
    return int(dearest["id"])


def _alert(stack: Stack) -> int:
    return int(stack.api("alerts/")["results"][0]["id"])


@pytest.fixture(scope="module")
def desk(stack: Stack, browser: Browser, session: StorageState) -> Iterator[Page]:
    """One window for all pages: what is looked at is the pages, not their opening."""
    windows = Windows(browser, base_url=stack.url, storage_state=session)
    yield windows.open(color_scheme="light").new_page()
    # The page that is not there says so in the console too.
    windows.forgive("404")
    windows.close()


@pytest.fixture(scope="module")
def phone(stack: Stack, browser: Browser, session: StorageState) -> Iterator[Page]:
    """The same on a phone."""
    windows = Windows(browser, base_url=stack.url, storage_state=session)
    yield windows.open(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    windows.forgive("404")
    windows.close()


def _violations(page: Page) -> list[str]:
    """Return what breaks a rule in light and in dark, where only contrast can differ."""
    tagged = {"runOnly": {"type": "tag", "values": _TAGS}}
    page.emulate_media(color_scheme="light")
    found = _broken(page, tagged)
    page.emulate_media(color_scheme="dark")
    return found + _broken(page, {"runOnly": {"type": "rule", "values": ["color-contrast"]}})


def _broken(page: Page, options: dict[str, Any]) -> list[str]:
    page.evaluate(_AXE)
    answer = page.evaluate("options => axe.run(options)", options)
    assert answer["passes"], "the rules found nothing to look at"
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_breaks_no_rule_of_accessibility(stack: Stack, desk: Page, name: str) -> None:
    desk.goto(PAGES[name](stack))
    expect(desk.locator("h1").first).to_be_visible()

    assert _violations(desk) == []


@pytest.mark.parametrize("name", LAYERS)
def test_what_opens_over_a_page_breaks_no_rule_either(desk: Page, name: str) -> None:
    path, open_layer = LAYERS[name]
    desk.goto(path)
    expect(desk.locator("h1").first).to_be_visible()
    open_layer(desk)
    opened = desk.locator("dialog[open], .toast, .bulk:visible, details.menu[open]").first
    expect(opened).to_be_visible()
    expect(desk.locator("[aria-busy=true]:visible")).to_have_count(0)

    assert _violations(desk) == []


def test_sign_in_breaks_no_rule_of_accessibility(windows: Windows) -> None:
    page = windows.open(color_scheme="light", storage_state=None).new_page()
    page.goto("/login/")

    assert _violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(stack: Stack, phone: Page, name: str) -> None:
    phone.goto(PAGES[name](stack))
    expect(phone.locator("h1").first).to_be_visible()

    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_chosen_theme_is_there_before_the_first_paint(windows: Windows) -> None:
    page = windows.open(color_scheme="light").new_page()
    page.goto("/")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")

    # The server writes it into the document, so that there is no moment in the other theme.
    answer = page.reload()
    assert answer
    assert 'data-theme="dark"' in answer.text().split("<head>")[0]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
