"""What views hand to the components."""

from decimal import Decimal

from techmart.lib.keyset import KeysetPage
from techmart.lib.page_parts import AsOf, Tile, change_between, keyset_pager, row_summary


def test_more_of_a_good_thing_is_good() -> None:
    change = change_between(Decimal("1381.2"), Decimal("1262.5"))

    # 1381.2 / 1262.5 = 1.0940
    assert (change.text, change.word, change.judgement) == ("9.4%", "up", "up")


def test_more_of_a_bad_thing_is_bad() -> None:
    change = change_between(14, 11, higher_is="bad")

    # 14 / 11 = 1.2727
    assert (change.text, change.word, change.judgement) == ("27.3%", "up", "down")


def test_rates_change_in_points() -> None:
    change = change_between(0.963, 0.98, in_points=True)

    assert (change.text, change.word, change.judgement) == ("1.7 pt", "down", "down")


def test_what_would_print_as_nothing_is_no_change() -> None:
    change = change_between(100_000, 100_010)

    assert (change.text, change.word, change.icon, change.judgement) == (
        "0.0%",
        "no change",
        "minus",
        "",
    )


def test_a_ratio_to_zero_is_unknown() -> None:
    assert change_between(5, 0).text == "–"
    assert change_between(0, 0).word == "no change"
    assert change_between(5, None).word == "unknown"


def test_a_growing_loss_is_a_fall() -> None:
    # From −100 to −150 is 50 % down, though −150/−100 is above 1.
    change = change_between(-150, -100)

    assert (change.text, change.word) == ("50.0%", "down")


def test_a_neutral_number_has_no_colour() -> None:
    assert change_between(2.41, 2.45, higher_is="neutral").judgement == ""


def test_a_tile_of_a_rate_compares_in_points() -> None:
    tile = Tile("k", "Rate", 0.031, "rate", "/", "…", AsOf(None), previous=0.035, higher_is="bad")

    assert (tile.change.text, tile.change.judgement) == ("0.4 pt", "up")


def test_totals_past_the_cap_are_not_told() -> None:
    assert row_summary(50, 9214) == "50 rows of 9,214"
    assert row_summary(50, 10_001) == "50 rows of more than 10,000"
    assert row_summary(1, None) == "1 row"


def test_a_pager_leads_where_there_are_rows() -> None:
    first = KeysetPage(rows=[1, 2], next_cursor="n", previous_cursor="")
    last = KeysetPage(rows=[3], next_cursor="", previous_cursor="p")

    on = keyset_pager(first, "/shop/?after={}".format, total=20_003, labels=("Back", "On"))
    back = keyset_pager(last, "/shop/?after={}".format)

    assert (on.previous_url, on.next_url) == (None, "/shop/?after=n")
    # Counted in full, so said in full.
    assert (on.summary, on.previous_label, on.next_label) == ("2 rows of 20,003", "Back", "On")
    assert (back.previous_url, back.next_url, back.summary) == ("/shop/?after=p", None, "1 row")
