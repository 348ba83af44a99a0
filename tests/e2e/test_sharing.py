"""What people keep and send: views of lists, reports by mail, their own clock."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import Windows, open_live
from tests.waiting import wait_until

SEND = "from techmart.core.reports.sending import send_reports as send; "


def letters_to_the_chief(stack: Stack) -> list[EmailMessage]:
    return [letter for to, letter in stack.mailbox.letters if to == ["chief@techmart.example"]]


def test_a_view_is_kept_shared_and_opens_by_itself(page: Page, colleague: Page) -> None:
    open_live(colleague, "/inventory/?cat=Garden&sort=-name")
    colleague.locator("summary", has_text="Views").click()
    form = colleague.locator("#core-views form.fields")
    form.get_by_label("Keep this view as").fill("Garden first")
    form.get_by_label("Share with everybody").check()
    form.get_by_label("Open the list with it").check()
    form.get_by_role("button", name="Keep").click()
    expect(colleague.locator("#toasts")).to_contain_text("Garden first is kept")

    # Whoever comes from elsewhere gets it; what is asked for by address is what is shown.
    colleague.goto("/alerts/")
    colleague.goto("/inventory/")
    expect(colleague).to_have_url(re.compile(r"cat=Garden"))
    expect(colleague.locator("#inventory-table tbody tr")).to_have_count(10)
    colleague.goto("/inventory/?cat=Audio")
    expect(colleague).to_have_url(re.compile(r"cat=Audio$"))

    # To others it is a choice, not theirs to change, and opens nothing by itself.
    page.goto("/alerts/")
    page.goto("/inventory/")
    expect(page).to_have_url(re.compile(r"/inventory/$"))
    page.locator("summary", has_text="Views").click()
    shared = page.locator("#core-views li", has_text="Garden first")
    expect(shared).to_contain_text("Bea")
    expect(shared.get_by_role("button")).to_have_count(0)
    shared.get_by_role("link", name="Garden first").click()
    expect(page).to_have_url(re.compile(r"cat=Garden&sort=-name"))

    colleague.goto("/views/inventory/")
    colleague.get_by_role("button", name="Remove Garden first").click()
    expect(colleague.locator("#core-views")).to_contain_text("No views yet")
    colleague.goto("/inventory/")
    expect(colleague).to_have_url(re.compile(r"/inventory/$"))


def test_a_report_is_made_of_a_list_and_delivered_as_a_file(
    stack: Stack, page: Page, windows: Windows
) -> None:
    page.goto("/transactions/?q=S-2-")
    menu = page.locator("details.menu", has_text="Excel")
    menu.locator("summary").click()
    menu.get_by_role("link", name="Send by mail").click()
    expect(page.get_by_label("List", exact=True)).to_have_value("transactions")
    page.get_by_label("Name").fill("Sales of one day")
    page.get_by_label("To", exact=True).fill("chief@techmart.example, not an address")
    page.get_by_label("As", exact=True).select_option("csv")
    page.get_by_label("How often").select_option("daily")
    page.get_by_label("At", exact=True).fill("07:30")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#core-report")).to_contain_text("Not an e-mail address")
    windows.forgive("422")
    page.get_by_label("To", exact=True).fill("chief@techmart.example")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Sales of one day").click()
    expect(page.locator("h1")).to_have_text("Sales of one day")
    expect(page.locator(".head")).to_contain_text("Every day at 07:30")

    # It is due tomorrow, once, whatever runs how often.
    tomorrow = datetime.now(UTC) + timedelta(days=1, minutes=1)
    at = f"from datetime import datetime; now = datetime.fromisoformat('{tomorrow.isoformat()}'); "
    stack.shell(f"{SEND}{at}send(now=now); send(now=now)")
    [letter] = letters_to_the_chief(stack)
    [attached] = letter.iter_attachments()
    content = attached.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().count("S-2-") >= 36
    body = letter.get_body()
    assert body is not None
    assert "Rows: 36" in body.get_content()

    page.reload()
    log = page.locator("tr[id^=delivery-]")
    expect(log).to_have_count(1)
    expect(log).to_contain_text("Sent")
    expect(log).to_contain_text("36")
    log.get_by_role("button", name=re.compile("Send again")).click()
    expect(log).to_have_count(2)
    # Whoever is first, the worker or this, sends it.
    stack.shell(f"{SEND}{at}send(now=now)")
    wait_until(lambda: len(letters_to_the_chief(stack)) == 2)
    page.reload()
    expect(log.first).to_contain_text("again")
    expect(log.first).to_contain_text("Sent")


def test_another_time_zone_shows_on_the_pages_of_who_chose_it(page: Page, colleague: Page) -> None:
    def told(window: Page) -> tuple[str, str]:
        """Return the time on the page, and the one told where it is pointed at."""
        window.goto("/transactions/?q=S-1-010")
        moment = window.locator("#transactions-table tbody tr time")
        moment.hover()
        return moment.inner_text(), moment.get_attribute("title") or ""

    def choose(zone: str) -> None:
        colleague.goto("/profile/")
        colleague.get_by_label("Time zone").select_option(zone)
        colleague.get_by_role("button", name="Save").click()
        expect(colleague.locator("#toasts")).to_contain_text("Your profile was saved")

    shop_time, mine = told(colleague)
    assert "EST" in mine or "EDT" in mine

    choose("Asia/Tokyo")

    # The shop's clock stays on the page; one's own is told where one points.
    assert told(colleague)[0] == shop_time
    assert "GMT+9" in told(colleague)[1]
    assert told(page) == (shop_time, mine)

    choose("")
    assert told(colleague) == (shop_time, mine)
