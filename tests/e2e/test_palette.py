"""Search and commands by keyboard, and what a person does with many alerts."""

import re

from playwright.sync_api import Page, Route, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import Windows, is_untouched, open_live, sign_in


def test_a_product_is_found_and_opened_by_keys_alone(page: Page) -> None:
    open_live(page, "/")
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name=re.compile("Search everything"))
    expect(field).to_be_focused()
    page.keyboard.type("garden articl 29")

    option = page.get_by_role("option", name=re.compile("Garden article 29"))
    expect(option).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", str(option.get_attribute("id")))
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/inventory/products/P-029/$"))


def test_actions_of_the_palette_press_what_the_page_has(page: Page) -> None:
    open_live(page, "/")
    page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    expect(page.get_by_role("option", name=re.compile("light and dark"))).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.locator("#palette")).not_to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert is_untouched(page)


def test_enter_waits_for_what_the_words_find(page: Page) -> None:
    open_live(page, "/")
    held: list[Route] = []
    page.route("**/search/", lambda route: held.append(route))
    with page.expect_request("**/search/"):
        page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    page.keyboard.press("Enter")

    # The answer to no words comes first, and offers pages.
    with page.expect_response("**/search/?q=dark"):
        held[0].continue_()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert is_untouched(page)


def test_escape_closes_the_palette_and_the_focus_goes_back(page: Page) -> None:
    open_live(page, "/transactions/")
    page.locator("#filter-q").focus()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-q")).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.locator("#filter-q")).to_be_focused()


def test_the_search_works_without_javascript(stack: Stack, windows: Windows) -> None:
    page = windows.open(java_script_enabled=False, storage_state=None).new_page()
    sign_in(page, stack)
    page.locator("#site-search").fill("harbour")
    page.locator("#site-search").press("Enter")

    expect(page).to_have_url(re.compile(r"/search/\?q=harbour$"))
    expect(page.get_by_role("link", name="Harbour Goods")).to_be_visible()


def test_an_alert_is_silenced_from_its_page_and_the_silence_ended(page: Page) -> None:
    page.goto("/alerts/")
    page.get_by_role("link", name=re.compile("^History of")).first.click()
    page.get_by_role("link", name="Silence alerts like it").click()
    page.get_by_label("Reason").fill("Stocktaking until tomorrow")
    page.get_by_role("button", name="Silence", exact=True).click()

    row = page.get_by_role("row", name=re.compile("Stocktaking until tomorrow"))
    expect(row).to_be_visible()
    row.get_by_role("button", name=re.compile("End")).click()
    expect(page.get_by_text("Nothing is silenced")).to_be_visible()


def test_ticked_alerts_are_acknowledged_together(page: Page) -> None:
    open_live(page, "/alerts/")
    boxes = page.locator("#alerts-table [data-row]")
    first, second = (boxes.nth(number).get_attribute("value") for number in (0, 1))
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.locator("[data-ticked]")).to_have_text("2")
    page.get_by_role("button", name="Acknowledge", exact=True).click()

    expect(page.locator("#toasts")).to_contain_text("Acknowledged 2 alerts")
    for number in (first, second):
        expect(page.locator(f"#alert-{number}")).to_contain_text("Acknowledged")
    assert is_untouched(page)
