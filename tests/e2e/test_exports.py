"""Lists as files: the rows on screen, at once or by a worker with a notice."""

import csv
import io
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.windows import number, open_live
from tests.waiting import wait_until

ROWS = "#transactions-table tbody tr"
# A worker takes a file on within a second; starting up may take it some more.
WRITTEN_WITHIN_MS = 30_000


def download(page: Page, menu: Locator, kind: str) -> Path:
    """Take the list as a file that comes at once."""
    # What was opened for an earlier file may stay open.
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    with page.expect_download() as started:
        menu.get_by_role("button", name=kind).click()
    return started.value.path()


def read_csv(path: Path) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Return the rows by column, and what the file says of itself."""
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    end = lines.index([])
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:end]]
    return rows, {line[0]: line[1] for line in lines[end + 1 :]}


def test_a_filtered_list_is_written_as_it_stands_on_screen(page: Page) -> None:
    page.goto("/transactions/?q=S-3-&sort=amount")
    expect(page.locator(ROWS)).to_have_count(36)
    shown = page.locator(f"{ROWS} td.pri a.pri").all_inner_texts()
    amounts = page.locator(f'{ROWS} td[data-l="Amount"]').all_inner_texts()

    rows, about = read_csv(download(page, page.locator("details.menu", has_text="Excel"), "CSV"))

    assert [row["Transaction"] for row in rows] == shown
    assert [float(row["Amount"]) for row in rows] == [number(amount) for amount in amounts]
    assert about["Rows"] == "36"
    assert about["Page"] == "/transactions/?q=S-3-&sort=amount"
    assert "S-3-" in about["Filter"]


def test_a_long_list_is_written_by_a_worker_that_tells_when_it_is_there(page: Page) -> None:
    open_live(page, "/transactions/?to=2100-01-01&q=S-")
    menu = page.locator("details.menu", has_text="Excel")
    menu.locator("summary").click()
    menu.get_by_role("button", name="Excel").click()

    expect(page).to_have_url(re.compile("/exports/$"))
    expect(page.locator("#toasts")).to_contain_text("The list is long")
    newest = page.locator("#core-files tbody tr").first
    expect(newest).to_contain_text("180 rows", timeout=WRITTEN_WITHIN_MS)
    with page.expect_download() as started:
        newest.get_by_role("link", name="Download").click()
    assert started.value.suggested_filename.startswith("transactions-")
    with zipfile.ZipFile(started.value.path()) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    # The head is a row too.
    assert sheet.count("<row ") == 181

    # The next page that is opened says so, whichever it is.
    page.goto("/health/")
    expect(page.locator("#toasts")).to_contain_text("Transactions is ready as XLSX")


def test_this_week_is_compared_with_the_last_and_the_comparison_written(page: Page) -> None:
    open_live(page, "/analytics/")
    page.get_by_role("navigation", name="Period").get_by_role("link", name="7 d").click()
    expect(page).to_have_url(re.compile("period=7d"))
    bar = page.locator("form.bar")
    expect(bar).to_contain_text("compared with")
    words = bar.locator("span.muted").last.inner_text()

    def agrees() -> bool:
        """Sales of other tests may still be on their way into the figures."""
        page.reload()
        net = page.locator("#report-net_sales .kpi-v").get_attribute("title") or ""
        panel = page.locator("#panel-sales details.menu")
        rows, about = read_csv(download(page, panel, "CSV"))
        assert (len(rows), about["Filter"].replace("; ", ", ")) == (7, words)
        assert float(about["All: Before"]) == sum(float(row["Before"]) for row in rows)
        return float(about["All: Net sales"]) == number(net)

    wait_until(agrees, seconds=30)

    page.locator("form.bar select[name=cmp]").select_option("none")
    expect(page).to_have_url(re.compile("cmp=none"))
    expect(bar).not_to_contain_text("compared with")
    rows, _ = read_csv(download(page, page.locator("#panel-sales details.menu"), "CSV"))
    assert "Before" not in rows[0]
