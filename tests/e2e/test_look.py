"""What holds of every page whatever it shows: accessible, narrow enough, in the chosen theme."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import PHONE, Windows

Address = Callable[[Stack], str]

PAGES: dict[str, Address] = {
    "dashboard": lambda _: "/",
    "transactions": lambda _: "/transactions/",
    "transaction": lambda stack: f"/transactions/{_suspicious_sale(stack)}/",
    "review": lambda _: "/transactions/review/",
    "case": lambda stack: f"/transactions/{_held_sale(stack)}/?review=",
    "quality": lambda _: "/transactions/quality/",
    "inventory": lambda _: "/inventory/",
    "product": lambda _: "/inventory/products/P-028/",
    "alerts": lambda _: "/alerts/",
    "health": lambda _: "/health/",
}
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


def _violations(page: Page) -> list[str]:
    """Return what breaks a rule in light and in dark, where only contrast can differ."""
    tagged = {"runOnly": {"type": "tag", "values": _TAGS}}
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
def test_a_page_breaks_no_rule_of_accessibility(stack: Stack, windows: Windows, name: str) -> None:
    page = windows.open(color_scheme="light").new_page()
    page.goto(PAGES[name](stack))
    expect(page.locator("h1")).to_be_visible()

    assert _violations(page) == []


def test_sign_in_breaks_no_rule_of_accessibility(windows: Windows) -> None:
    page = windows.open(color_scheme="light", storage_state=None).new_page()
    page.goto("/login/")

    assert _violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(stack: Stack, windows: Windows, name: str) -> None:
    page = windows.open(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto(PAGES[name](stack))
    expect(page.locator("h1")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


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
