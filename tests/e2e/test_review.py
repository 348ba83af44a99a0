"""A suspicious sale is reviewed by keyboard alone, and everything that must follow does."""

from typing import Any

from playwright.sync_api import Page, expect

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
    expect(page.locator("#undo")).to_contain_text("Declined order", timeout=WITHIN_MS)
    page.keyboard.press("z")
    expect(page.locator("h1")).to_contain_text(sold["reference"], timeout=WITHIN_MS)
    expect(page.locator("#undo")).to_have_count(0)
    assert stack.api(f"transactions/{sold['id']}/")["status"] == "in_review"
    page.keyboard.press("d")
    expect(page.locator("#undo")).to_contain_text("Declined order", timeout=WITHIN_MS)
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
