"""The columns of a list: chosen by keyboard, kept by every way on, in the address."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import PHONE, Windows, is_untouched, open_live, sign_in

SALES = "#transactions-table"
# The middle of what has the focus is that very thing, or what it stands in is the menu.
_IS_IN_SIGHT = """() => {
  const focused = document.activeElement;
  const box = focused.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return focused.contains(top) || top.contains(focused);
}"""


def head(page: Page, name: str) -> Locator:
    return page.locator(f"{SALES} thead").get_by_role("columnheader", name=name)


def test_a_column_is_hidden_by_keyboard_and_stays_hidden(page: Page, windows: Windows) -> None:
    open_live(page, "/transactions/")
    expect(head(page, "Payment")).to_be_visible()

    page.locator("#columns-menu > summary").focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("checkbox", name="Payment")
    # From the menu's button through the boxes, of which the first cannot be reached.
    for _ in range(6):
        page.keyboard.press("Tab")
    expect(box).to_be_focused()
    page.keyboard.press("Space")

    hidden = re.compile(r"\?cols=transaction\.time\.customer\.product\.quantity\.amount\.score\.")
    expect(page).to_have_url(hidden)
    expect(head(page, "Payment")).to_have_count(0)
    # The menu stands open for the next one, and the focus where it was.
    expect(box).to_be_focused()
    expect(box).not_to_be_checked()
    assert is_untouched(page)

    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(page.locator("#columns-menu > summary")).to_be_focused()
    page.locator("#sort-amount").click()
    expect(page).to_have_url(re.compile(r"sort=-amount&cols=transaction\.time"))
    expect(head(page, "Payment")).to_have_count(0)
    page.reload()
    expect(head(page, "Amount")).to_be_visible()
    expect(head(page, "Payment")).to_have_count(0)

    other = windows.open().new_page()
    other.goto(page.url)
    expect(head(other, "Amount")).to_be_visible()
    expect(head(other, "Payment")).to_have_count(0)

    page.go_back()
    expect(page).to_have_url(hidden)
    page.go_back()
    expect(page).to_have_url(re.compile("/transactions/$"))
    expect(head(page, "Payment")).to_be_visible()


def test_the_tables_of_review_are_chosen_by_themselves(page: Page) -> None:
    page.goto("/transactions/review/")
    queue = page.locator("#transactions-queue")
    page.locator("#columns-menu > summary").click()
    page.get_by_role("checkbox", name="Customer").uncheck()
    expect(page).to_have_url(re.compile(r"\?cols=order\.loss\.amount\.score\.reason\.waits\.who$"))
    expect(queue.locator("thead")).not_to_contain_text("Customer")

    page.keyboard.press("Escape")
    page.get_by_role("link", name="Decided", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?tab=decided$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?cols=order"))
    expect(queue.locator("thead")).not_to_contain_text("Customer")
    # Rows are gone through as before.
    page.keyboard.press("j")
    expect(queue.locator("tbody tr").first.locator("a")).to_be_focused()


def test_nothing_behind_an_open_menu_is_focused(page: Page) -> None:
    page.goto("/inventory/")
    menu, behind = page.locator("#columns-menu"), page.locator("main [tabindex='-1']")
    before = behind.count()
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(behind).not_to_have_count(before)

    steps = menu.get_by_role("checkbox").count() + 3
    for _ in range(steps):
        page.keyboard.press("Tab")
        assert page.evaluate(_IS_IN_SIGHT)

    menu.locator("summary").focus()
    page.keyboard.press("Escape")
    expect(behind).to_have_count(before)


def test_a_phone_shows_the_chosen_ones_as_cards(windows: Windows) -> None:
    page = windows.open(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto("/transactions/")
    first = page.locator(f"{SALES} tbody tr").first
    quantity = first.locator("td[data-l='Qty']")
    expect(first.locator("td[data-l='Time']")).to_be_visible()
    expect(quantity).to_be_hidden()

    page.goto("/transactions/?cols=transaction.quantity")
    expect(quantity).to_be_visible()
    expect(first.locator("td[data-l]")).to_have_count(1)


def test_columns_are_chosen_without_javascript(stack: Stack, windows: Windows) -> None:
    page = windows.open(java_script_enabled=False, storage_state=None).new_page()
    sign_in(page, stack, path="/inventory/?sort=-name")

    page.locator("#columns-menu > summary").click()
    page.get_by_role("checkbox", name="Inbound").uncheck()
    page.locator("#columns-menu").get_by_role("button", name="Apply").click()

    expect(page).to_have_url(re.compile("sort=-name"))
    heads = page.locator("#inventory-table thead")
    expect(heads).to_contain_text("Available")
    expect(heads).not_to_contain_text("Inbound")
