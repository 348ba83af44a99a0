"""A rule built, tried on the past and put in shadow, by a person in a browser."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import Windows, is_untouched, open_live


def test_a_rule_is_built_tried_and_put_in_shadow(
    stack: Stack, page: Page, windows: Windows
) -> None:
    open_live(page, "/transactions/")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Rules").click()
    page.get_by_role("link", name="New rule").first.click()
    page.get_by_label("Name").fill("Dear things on the web")
    page.get_by_label("Why").fill("To see how many there are")
    page.evaluate("window.neverReloaded = true")

    says = page.locator("#transactions-rule-sentence")

    page.locator("#expression-0-value").fill("50")
    page.locator("#expression-add-condition").click()
    page.locator("#expression-1-field").select_option("channel")
    expect(page.locator("#expression-1-operator")).to_have_value("is")
    page.locator("#expression-1-value").select_option("web")
    expect(says).to_have_text("amount ≥ $50.00 and channel is web")
    expect(page.get_by_label("Name")).to_have_value("Dear things on the web")
    assert is_untouched(page), "the builder changes in place"

    page.locator("#expression-0-value").fill("dear")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("#rule-errors")).to_be_focused()
    expect(page.locator("#expression-0-error")).to_contain_text("is no number")
    windows.forgive("422")
    page.locator("#expression-0-value").fill("50")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("h1")).to_contain_text("Dear things on the web")
    expect(page.locator("#rule-missing")).to_contain_text("no finished backtest")

    page.get_by_role("button", name="Run backtest").click()
    # A worker of its own takes it; the page follows by itself.
    expect(page.locator(".figures")).to_contain_text("Cases a day", timeout=60_000)
    expect(page.locator("#rule-missing")).to_have_count(0)
    expect(page.get_by_role("button", name="Activate version 1")).to_be_visible()

    page.get_by_role("button", name="Start shadow").click()
    expect(page.locator("h1")).to_contain_text("Shadow")
    sale = stack.sell("P-025")
    assert sale["decision"] == "allow"
    page.reload()
    # One case in seven days.
    expect(page.locator("dl", has_text="Shadow cases a day")).to_contain_text(re.compile(r"0\.1"))
