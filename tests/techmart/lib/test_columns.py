"""The columns a person chose: read, written, shown, and the menu to choose them."""

import pytest
from django.http import QueryDict

from techmart.lib.columns import (
    column_menu,
    parse_columns,
    shown_columns,
    single_values,
    write_columns,
)
from techmart.lib.page_parts import Column

NAMES = ("name", "age", "town")
COLUMNS = [
    Column("Name", name="name"),
    Column("Age", hide="opt-m", name="age"),
    Column("Town", hide="opt-l", name="town"),
    Column("Actions", label_hidden=True),
]


@pytest.mark.parametrize(
    ("text", "chosen", "unknown"),
    [
        ("", (), ""),
        ("name.town", ("name", "town"), ""),
        # In the table's order, once each, and never without the column that names the row.
        ("town.town.name", ("name", "town"), ""),
        ("age", ("name", "age"), ""),
        ("name", ("name",), ""),
        # Every column is the default.
        ("town.age.name", (), ""),
        ("town.age", (), ""),
        # What names nothing is told apart from what does.
        ("age.height.height.AGE", ("name", "age"), "height.AGE"),
        ("height", (), "height"),
        ("..", (), ""),
    ],
)
def test_a_choice_is_read_in_the_order_of_the_table(
    text: str, chosen: tuple[str, ...], unknown: str
) -> None:
    assert parse_columns(text, NAMES) == (chosen, unknown)
    assert parse_columns(write_columns(chosen), NAMES) == (chosen, "")


def test_a_form_writes_a_column_at_a_time_and_an_address_all_at_once() -> None:
    query = QueryDict("q=1&cols=name&q=2&cols=town")

    assert single_values(query) == {"q": "2", "cols": "name.town"}
    assert single_values(QueryDict("q=2")) == {"q": "2"}


def test_chosen_columns_stay_at_every_width_and_unnamed_ones_always() -> None:
    assert shown_columns(COLUMNS, ()) == COLUMNS
    assert [(each.label, each.hide) for each in shown_columns(COLUMNS, ("name", "town"))] == [
        ("Name", ""),
        ("Town", ""),
        ("Actions", ""),
    ]


def test_the_menu_keeps_the_rest_of_the_address() -> None:
    menu = column_menu(COLUMNS, ("name", "town"), page_url="/list/?q=a+b&cols=name.town&after=x")

    assert [(each.name, each.ticked, each.fixed) for each in menu.ticks] == [
        ("name", True, True),
        ("age", False, False),
        ("town", True, False),
    ]
    assert menu.hidden == [("q", "a b"), ("after", "x")]
    assert menu.every_url == "/list/?q=a+b&after=x"
    assert menu.words == "2 of 3"

    every = column_menu(COLUMNS, (), page_url="/list/")
    assert all(each.ticked for each in every.ticks)
    assert (every.every_url, every.words) == ("", "")
