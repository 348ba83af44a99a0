"""A suspicious sale is reviewed by keyboard alone, and everything that must follow does."""

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.e2e.stack import Stack
from tests.e2e.windows import Windows, open_live
from tests.waiting import wait_until

WITHIN_MS = 6_000
# Ten seconds to undo, two until the next run, and time for a slow machine.
CARRIED_OUT_WITHIN = 30


def hold(stack: Stack, sku: str, customer: str) -> dict[str, Any]:
    """Sell what is sure to be held: far more than usual, from and to where nobody was before."""
    sold = stack.sell(sku, quantity=80, customer_code=customer, ip_country="NG", ship_country="BR")
    assert sold["status"] == "in_review", sold
    return sold


def stock_of(stack: Stack, sku: str) -> int:
    [product] = stack.api(f"products/?sku={sku}")["results"]
    return int(product["stock_quantity"])


def walk_to(page: Page, order_ref: str) -> None:
    """Press j until the row of an order is the current one."""
    row = page.locator("tr[aria-current=true]", has_text=order_ref)
    for key in ("k",) * 20 + ("j",) * 20:
        page.keyboard.press(key)
        if row.count():
            return
    raise AssertionError(f"{order_ref} was not reached")


def test_a_held_sale_is_reviewed_by_keyboard(stack: Stack, page: Page) -> None:
    open_live(page, "/transactions/review/")
    before = stock_of(stack, "P-021")

    sold = hold(stack, "P-021", "C-05")

    link = page.get_by_role("link", name=sold["order_ref"], exact=True)
    expect(link).to_be_visible(timeout=WITHIN_MS)
    assert stock_of(stack, "P-021") == before - 80

    walk_to(page, sold["order_ref"])
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(sold["reference"])
    expect(page.locator("#parts-claim")).to_contain_text("Yours since", timeout=WITHIN_MS)

    # Declined, taken back, and declined again.
    page.keyboard.press("d")
    declined = f"Declined order {sold['order_ref']}"
    expect(page.locator("#undo")).to_contain_text(declined, timeout=WITHIN_MS)
    page.keyboard.press("z")
    expect(page.locator("h1")).to_contain_text(sold["reference"], timeout=WITHIN_MS)
    # An earlier act of this person may still wait, and then has the notice.
    expect(page.locator("#undo", has_text=sold["order_ref"])).to_have_count(0)
    assert stack.api(f"transactions/{sold['id']}/")["status"] == "in_review"
    page.keyboard.press("d")
    expect(page.locator("#undo")).to_contain_text(declined, timeout=WITHIN_MS)
    # What comes next, a case or the queue, has the focus and the title.
    expect(page.locator("h1 [data-focus]")).to_be_focused()

    wait_until(
        lambda: stack.api(f"transactions/{sold['id']}/")["status"] == "cancelled",
        seconds=CARRIED_OUT_WITHIN,
    )
    review = stack.api(f"reviews/{sold['id']}/")
    assert (review["open"], review["is_fraud"]) == (False, True)
    assert [each["result"] for each in review["decisions"]] == ["", "The sale is cancelled."]
    assert stock_of(stack, "P-021") == before
    alerts = stack.api(f"alerts/?subject_kind=transaction&subject_id={sold['id']}")["results"]
    assert [alert["state"] for alert in alerts] == ["resolved"]


def test_several_are_ticked_with_x_and_decided_at_once(stack: Stack, page: Page) -> None:
    sold = [hold(stack, sku, "C-06") for sku in ("P-022", "P-023")]
    open_live(page, "/transactions/review/")

    for sale in sold:
        walk_to(page, sale["order_ref"])
        page.keyboard.press("x")
    expect(page.locator("[data-ticked]")).to_have_text("2")
    page.keyboard.press("a")

    expect(page.locator("#undo")).to_contain_text("Approved 2 orders", timeout=WITHIN_MS)
    wait_until(
        lambda: all(
            stack.api(f"transactions/{sale['id']}/")["status"] == "completed" for sale in sold
        ),
        seconds=CARRIED_OUT_WITHIN,
    )


def test_what_is_ticked_outlives_a_refresh_whenever_it_was_ticked(stack: Stack, page: Page) -> None:
    for sku in ("P-017", "P-018"):
        hold(stack, sku, "C-07")
    open_live(page, "/transactions/review/")
    boxes = page.locator("[data-select] input[data-row]")
    boxes.first.check()
    # As soon as the new rows stand.
    page.evaluate("""
        const tick = () => document.querySelectorAll("[data-select] input[data-row]")[1].click();
        let done = false;
        document.addEventListener("htmx:afterSwap", ({ detail }) => {
            if (done || !detail.target.querySelector("[data-select]")) return;
            done = true;
            queueMicrotask(tick);
        });
    """)

    with page.expect_response("**/transactions/review/"):
        stack.sell("P-003")

    expect(page.locator("[data-ticked]")).to_have_text("2")
    expect(boxes.first).to_be_checked()


def test_a_case_that_somebody_else_holds_says_so(
    stack: Stack, page: Page, windows: Windows
) -> None:
    sold = hold(stack, "P-024", "C-08")
    # The program with the token is another person than who is signed in.
    stack.api(f"reviews/{sold['id']}/claim/", {})

    page.goto(f"/transactions/{sold['id']}/?review=")
    expect(page.locator("#parts-claim")).to_contain_text("Till has had this case open")
    page.keyboard.press("a")

    expect(page.locator("#act-note")).to_contain_text("Nothing was changed", timeout=WITHIN_MS)
    expect(page.locator("#act-note")).to_be_focused()
    assert stack.api(f"transactions/{sold['id']}/")["status"] == "in_review"
    stack.api(f"reviews/{sold['id']}/decide/", {"verdict": "approve"})
    windows.forgive("409")


def open_case_of_somebody_else(stack: Stack, page: Page, sku: str) -> re.Pattern[str]:
    """Open a case that cannot be decided here; return the end of its page's address."""
    sold = hold(stack, sku, "C-09")
    stack.api(f"reviews/{sold['id']}/claim/", {})
    path = f"/transactions/{sold['id']}/?review="
    open_live(page, path)
    expect(page.locator("#parts-claim")).to_contain_text("Till has had this case open")
    return re.compile(f"{re.escape(path)}$")


def expect_refusal_until_it_is_left(page: Page) -> None:
    """Expect a refusal, and that the page is fetched anew once the focus has moved on."""
    expect(page.locator("#act-note")).to_be_focused(timeout=WITHIN_MS)
    page.keyboard.press("Tab")
    expect(page.locator("#act-note")).to_have_count(0, timeout=WITHIN_MS)


def test_an_act_overtakes_a_refetch_under_way(stack: Stack, page: Page, windows: Windows) -> None:
    address = open_case_of_somebody_else(stack, page, "P-020")
    held: list[Route] = []
    page.route(address, lambda route: held.append(route))
    with page.expect_request(address):
        stack.sell("P-003")

    page.keyboard.press("a")
    expect(page.locator("#act-note")).to_be_focused(timeout=WITHIN_MS)
    # Its answer is the page as it was, and would take the place of what came of the act.
    with page.expect_response(address) as late:
        held[0].continue_()
    late.value.finished()

    page.unroute(address)
    expect_refusal_until_it_is_left(page)
    windows.forgive("409")


def test_no_refetch_begins_while_an_act_is_under_way(
    stack: Stack, page: Page, windows: Windows
) -> None:
    address = open_case_of_somebody_else(stack, page, "P-019")
    acts: list[Route] = []
    page.route("**/approve/*", lambda route: acts.append(route))
    with page.expect_request("**/approve/*"):
        page.keyboard.press("a")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    # The bell hears of a sale as well, and is fetched no earlier than the case would be.
    with page.expect_response("**/alerts/bell/"):
        stack.sell("P-003")

    assert not any(map(address.search, asked))
    acts[0].continue_()
    expect_refusal_until_it_is_left(page)
    windows.forgive("409")
