"""Addresses: back, reload, filters, links of others; with and without JavaScript."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import Windows, is_untouched, open_live, sign_in


def test_a_wrong_password_is_said_without_saying_which(stack: Stack, stranger: Page) -> None:
    stranger.goto("/transactions/?status=completed")
    stranger.get_by_label("E-mail").fill(stack.email)
    stranger.get_by_label("Password").fill("not the password")
    stranger.get_by_role("button", name="Sign in").click()

    expect(stranger.get_by_role("alert")).to_contain_text("do not match")
    expect(stranger.get_by_role("alert")).to_be_focused()
    expect(stranger.get_by_label("E-mail")).to_have_value(stack.email)

    stranger.get_by_label("Password").fill(stack.password)
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger).to_have_url(re.compile(r"/transactions/\?status=completed$"))


def test_filters_live_in_the_address_and_survive_back_and_reload(page: Page) -> None:
    open_live(page, "/transactions/")
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Completed").click()
    expect(page).to_have_url(re.compile("status=completed"))
    page.locator("#filter-q").fill("S-1-")
    expect(page).to_have_url(re.compile("q=S-1-"))
    expect(page.locator("#transactions-table tbody tr").first).to_contain_text("S-1-")
    assert is_untouched(page), "filters change the list, not the page"

    page.reload()
    expect(page.locator("#filter-q")).to_have_value("S-1-")
    expect(page.locator("#transactions-table tbody tr").first).to_contain_text("S-1-")

    page.locator("#transactions-table tbody a").first.click()
    expect(page.locator("#transactions-detail")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("q=S-1-"))
    expect(page.locator("#transactions-table tbody tr").first).to_contain_text("S-1-")
    page.go_back()
    page.go_back()
    expect(page).to_have_url(re.compile("/transactions/$"))
    expect(page.locator("#filter-q")).to_have_value("")


def test_history_never_shows_a_fragment_by_itself(page: Page) -> None:
    page.goto("/transactions/?status=completed")
    page.get_by_role("navigation", name="Status").get_by_role("link", name="All").click()
    expect(page).not_to_have_url(re.compile("status="))
    page.goto("/alerts/")
    for step in (page.go_back, page.go_back, page.go_forward, page.reload):
        step()
        expect(page.locator("nav.nav")).to_be_visible()
        expect(page.locator("#transactions-table")).to_have_count(1)


def test_pages_can_be_used_without_javascript(stack: Stack, windows: Windows) -> None:
    page = windows.open(java_script_enabled=False, storage_state=None).new_page()
    sign_in(page, stack)

    expect(page.locator("#figure-net_sales .kpi-v")).to_contain_text("$")
    expect(page.locator("#analytics-sales-chart svg").first).to_be_visible()
    page.goto("/transactions/")
    page.locator("#filter-q").fill("S-2-")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("q=S-2-"))
    rows = page.locator("#transactions-table tbody tr")
    expect(rows).to_have_count(36)
    rows.first.get_by_role("link").click()
    expect(page.locator("#transactions-detail")).to_contain_text("S-2-")


def test_refresh_works_and_says_so_when_it_comes_too_soon(page: Page, windows: Windows) -> None:
    open_live(page, "/")
    button = page.get_by_role("button", name="Refresh")
    with page.expect_response("**/refresh/") as answer:
        button.click()
    assert answer.value.status == 200

    with page.expect_response("**/refresh/") as answer:
        button.click()
    assert answer.value.status == 429
    expect(page.locator("#toasts")).to_contain_text("Please wait")
    assert is_untouched(page)
    windows.forgive("429")
