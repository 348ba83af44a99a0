"""Names of products among clerks' remarks."""

import polars as pl

from transactions.importing.names import usual_names


def test_the_most_frequent_good_name_wins() -> None:
    lines = pl.DataFrame(
        {
            "sku": ["A", "A", "A", "A", "B", "C"],
            "name": ["damages", "damages", "LAMP", None, "?", "check"],
        }
    )

    names = usual_names(lines, bad_names=[r"\W*", "[^A-Z]*"])

    # B and C have nothing but remarks.
    assert names.rows() == [("A", "LAMP")]


def test_of_equals_the_one_used_last_wins() -> None:
    lines = pl.DataFrame({"sku": ["A"] * 4, "name": ["RED", "BLUE", "BLUE", "RED"]})

    assert usual_names(lines, bad_names=[]).rows() == [("A", "RED")]
