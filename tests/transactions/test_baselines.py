"""What is usual, against counts small enough to check by eye."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.fraud.baselines import (
    CountedValues,
    DailyTotals,
    distinct_in_days,
    orders_a_day,
    quantity_q99,
    risks_of_day,
    shop_fraud_rate,
    usual_amount,
)
from transactions.fraud.frame import Ints


def ints(*values: int) -> Ints:
    return np.array(values, np.int64)


def counted(rows: list[tuple[int, int, int]]) -> CountedValues:
    keys, values, lines = (ints(*column) for column in zip(*rows, strict=True))
    counts = CountedValues(keys, values)
    counts.add(counts.positions(keys, values), lines)
    return counts


def test_q99_is_the_least_value_that_99_of_100_do_not_exceed() -> None:
    # Key 1: 99 lines of 1 and one of 7; key 2: 98 of 1 and two of 7.
    counts = counted([(1, 1, 99), (1, 7, 1), (2, 1, 98), (2, 7, 2)])

    assert counts.quantiles(ints(1, 2), 0.99).tolist() == [1, 7]
    assert counts.lines(ints(1, 2, 3)).tolist() == [100, 100, 0]
    assert np.isnan(counts.quantiles(ints(3), 0.99)[0])


def test_counts_come_and_go() -> None:
    keys, values = ints(5, 5), ints(2, 9)
    counts = CountedValues(keys, values)
    position = counts.positions(keys, values)
    counts.add(position, ints(1, 1))
    counts.add(position[1:], ints(-1))

    assert counts.quantiles(ints(5), 0.99).tolist() == [2]


def test_nothing_counted_has_no_quantile() -> None:
    assert np.isnan(CountedValues(ints(), ints()).quantiles(ints(1), 0.5)[0])


def test_median_and_mad_of_amounts() -> None:
    # 1.00, 1.00, 3.00, 7.00 and 15.00: logs of 1 + a are ln 2, ln 2, ln 4, ln 8, ln 16, in units
    # of ln 2: 1, 1, 2, 3, 4. Median 2; distances 1, 1, 0, 1, 2: MAD 1.
    counts = counted([(1, 100, 2), (1, 300, 1), (1, 700, 1), (1, 1500, 1)])

    median, mad = counts.log_spreads(ints(1, 2))

    assert median[0] == pytest.approx(2 * np.log(2))
    assert mad[0] == pytest.approx(np.log(2))
    assert np.isnan([median[1], mad[1]]).all()


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(1, 4)), min_size=1, max_size=30
    ),
    share=st.sampled_from([0.01, 0.5, 0.9, 0.99]),
)
def test_quantiles_equal_those_of_the_written_out_values(
    rows: list[tuple[int, int, int]], share: float
) -> None:
    counts = counted(rows)

    for key in range(4):
        values = sorted(v for k, v, lines in rows if k == key for _ in range(lines))
        [found] = counts.quantiles(ints(key), share)
        if not values:
            assert np.isnan(found)
        else:
            assert sum(v <= found for v in values) >= share * len(values) - 1e-9
            assert sum(v < found for v in values) < share * len(values)


def test_q99_of_a_rare_product_leans_on_category_and_shop() -> None:
    # Category: (20·6 + 20·2)/40 = 4. Product: (60·8 + 20·4)/80 = 7; a new one: 4.
    found = quantity_q99(
        product_q99=np.array([8.0, np.nan]),
        product_lines=ints(60, 0),
        category_q99=np.array([6.0, 6.0]),
        category_lines=ints(20, 20),
        shop_q99=np.array([2.0, 2.0]),
    )

    assert found.tolist() == [7.0, 4.0]


def test_a_small_category_borrows_the_shops_amounts() -> None:
    median, mad = usual_amount(
        category=(np.array([1.0, 2.0]), np.array([0.1, 0.2])),
        category_lines=ints(19, 20),
        shop=(np.array([9.0, 9.0]), np.array([0.9, 0.9])),
    )

    assert median.tolist() == [9.0, 2.0]
    assert mad.tolist() == [0.9, 0.2]


# --- F10


def test_risk_is_the_worst_window_that_ends_seven_days_before() -> None:
    # As of day 100 windows end before day 93. Value 5: fraud on days 92 and 80, 10 lines a day.
    days = np.arange(60, 100)
    totals = DailyTotals.of(np.full(40, 5), days, np.full(40, 10))
    p0 = 0.01

    risk = risks_of_day(
        100,
        fraud_days=ints(92, 80, 93, 62),
        fraud_values=ints(5, 5, 5, 5),
        totals=totals,
        shop_rate=p0,
    )

    # 1 d: (1 + 0.2)/(10 + 20)/0.01 = 4; 7 d: 1.2/90/0.01 = 1.33; 30 d: 2.2/320/0.01 = 0.69.
    # Day 93 is too young, day 62 too old.
    assert risk.values.tolist() == [5]
    assert risk.ratio[0] == pytest.approx(4.0)
    assert (risk.window_days[0], risk.frauds[0], risk.lines[0]) == (1, 1, 10)


def test_a_shop_without_known_fraud_has_a_rate_all_the_same() -> None:
    assert shop_fraud_rate(0, 0) == 0.001
    assert shop_fraud_rate(9, 1000) == 0.005


def test_no_fraud_no_risk() -> None:
    risk = risks_of_day(
        100,
        fraud_days=ints(),
        fraud_values=ints(),
        totals=DailyTotals.of(ints(1), ints(90), ints(5)),
        shop_rate=0.001,
    )

    assert len(risk.values) == 0


# --- rates


@given(
    seen=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 80)), max_size=40)
)
def test_distinct_counts_equal_a_plain_count(seen: list[tuple[int, int, int]]) -> None:
    columns = [ints(*column) for column in zip(*seen, strict=True)] or [ints()] * 3

    found = distinct_in_days(
        groups=columns[0],
        items=columns[1],
        days=columns[2],
        group_count=3,
        first_day=40,
        last_day=60,
    )

    for group in range(3):
        for day in range(40, 61):
            items = {i for g, i, d in seen if g == group and day - 28 <= d < day}
            assert found[group, day - 40] == len(items)


def test_orders_a_day_are_per_customer() -> None:
    # 56 orders of 4 customers in 28 days.
    found = orders_a_day(ints(56, 0), ints(4, 0), ints(28, 28))

    assert found[0] == 0.5
    assert np.isnan(found[1])
