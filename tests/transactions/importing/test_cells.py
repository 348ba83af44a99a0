"""Cells turned into values, and the ones that will not turn."""

from datetime import UTC, datetime

import polars as pl
import pytest

from transactions.importing import cells
from transactions.importing.mapping import FileRules, TimeRules

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def column(*values: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"line": range(2, 2 + len(values)), "c": values},
        schema={"line": pl.Int64, "c": pl.String},
    )


def money(text: str, **rules: str) -> tuple[int | None, list[str]]:
    """Return the value in ten-thousandths and the reasons against it."""
    read = cells.scaled_cells(column(text), "c", FileRules(**rules), places=4)  # type: ignore[arg-type]
    return read.values[0], read.refused["reason"].to_list()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.55", 25_500),
        ("-0.001", -10),
        ("7", 70_000),
        (".5", 5_000),
        ("3.", 30_000),
        ("2.5500000", 25_500),
        ("+1", 10_000),
        ("0009999999999", 99_999_999_990_000),
    ],
)
def test_decimals_are_exact(text: str, value: int) -> None:
    assert money(text) == (value, [])


@pytest.mark.parametrize(
    ("text", "value"), [("1.234,5", 12_345_000), ("1234,5", 12_345_000), ("0,05", 500)]
)
def test_decimal_comma_and_groups(text: str, value: int) -> None:
    assert money(text, decimal=",", thousands=".") == (value, [])


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("1,5", {}),
        # A point where groups are points must have three digits behind it: not 15, not 1.5.
        ("1.5", {"decimal": ",", "thousands": "."}),
        ("12.34.567", {"decimal": ",", "thousands": "."}),
        ("£2", {}),
        ("1e3", {}),
        ("NaN", {}),
        ("-", {}),
        ("--1", {}),
    ],
)
def test_what_is_no_number_is_refused(text: str, rules: dict[str, str]) -> None:
    assert money(text, **rules) == (None, ["not_a_number"])


@pytest.mark.parametrize("text", ["0.00001", "12345678901"])
def test_numbers_that_do_not_fit_are_refused(text: str) -> None:
    assert money(text) == (None, ["out_of_range"])


def test_units_are_whole() -> None:
    read = cells.unit_cells(column("6", "-3", "6.0", "6.5", "3000000000", None), "c", FileRules())

    assert read.values.to_list() == [6, -3, 6, None, None, None]
    assert read.refused.select("line", "value", "reason").rows() == [
        (5, "6.5", "not_whole"),
        (6, "3000000000", "out_of_range"),
    ]


def test_text_has_a_limit_and_no_control_characters() -> None:
    read = cells.text_cells(column("ab", "abcd", "a\x07"), "c", longest=3)

    assert read.refused.select("line", "reason").rows() == [
        (3, "too_long"),
        (4, "control_character"),
    ]


def test_words_are_translated_in_any_letter_case() -> None:
    read = cells.word_cells(
        column("Paid", "COMPLETED", "open", None),
        "c",
        translated={"paid": "completed"},
        allowed=["completed", "failed"],
    )

    assert read.values.to_list() == ["completed", "completed", None, None]
    assert read.refused.select("line", "value", "reason").rows() == [(4, "open", "unknown_value")]


def test_countries_are_two_letters_or_translated() -> None:
    read = cells.word_cells(
        column("gb", "EIRE", "Unspecified", "Narnia"),
        "c",
        translated={"EIRE": "IE", "Unspecified": ""},
        allowed=None,
    )

    assert read.values.to_list() == ["GB", "IE", "", None]
    assert read.refused["line"].to_list() == [5]


def times(*texts: str, **rules: object) -> cells.TimeCells:
    given = TimeRules(zone="Europe/London", **rules)  # type: ignore[arg-type]
    return cells.time_cells(column(*texts), "c", given, shop_zone="America/New_York", now=NOW)


def test_local_times_become_utc_by_the_clock_of_their_day() -> None:
    # London is at UTC in January and an hour ahead in July.
    read = times("01/01/2025 08:26", "01/07/2025 08:26", formats=("%d/%m/%Y %H:%M",))

    assert read.values.to_list() == [
        datetime(2025, 1, 1, 8, 26, tzinfo=UTC),
        datetime(2025, 7, 1, 7, 26, tzinfo=UTC),
    ]


def test_an_offset_in_the_file_counts_more_than_the_zone() -> None:
    read = times("2025-07-01T08:26:00+05:00", "2025-07-01 08:26", "2025-07-01")

    assert read.values.to_list() == [
        datetime(2025, 7, 1, 3, 26, tzinfo=UTC),
        datetime(2025, 7, 1, 7, 26, tzinfo=UTC),
        datetime(2025, 6, 30, 23, 0, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # 26 October 2025, 01:30 in London: first at +01:00, an hour later at +00:00.
        ("earliest", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        ("latest", datetime(2025, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_the_hour_shown_twice_is_taken_as_asked_and_counted(rule: str, expected: datetime) -> None:
    read = times("2025-10-26 01:30", "2025-10-26 03:30", ambiguous=rule)

    assert read.values[0] == expected
    assert read.ambiguous == 1


def test_the_hour_shown_twice_may_be_refused() -> None:
    read = times("2025-10-26 01:30", ambiguous="refuse")

    assert read.refused["reason"].to_list() == ["ambiguous_time"]
    assert read.ambiguous == 0


def test_the_skipped_hour_is_refused_or_read_by_the_clock_before() -> None:
    # 30 March 2025: the clock jumps from 01:00 to 02:00, so 01:30 at +00:00 is 01:30 UTC.
    assert times("2025-03-30 01:30").refused["reason"].to_list() == ["nonexistent_time"]

    read = times("2025-03-30 01:30", nonexistent="forward")

    assert read.values.to_list() == [datetime(2025, 3, 30, 1, 30, tzinfo=UTC)]
    assert read.shifted == 1


def test_times_that_are_none_or_not_yet_are_refused() -> None:
    read = times("31/02/2025", "2026-03-10 16:00", "2026-03-10 15:00")

    assert read.refused.select("line", "reason").rows() == [
        (2, "not_a_time"),
        (3, "in_the_future"),
    ]


def test_parquet_times_keep_their_zone_or_get_the_file_s() -> None:
    frame = pl.DataFrame({"line": [1], "c": [datetime(2025, 7, 1, 8, 0)]})  # noqa: DTZ001
    rules = TimeRules(zone="Europe/London")

    local = cells.time_cells(frame, "c", rules, shop_zone="UTC", now=NOW)
    aware = cells.time_cells(
        frame.with_columns(pl.col("c").dt.replace_time_zone("Asia/Tokyo")),
        "c",
        rules,
        shop_zone="UTC",
        now=NOW,
    )

    assert local.values[0] == datetime(2025, 7, 1, 7, 0, tzinfo=UTC)
    assert aware.values[0] == datetime(2025, 6, 30, 23, 0, tzinfo=UTC)
