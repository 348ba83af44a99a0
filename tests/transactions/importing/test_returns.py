"""Which sales a return takes back."""

from typing import Any

from transactions.importing.refusals import Reason
from transactions.importing.returns import Matching, OpenSale, ReturnLine, match_returns


def sale(reference: str, at: int, units: int, cents: int, **fields: Any) -> OpenSale:
    values: dict[str, Any] = {"customer_id": 1, "product_id": 7, "order_ref": f"o-{reference}"}
    values |= {"touched": False} | fields
    return OpenSale(reference=reference, at=at, units_left=units, cents_left=cents, **values)


def back(reference: str, at: int, units: int, cents: int, **fields: Any) -> ReturnLine:
    values: dict[str, Any] = {"customer_id": 1, "product_id": 7, "return_of": ""} | fields
    return ReturnLine(reference=reference, at=at, units=units, cents=cents, **values)


def taken(matching: Matching) -> list[tuple[str, int, str, int, int]]:
    return [(p.reference, p.number, p.of, p.units, p.cents) for p in matching.pieces]


def test_the_newest_earlier_sale_is_taken_first() -> None:
    sales = [sale("a", 1, 5, 500), sale("b", 2, 5, 500), sale("later", 9, 5, 500)]

    matching = match_returns([back("r", 3, 2, 200)], sales, match_anonymous=False)

    assert taken(matching) == [("r", 1, "b", 2, 200)]
    assert (matching.pieces[0].first, matching.pieces[0].last) == (True, False)


def test_a_return_spreads_over_sales_to_the_cent() -> None:
    sales = [sale("a", 1, 2, 1000), sale("b", 2, 1, 1000)]

    matching = match_returns([back("r", 3, 3, 1000)], sales, match_anonymous=False)

    # One of three units is floor(1000 / 3) = 333 cents, the other two the remaining 667.
    assert taken(matching) == [("r", 1, "b", 1, 333), ("r", 2, "a", 2, 667)]


def test_money_limits_as_units_do() -> None:
    # Sold at 100 a unit, returned at 300: the newest has money for one unit only.
    sales = [sale("a", 1, 9, 9000), sale("b", 2, 5, 500)]

    matching = match_returns([back("r", 3, 2, 600)], sales, match_anonymous=False)

    assert taken(matching) == [("r", 1, "b", 1, 300), ("r", 2, "a", 1, 300)]


def test_a_return_is_matched_whole_or_not_at_all() -> None:
    sales = [sale("a", 1, 3, 300)]
    returns = [back("big", 2, 4, 400), back("small", 3, 3, 300)]

    matching = match_returns(returns, sales, match_anonymous=False)

    assert matching.refused == {"big": Reason.MORE_THAN_SOLD}
    assert taken(matching) == [("small", 1, "a", 3, 300)]
    assert matching.pieces[0].last


def test_other_customers_products_and_later_sales_do_not_match() -> None:
    sales = [
        sale("a", 1, 3, 300, customer_id=2),
        sale("b", 1, 3, 300, product_id=8),
        sale("c", 5, 3, 300),
    ]

    matching = match_returns([back("r", 4, 1, 100)], sales, match_anonymous=False)

    assert matching.refused == {"r": Reason.NO_MATCHING_SALE}


def test_anonymous_returns_match_only_if_asked() -> None:
    sales = [sale("a", 1, 3, 300, customer_id=0)]
    returns = [back("r", 2, 1, 100, customer_id=0)]

    refused = match_returns(returns, sales, match_anonymous=False)
    matched = match_returns(returns, sales, match_anonymous=True)

    assert refused.refused == {"r": Reason.ANONYMOUS_RETURN}
    assert taken(matched) == [("r", 1, "a", 1, 100)]


def test_a_return_that_names_its_order_matches_that_order() -> None:
    sales = [sale("a", 1, 3, 300), sale("b", 2, 3, 300)]
    returns = [back("r", 3, 1, 100, customer_id=0, return_of="o-a")]

    matching = match_returns(returns, sales, match_anonymous=False)

    assert taken(matching) == [("r", 1, "a", 1, 100)]


def test_a_sale_given_back_in_two_steps_begins_and_ends_once() -> None:
    returns = [back("r1", 2, 1, 100), back("r2", 3, 1, 100)]

    matching = match_returns(returns, [sale("a", 1, 2, 200)], match_anonymous=False)

    assert [(p.first, p.last) for p in matching.pieces] == [(True, False), (False, True)]


def test_a_sale_whose_money_is_back_takes_no_more_units() -> None:
    # All of 200 cents for one of two units: the sale is refunded, and that is final.
    returns = [back("r1", 2, 1, 200), back("r2", 3, 1, 0)]

    matching = match_returns(returns, [sale("a", 1, 2, 200)], match_anonymous=False)

    assert matching.refused == {"r2": Reason.NO_MATCHING_SALE}
