"""Days without stock: how much of them was for sale, and what would have been sold."""

import numpy as np
import pytest

from inventory.arrays import FloatArray
from inventory.forecasting.censoring import (
    Availability,
    EmptyShelves,
    ShopHours,
    availability,
    corrected,
)
from inventory.forecasting.demand import Demand

# Open 8 to 18 on all days but Sunday; half of the sales fall in the last two hours.
PROFILE = np.zeros((1, 24))
PROFILE[0, 8:16] = 0.5 / 8
PROFILE[0, 16:18] = 0.25
OPEN = np.zeros((7, 24), dtype=bool)
OPEN[:6, 8:18] = True
HOURS = ShopHours(open=OPEN, profile=PROFILE, first_weekday=0)


def available(*spans: tuple[float, float], days: int = 14) -> Availability:
    """Return the availability of one product that was empty during these hours."""
    starts, ends = np.array(spans).T
    return availability(
        EmptyShelves(np.zeros(len(spans), dtype=np.int64), starts, ends),
        HOURS,
        categories=np.array([0]),
        days=days,
    )


def demand(units: FloatArray) -> Demand:
    """Return one product known from the first day."""
    return Demand(units=units[:, None], history_days=np.array([len(units)]))


def test_shares_of_open_hours_and_of_a_day_s_sales() -> None:
    # Day 1 from 16 o'clock to closing, in two spans.
    found = available((24 + 16, 24 + 17), (24 + 17, 24 + 20))

    assert found.day.tolist() == [1]
    assert found.hours[0] == pytest.approx(0.8)
    assert found.sales[0] == pytest.approx(0.5)


def test_a_span_over_days_touches_each_and_spares_sundays() -> None:
    # From Saturday noon to Monday 8:00; day 5 is a Saturday, day 6 a Sunday.
    found = available((5 * 24 + 12, 7 * 24 + 8))

    assert found.day.tolist() == [5, 6, 7]
    assert found.hours == pytest.approx([0.4, 1, 1])


def test_spans_outside_the_days_count_nothing() -> None:
    assert not len(available((-50, -1), (14 * 24, 14 * 24 + 9)).day)


def test_a_day_partly_empty_is_raised_by_the_hours_that_were_left() -> None:
    # Half of a day's sales fall in the hours with stock: 3 sold stand for 6.
    units = np.full(14, 4.0)
    units[1] = 3

    changed, days = corrected(demand(units), available((24 + 16, 24 + 18)))

    assert changed.units[1, 0] == 6
    assert days[0] == 1
    assert changed.imputed is not None
    assert not changed.imputed.any()


def test_a_day_without_stock_is_taken_from_those_around_it_and_flagged() -> None:
    units = np.full(14, 4.0)
    units[2:5] = 0

    changed, days = corrected(demand(units), available((2 * 24, 5 * 24)))

    assert changed.units[:, 0].tolist() == [4.0] * 14
    assert changed.imputed is not None
    assert np.flatnonzero(changed.imputed).tolist() == [2, 3, 4]
    assert days[0] == 3


def test_a_day_with_stock_in_nearly_all_hours_is_as_it_was() -> None:
    # 15 minutes of ten hours: 97.5 % available.
    changed, days = corrected(demand(np.full(14, 4.0)), available((32, 32.25)))

    assert changed.units[1, 0] == 4
    assert days[0] == 0


def test_days_before_the_first_are_not_demand() -> None:
    units = np.zeros(14)
    units[10:] = 2
    young = Demand(units=units[:, None], history_days=np.array([4]))

    changed, days = corrected(young, available((0, 10 * 24)))

    assert not changed.units[:10].any()
    assert days[0] == 0
