"""Days without stock: filled from the days around them, and at a past moment from those known."""

import numpy as np
import pytest

from inventory.arrays import BoolArray, FloatArray
from inventory.forecasting.censoring import Availability, corrected
from inventory.forecasting.demand import Demand
from inventory.forecasting.frequency import DAILY
from inventory.forecasting.imputation import AROUND_DAYS, impute
from inventory.forecasting.origins import Origins, collect


def column(*units: float) -> FloatArray:
    return np.array(units, dtype=float)[:, None]


def filled(units: FloatArray, missing: BoolArray, history_days: int | None = None) -> list[float]:
    """Return the units of the only product with its missing days filled."""
    given = units.copy()
    impute(given, missing, np.array([history_days or len(units)]))
    return [float(day) for day in given[:, 0]]


def test_a_gap_has_the_mean_of_what_is_known_around_it() -> None:
    units = column(9, 1, 3, 50, 50, 8, 8)
    missing = column(1, 0, 0, 1, 1, 0, 0).astype(bool)

    assert filled(units, missing) == [5, 1, 3, 5, 5, 8, 8]


def test_days_before_the_first_are_not_known() -> None:
    units, missing = column(0, 0, 4, 99), column(0, 0, 0, 1).astype(bool)

    assert filled(units, missing, 2) == [0, 0, 4, 4]


def test_four_weeks_on_both_sides_count() -> None:
    units = np.concatenate([np.full((30, 1), 100.0), np.full((27, 1), 3.0), column(99)])
    units = np.concatenate([units, np.full((28, 1), 6.0), np.full((30, 1), 100.0)])
    missing = np.arange(len(units))[:, None] == 57

    # One of the 28 days before is a hundred: (100 + 27·3 + 28·6) / 56.
    assert filled(units, missing)[57] == pytest.approx(349 / 56)


def test_a_gap_after_a_long_silence_has_the_mean_of_all_before() -> None:
    # Of the last two days none of the 28 before is known.
    units = np.concatenate([column(4, 6), np.full((30, 1), 99.0)])
    missing = np.arange(32)[:, None] >= 2

    assert filled(units, missing) == [4, 6, *[5] * 27, 6, 5, 5]


def test_what_was_never_known_is_nothing() -> None:
    assert filled(column(9, 9), np.ones((2, 1), dtype=bool)) == [0, 0]


def test_many_products_are_filled_as_each_alone() -> None:
    rng = np.random.default_rng(7)
    units = rng.poisson(2.0, (90, 2_500)).astype(float)
    missing = rng.random((90, 2_500)) < 0.3
    history_days = rng.integers(0, 120, 2_500)
    together = units.copy()

    impute(together, missing, history_days)

    for product in (0, 2_047, 2_048, 2_499):
        one = slice(product, product + 1)
        alone = units[:, one].copy()
        impute(alone, missing[:, one], history_days[one])
        assert (alone == together[:, one]).all()
    assert (together == units)[~missing].all()


# --- as of a past moment --------------------------------------------------------------------

ORIGIN = DAILY.horizon
DAYS = 300


def shop(*, rate_after: float, empty_after: bool = False, products: int = 40) -> Demand:
    """Return corrected demand with gaps on both sides of the newest origin.

    rate_after: units a day from the origin on; empty_after: whether shelves are then empty.
    """
    rng = np.random.default_rng(12)
    units = rng.poisson(3.0, (DAYS, products)).astype(float)
    later = np.random.default_rng(13)
    units[DAYS - ORIGIN :] = later.poisson(rate_after, (ORIGIN, products))
    origin = DAYS - ORIGIN
    # A gap that ends on the eve of the origin, one over it, one four weeks before, one long ago.
    gaps = [(origin - 9, origin), (origin - 3, origin + 4), (origin - 30, origin - 24), (90, 160)]
    if empty_after:
        gaps += [(origin, DAYS)] * 4
    product, day = (
        np.concatenate(parts)
        for parts in zip(
            *(
                (np.full(last - first, number % 4 + 4 * (number // 4)), np.arange(first, last))
                for number, (first, last) in enumerate(gaps)
            ),
            strict=True,
        )
    )
    nothing = np.zeros(len(day))
    found, _ = corrected(
        Demand(units, np.full(products, DAYS)),
        Availability(product=product, day=day, hours=nothing, sales=nothing),
    )
    return found


def at_the_origin(demand: Demand) -> Origins:
    """Return what the candidates say of every product at the newest origin."""
    products = demand.units.shape[1]
    found = collect(
        demand,
        np.arange(products),
        DAILY,
        horizon=DAILY.horizon,
        target=np.full(products, 1),
        back=[ORIGIN],
    )
    assert found is not None
    return found


# What an origin knows; the others are what came after it.
KNOWN = ("scale", "plain", "seasonal", "before", "silence", "factor")


def test_later_rows_change_nothing_that_an_origin_knew() -> None:
    as_it_was, changed = shop(rate_after=3.0), shop(rate_after=40.0)

    origin, again = at_the_origin(as_it_was), at_the_origin(changed)

    shared = np.intersect1d(origin.product, again.product)
    # The products with gaps are among them, but for the one whose gap lies on the origin.
    assert {0, 2, 3} <= set(shared.tolist())
    rows, rows_again = (np.isin(one.product, shared) for one in (origin, again))
    for name in KNOWN:
        assert (getattr(origin, name)[rows] == getattr(again, name)[rows_again]).all(), name
    # Today both sides are known, and the gaps beside the origin are filled from both.
    eve = DAYS - ORIGIN - 1
    assert (changed.units[eve, :2] > as_it_was.units[eve, :2] + 1).all()
    # The outcome is another one, so that the origin was not blind to a change it may see.
    assert again.mean[rows_again].min() > 2 * origin.mean[rows].max()


@pytest.mark.parametrize("days_ago", [1, 5, AROUND_DAYS, AROUND_DAYS + 1, 100, DAYS, DAYS + 9])
def test_until_is_what_the_correction_made_then(days_ago: int) -> None:
    demand = shop(rate_after=9.0, empty_after=True)
    assert demand.imputed is not None
    days = max(0, DAYS - days_ago)
    then = demand.units[:days].copy()
    impute(then, demand.imputed[:days], np.maximum(0, demand.history_days - days_ago))

    known = demand.until(days_ago)

    assert (known.units == then).all()
    assert known.days == days


def test_looking_back_leaves_today_s_demand_as_it_is() -> None:
    demand = shop(rate_after=9.0)
    before = demand.units.copy()

    demand.until(3)

    assert (demand.units == before).all()
    assert (demand.until(0).units == before).all()
