"""Count sheets: what is due, who counts, who approves, and what is posted."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from inventory.choices import AbcClass, CountLineState, MovementKind, SheetState
from inventory.count_schedule import due_counts, needs_second_person, next_to_count
from inventory.models import CountLine, CountSheet, Product, StockCount, StockMovement
from inventory.services.count_sheets import (
    SheetRefused,
    approve_line,
    enter_count,
    make_sheet,
    refuse_line,
)
from inventory.services.counts import CountRefused, post_count
from inventory.services.ledger import InsufficientStock
from techmart.core.corrections import ReasonMissing
from tests.inventory.factories import NOW, make_product, make_user, sell
from tests.inventory.suggested import at_once
from tests.pages import htmx, signed_in, text_of

pytestmark = pytest.mark.django_db

VIEW, ADD, CHANGE, APPROVE = (
    f"inventory.{action}_countsheet" for action in ("view", "add", "change", "approve")
)
COUNTS = "/inventory/counts/"


def counted(product: Product, *, days_ago: int) -> None:
    post_count(
        product_id=product.pk,
        counted_units=product.stock_quantity,
        reason="",
        actor=None,
        now=NOW - timedelta(days=days_ago),
    )


def sheet_of(*products: Product, abc: AbcClass = AbcClass.A) -> CountSheet:
    assert products
    return make_sheet(abc_class=abc, size=len(products), actor=None, now=NOW)


def best(stock: int = 100, **fields: Any) -> Product:
    return make_product(stock=stock, abc_class="A", unit_cost=Decimal(1), **fields)


# --- what is due ----------------------------------------------------------------------------


def test_each_class_is_due_after_its_own_days() -> None:
    for abc, days in (("A", 29), ("A", 30), ("B", 30), ("B", 91), ("C", 182), ("C", 100)):
        counted(make_product(stock=5, abc_class=abc), days_ago=days)
    make_product(abc_class="A")
    make_product(abc_class="A", active=False)

    due = {row.abc_class.value: row for row in due_counts(now=NOW)}

    assert {abc: (row.products, row.due, row.never) for abc, row in due.items()} == {
        "A": (3, 2, 1),
        "B": (2, 1, 0),
        "C": (2, 1, 0),
    }
    # Three products in 30 days: one a day at most.
    assert due["A"].a_day == 1


def test_how_often_can_be_set(settings: Any) -> None:
    counted(make_product(stock=5, abc_class="A"), days_ago=8)
    settings.COUNT_EVERY_DAYS = settings.COUNT_EVERY_DAYS | {"A": 7}

    assert due_counts(now=NOW)[0].due == 1


def test_never_counted_first_then_the_longest_ago_and_dearest() -> None:
    old, older = best(), best()
    counted(old, days_ago=40)
    counted(older, days_ago=50)
    cheap, dear = best(stock=1), best(stock=900)

    found = next_to_count(AbcClass.A, size=3, now=NOW)

    assert found == [dear.pk, cheap.pk, older.pk]


def test_no_product_stands_on_two_sheets() -> None:
    first, second = best(), best()
    sheet = make_sheet(abc_class=AbcClass.A, size=1, actor=None, now=NOW)
    other = make_sheet(abc_class=AbcClass.A, size=10, actor=None, now=NOW)

    on = {line.product_id for line in CountLine.objects.all()}
    assert on == {first.pk, second.pk}
    assert (sheet.lines.count(), other.lines.count()) == (1, 1)
    with pytest.raises(SheetRefused, match="No product of class A is due"):
        make_sheet(abc_class=AbcClass.A, size=1, actor=None, now=NOW)
    with pytest.raises(CountRefused, match="1 to 200"):
        make_sheet(abc_class=AbcClass.A, size=201, actor=None, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_sheets_made_at_once_share_nothing() -> None:
    for _ in range(6):
        best()

    raised = at_once(*[lambda: make_sheet(abc_class=AbcClass.A, size=2, actor=None, now=NOW)] * 3)

    assert raised == [None] * 3
    assert CountLine.objects.values("product").distinct().count() == 6


# --- counting -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("difference", "booked", "cost", "expected"),
    [
        (0, 100, "1", False),
        (10, 100, "1", False),
        (-11, 100, "1", True),
        (10, 100, "10", False),
        (-10, 100, "10.01", True),
        (3, 1, "1", False),
        (4, 1, "1", True),
    ],
)
def test_large_is_by_money_or_by_units(
    difference: int, booked: int, cost: str, expected: bool
) -> None:
    assert needs_second_person(difference, booked_units=booked, unit_cost=Decimal(cost)) is expected


def test_a_small_difference_is_posted_at_once_and_ends_the_sheet() -> None:
    product = best()
    sheet = sheet_of(product)
    actor = make_user()

    line = enter_count(line_id=sheet.lines.get().pk, counted_units=98, actor=actor, now=NOW)

    product.refresh_from_db()
    sheet.refresh_from_db()
    assert (line.state, line.difference, product.stock_quantity) == ("posted", -2, 98)
    assert (sheet.state, sheet.closed_at) == (SheetState.DONE, NOW)
    movement = StockMovement.objects.get(kind=MovementKind.COUNT_LOSS)
    assert (movement.quantity, movement.actor) == (-2, actor)
    assert movement.reason == f"Count sheet {sheet.pk}"
    with pytest.raises(SheetRefused, match="posted"):
        enter_count(line_id=line.pk, counted_units=98, actor=actor, now=NOW)


def large(product: Product, counted_units: int, actor: Any) -> CountLine:
    line = sheet_of(product).lines.get()
    return enter_count(line_id=line.pk, counted_units=counted_units, actor=actor, now=NOW)


def test_a_large_difference_waits_for_somebody_else() -> None:
    product = best()
    counter, second = make_user(), make_user("second@example.test")
    line = large(product, 50, counter)
    product.refresh_from_db()
    assert (line.state, product.stock_quantity) == (CountLineState.WAITING, 100)
    assert not StockCount.objects.exists()
    # What is sold meanwhile is no part of the difference.
    sell(product, 5)

    with pytest.raises(SheetRefused, match="Somebody else"):
        approve_line(line_id=line.pk, actor=counter, now=NOW)
    approve_line(line_id=line.pk, actor=second, now=NOW + timedelta(hours=1))

    product.refresh_from_db()
    count = StockCount.objects.get()
    assert product.stock_quantity == 45
    assert (count.counted_units, count.booked_units, count.actor) == (50, 100, counter)
    assert (count.counted_at, count.recorded_at) == (NOW, NOW + timedelta(hours=1))


def test_a_refused_count_is_counted_again() -> None:
    product = best()
    counter, second = make_user(), make_user("second@example.test")
    line = large(product, 50, counter)

    with pytest.raises(ReasonMissing):
        refuse_line(line_id=line.pk, reason=" ", actor=second, now=NOW)
    refuse_line(line_id=line.pk, reason="look in the back room", actor=second, now=NOW)
    line = enter_count(line_id=line.pk, counted_units=99, actor=counter, now=NOW)

    product.refresh_from_db()
    assert (line.state, product.stock_quantity) == (CountLineState.POSTED, 99)
    # Who refused the first count did not approve the second.
    line.refresh_from_db()
    assert (line.decided_by, line.decided_at) == (None, None)


def test_a_loss_of_what_was_sold_meanwhile_is_refused() -> None:
    product = best()
    line = large(product, 0, make_user())
    sell(product, 5)

    with pytest.raises(InsufficientStock):
        approve_line(line_id=line.pk, actor=make_user("second@example.test"), now=NOW)

    line.refresh_from_db()
    assert line.state == CountLineState.WAITING


# --- pages ----------------------------------------------------------------------------------


def test_a_sheet_is_made_filled_in_and_approved_on_its_pages() -> None:
    product = best(name="Tea", sku="T1")
    counter = signed_in(VIEW, ADD, CHANGE)
    chief = signed_in(VIEW, APPROVE, email="chief@example.test")
    region = htmx("inventory-count-sheet")

    made = counter.post(COUNTS, {"abc_class": "A", "size": "5"})
    sheet, line = made["Location"], CountLine.objects.get()
    assert "Class Counted every" in text_of(counter.get(COUNTS))
    # Nobody counts towards what is booked.
    assert "100" not in text_of(counter.get(sheet)).partition("Count sheet")[2]
    bad = counter.post(f"{sheet}{line.pk}/enter/", {"counted_units": "-1"}, **region)
    entered = counter.post(f"{sheet}{line.pk}/enter/", {"counted_units": "50"}, **region)
    own = counter.post(f"{sheet}{line.pk}/approve/")
    approved = chief.post(f"{sheet}{line.pk}/approve/", **region)

    assert made.status_code == 303
    assert (bad.status_code, entered.status_code) == (422, 200)
    assert "waits for a second person" in entered["HX-Trigger"]
    assert "for another person" in text_of(entered)
    assert own.status_code == 403
    assert "−50" in text_of(approved)
    product.refresh_from_db()
    assert product.stock_quantity == 50
    ledger = signed_in("inventory.view_product", email="reader@example.test")
    assert sheet in ledger.get("/inventory/products/T1/").content.decode()


def test_refusals_and_rights_on_the_pages() -> None:
    reader = signed_in(VIEW)

    assert Client().get(COUNTS).status_code == 302
    assert reader.get(COUNTS).status_code == 200
    assert reader.post(COUNTS, {"abc_class": "A", "size": "5"}).status_code == 403
    assert reader.get(f"{COUNTS}1/").status_code == 404
    nothing = signed_in(VIEW, ADD, email="b@example.test").post(
        COUNTS, {"abc_class": "A", "size": "5"}
    )
    assert nothing.status_code == 409
    assert "No product of class A is due" in text_of(nothing)


def test_the_page_says_how_many_sheets_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.count_pages.views.PAGE_SIZE", 2)
    for _ in range(3):
        sheet_of(best())

    page = signed_in(VIEW).get(COUNTS)

    assert "2 rows of 3" in text_of(page)
