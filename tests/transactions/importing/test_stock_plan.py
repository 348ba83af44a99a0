"""Which sales stock does not allow."""

import polars as pl

from transactions.importing.stock_plan import sales_that_do_not_fit, short_products

STOCK = pl.DataFrame({"product_id": [1, 2], "units": [5, 0]})


def entries(*rows: tuple[int, int, int, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema=["product_id", "at", "quantity", "kind", "reference", "of"], orient="row"
    )


def test_increases_of_one_moment_come_first() -> None:
    rows = entries((1, 1, -8, "sale", "a", ""), (1, 1, 3, "other", "", ""))

    assert short_products(rows, STOCK) == []


def test_a_later_receipt_does_not_help_an_earlier_sale() -> None:
    rows = entries((1, 1, -6, "sale", "a", ""), (1, 2, 9, "other", "", ""))

    assert short_products(rows, STOCK) == [1]


def test_products_without_a_row_have_nothing() -> None:
    assert short_products(entries((3, 1, -1, "sale", "a", "")), STOCK) == [3]


def test_the_sale_that_asks_too_much_is_left_out_and_smaller_ones_fit() -> None:
    rows = entries(
        (1, 1, -4, "sale", "a", ""), (1, 2, -2, "sale", "b", ""), (1, 3, -1, "sale", "c", "")
    )

    assert sales_that_do_not_fit(rows, STOCK) == ({"b"}, set())


def test_a_return_of_a_sale_left_out_goes_with_it() -> None:
    rows = entries(
        (1, 1, -6, "sale", "a", ""),
        (1, 2, 6, "return", "r", "a"),
        (1, 3, -6, "sale", "b", ""),
    )

    # Without a's return there are 5 left, too few for b.
    assert sales_that_do_not_fit(rows, STOCK) == ({"a", "b"}, {"r"})
