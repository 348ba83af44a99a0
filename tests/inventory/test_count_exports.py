"""Count sheets, the lines of one and what is due, as files that tell no more than the pages."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from inventory.choices import AbcClass
from inventory.models import CountSheet
from inventory.services.count_sheets import enter_count, make_sheet, refuse_line
from techmart.core.models import User
from tests.exported import export, exported
from tests.inventory.factories import make_product, make_user
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return signed_in("inventory.view_countsheet")


@pytest.fixture
def counter() -> User:
    return make_user("counter@example.test")


@pytest.fixture
def sheet(counter: User) -> CountSheet:
    """A sheet of three: one short by one, one far off and refused, one not counted."""
    now = timezone.now()
    for name, units in (("=Jam", 20), ("Milk", 30), ("Tea", 40)):
        make_product(name=name, stock=units, abc_class="A", unit_cost=Decimal(1))
    made = make_sheet(abc_class=AbcClass.A, size=3, actor=counter, now=now)
    jam, milk, _ = made.lines.order_by("product__name")
    enter_count(line_id=jam.pk, counted_units=19, actor=counter, now=now)
    enter_count(line_id=milk.pk, counted_units=2, actor=counter, now=now)
    refuse_line(line_id=milk.pk, actor=make_user(), reason="Look behind", now=now)
    return made


def test_lines_tell_what_is_booked_only_once_it_is_counted(
    client: Client, sheet: CountSheet, counter: User
) -> None:
    rows, about = exported(client, "count-sheet", f"sheet={sheet.pk}")

    assert [
        (row["Product"], row["Counted"], row["Booked"], row["Difference"], row["State"])
        for row in rows
    ] == [
        ("'=Jam", "19", "20", "-1", "Posted"),
        ("Milk", "", "", "", "Count again"),
        ("Tea", "", "", "", "To count"),
    ]
    assert (rows[0]["Counted by"], rows[1]["Why"]) == (str(counter), "Look behind")
    assert (about["Posted"], about["Wait for approval"]) == ("1", "0")
    assert (about["Export of"], about["Page"]) == (
        f"Count sheet {sheet.pk}",
        f"/inventory/counts/{sheet.pk}/",
    )
    page = client.get(about["Page"]).content.decode()
    assert f'<input type="hidden" name="query" value="sheet={sheet.pk}">' in page
    # The page tells no more: what is booked of the line to be counted again is not on it.
    assert ">30<" not in page


def test_sheets_come_newest_first_with_how_far_they_are(client: Client, sheet: CountSheet) -> None:
    empty = CountSheet.objects.create(abc_class="B")

    rows, about = exported(client, "counts")

    assert [(row["Sheet"], row["Products"], row["Counted"]) for row in rows] == [
        (str(empty.pk), "0", "0"),
        (str(sheet.pk), "3", "1"),
    ]
    assert (about["Products"], about["Counted"], about["Wait for approval"]) == ("3", "1", "0")


def test_what_is_due_is_written_by_class(client: Client, sheet: CountSheet) -> None:
    rows, about = exported(client, "counts-due")

    due = {row["Class"]: (row["Products"], row["Due"], row["Never counted"]) for row in rows}
    assert due == {"A": ("3", "2", "2"), "B": ("0", "0", "0"), "C": ("0", "0", "0")}
    assert (about["Products"], about["Due"]) == ("3", "2")


@pytest.mark.parametrize("key", ["counts", "counts-due", "count-sheet"])
def test_who_may_not_count_gets_no_file(sheet: CountSheet, key: str) -> None:
    other = signed_in("inventory.view_product", email="other@example.test")
    assert export(other, key, f"sheet={sheet.pk}").status_code == 403


@pytest.mark.parametrize("given", ["x", "0", "99999999999999999999"])
def test_a_sheet_that_is_none_is_named(client: Client, sheet: CountSheet, given: str) -> None:
    said = client.post(
        "/exports/new/",
        {"list": "count-sheet", "query": f"sheet={given}", "format": "csv"},
        follow=True,
    )
    assert f"There is no count sheet {given}." in said.content.decode()
