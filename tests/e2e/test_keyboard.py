"""A rule on a number is made, and removed, by keyboard alone."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.windows import Windows

# More than any page has that can be focused.
MOST_STEPS = 150


def tab_to(page: Page, wanted: Locator) -> None:
    """Press the tab key until something has the focus."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} cannot be reached")


def test_a_rule_on_a_number_is_made_and_removed_by_keyboard(page: Page, windows: Windows) -> None:
    page.goto("/alerts/rules/")
    tab_to(page, page.get_by_role("link", name="New rule").first)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/rules/new/$"))

    tab_to(page, page.get_by_label("Name"))
    page.keyboard.type("Hardly anything in review")
    tab_to(page, page.get_by_label("Watch"))
    # A letter chooses in a list.
    page.keyboard.type("Held")
    expect(page.get_by_label("Watch")).to_have_value("held")
    tab_to(page, page.get_by_label("Alert when it"))
    page.keyboard.type("rises")
    tab_to(page, page.get_by_label("Limit"))
    page.keyboard.type("-1")
    page.keyboard.press("Enter")

    # What is wrong has the focus, and what was typed is still there.
    expect(page.get_by_label("Name")).to_have_value("Hardly anything in review")
    limit = page.get_by_label("Limit")
    expect(limit).to_have_attribute("aria-invalid", "true")
    windows.forgive("422")
    tab_to(page, limit)
    page.keyboard.press("Control+a")
    page.keyboard.type("9999")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/alerts/rules/$"))
    row = page.locator("tr", has_text="Hardly anything in review")
    expect(row).to_contain_text("9,999")
    tab_to(page, row.get_by_role("button", name=re.compile("^Remove")))
    page.keyboard.press("Enter")
    expect(row).to_have_count(0)
