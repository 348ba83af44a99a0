"""Predictions: own 56 days, the category for what is new, zero for what never sold."""

import numpy as np
import pytest

from inventory.arrays import FloatArray
from inventory.forecasting.backtest import LEVELS, SummedForecast, backtest
from inventory.forecasting.confidence import confidence_parts
from inventory.forecasting.demand import Demand
from inventory.forecasting.engine import QUANTILE_LEVELS, Predictions, predict
from inventory.forecasting.summed_demand import DayWeights
from inventory.reorder.lead_times import Interval

P8 = (7.0, 0.0, 1.0)


def run(
    units: FloatArray,
    history_days: list[int],
    *,
    categories: list[int] | None = None,
    interval: tuple[float, float, float] = P8,
) -> Predictions:
    """Predict with the same interval for all."""
    products = units.shape[1]
    lead, sd, review = (np.full(products, value) for value in interval)
    return predict(
        Demand(units=units, history_days=np.array(history_days)),
        Interval(lead, sd, review),
        categories=np.array(categories or [0] * products),
    )


def saying(units: float) -> SummedForecast:
    """Return a certain forecast of one product."""
    return SummedForecast(mean=np.array([units]), quantiles=np.full((1, len(LEVELS)), units))


def steady(units: float, days: int = 180) -> FloatArray:
    """Return one product that sells the same each day."""
    return np.full((days, 1), units)


def test_level_demand_is_certain() -> None:
    predicted = run(steady(3), [180])

    assert predicted.daily_mean[0] == 3
    assert predicted.daily_sd[0] == 0
    assert predicted.predicted[0] == 24
    # 7, 14, 28 and 8 days of 3 a day, whatever the level.
    assert predicted.quantiles[:, 0, 0].tolist() == [21, 42, 84, 24]
    assert predicted.quantiles[:, 0, -1].tolist() == [21, 42, 84, 24]
    assert predicted.model[0] == "mean56"


def test_only_the_newest_56_days_count() -> None:
    units = np.vstack([steady(50, 124), steady(2, 56)])

    assert run(units, [180]).daily_mean[0] == 2


def test_mean_and_sd_of_a_day() -> None:
    units = np.tile([[0.0], [4.0]], (90, 1))

    predicted = run(units, [180])

    # 28 zeros and 28 fours: mean 2, sum of squares 56 x 4, over 55
    assert predicted.daily_mean[0] == 2
    assert predicted.daily_sd[0] == pytest.approx((224 / 55) ** 0.5)


def test_an_interval_between_whole_days_is_drawn_between_them() -> None:
    # 7 days + 3.5: ten or eleven days, half and half
    predicted = run(steady(2), [180], interval=(7.0, 0.0, 3.5))

    assert predicted.predicted[0] == 21
    by_level = dict(zip(QUANTILE_LEVELS, predicted.quantiles[3, 0], strict=True))
    assert (by_level[0.25], by_level[0.5], by_level[0.75]) == (20, 20, 22)


def test_a_lead_time_that_varies_widens_the_interval_and_keeps_the_mean() -> None:
    fixed = run(steady(2), [180], interval=(10.0, 0.0, 1.0))
    varying = run(steady(2), [180], interval=(10.0, 3.0, 1.0))

    assert fixed.predicted[0] == varying.predicted[0] == 22
    assert fixed.quantiles[3, 0, 0] == fixed.quantiles[3, 0, -1] == 22
    assert varying.quantiles[3, 0, 0] < 16
    assert varying.quantiles[3, 0, -1] > 30


def test_no_demand_is_predicted_where_there_was_none() -> None:
    predicted = run(np.zeros((180, 1)), [400])

    assert predicted.predicted[0] == 0
    assert not predicted.quantiles.any()
    assert predicted.demand_class[0] == "obsolete"
    assert 0 <= predicted.confidence[0] <= 1


def test_what_never_was_on_the_shelf_gets_nothing_from_its_category() -> None:
    units = np.hstack([steady(5), np.zeros((180, 1))])

    predicted = run(units, [180, 0])

    assert predicted.predicted.tolist() == [40, 0]
    assert predicted.demand_class[1] == "new"
    assert not predicted.quantiles[:, 1].any()


def test_a_new_product_is_drawn_towards_its_category() -> None:
    sold_once_yesterday = np.zeros((180, 1))
    sold_once_yesterday[-1] = 10
    units = np.hstack([steady(2), steady(6), sold_once_yesterday])

    predicted = run(units, [180, 180, 1], categories=[0, 1, 0])

    # (10 + 14 x 2) / (1 + 14), its category selling 2 a day
    assert predicted.daily_mean[2] == pytest.approx(38 / 15)
    assert predicted.model[2] == "category"
    # Steady company: variance equals the mean, so the 7 days are Poisson(17.7).
    assert predicted.quantiles[0, 2, QUANTILE_LEVELS.index(0.5)] == 18


def test_a_new_product_of_a_new_category_takes_the_shop_s_mean() -> None:
    new = np.zeros((180, 1))
    new[-1] = 1
    units = np.hstack([steady(2), steady(6), new])

    # (1 + 14 x 4) / 15
    assert run(units, [180, 180, 1], categories=[0, 1, 2]).daily_mean[2] == pytest.approx(57 / 15)


def test_a_shop_that_opened_yesterday() -> None:
    predicted = run(np.array([[3.0]]), [1])

    # No category to ask: 3 / 15
    assert predicted.daily_mean[0] == pytest.approx(0.2)
    assert predicted.confidence[0] == 0


def test_quantiles_never_fall_with_the_level_nor_below_zero() -> None:
    units = np.random.default_rng(5).negative_binomial(0.5, 0.2, size=(180, 40)).astype(float)

    predicted = run(units, [180] * 20 + [30] * 20, interval=(6.0, 2.0, 2.5))

    assert (np.diff(predicted.quantiles, axis=2) >= 0).all()
    assert (predicted.quantiles >= 0).all()


def test_skill_of_a_certain_forecast_is_full_where_the_naive_one_errs() -> None:
    rng = np.random.default_rng(6)
    noisy = rng.poisson(5, size=(180, 1)).astype(float)

    predicted = run(np.hstack([steady(5), noisy]), [180, 180])

    # Level demand: neither errs, which is full skill; and all lies inside [q10, q90].
    assert predicted.skill[0] == 1
    assert predicted.coverage[0] == 1
    assert 0 < predicted.skill[1] < 1


def test_a_backtest_by_hand() -> None:
    """Sales double in the last week: the forecast of 2 a day meets an outcome of 4."""
    units = np.vstack([steady(2, 105), steady(4, 7)])
    demand = Demand(units=units, history_days=np.array([112]))

    judged = backtest(
        demand,
        lambda _known, _length: saying(14.0),
        target_days=np.array([7]),
        min_history_days=56,
    )

    # Eight origins; the newest meets 28, seven meet 14. The naive forecast says 14 eight times,
    # so both lose the same: no skill, and seven of eight outcomes inside.
    assert judged.origins[0] == 8
    assert judged.skill[0] == 0
    assert judged.coverage[0] == 7 / 8
    # 14 off once, of 7 x 14 + 28
    assert judged.wape[0] == pytest.approx(14 / 126)


def test_a_backtest_sees_nothing_of_the_future() -> None:
    units = np.arange(120.0)[:, None]
    seen: list[float] = []

    def spy(known: Demand, _length: DayWeights) -> SummedForecast:
        seen.append(float(known.units[-1, 0]))
        return saying(0.0)

    backtest(
        Demand(units=units, history_days=np.array([120])),
        spy,
        target_days=np.array([8]),
        min_history_days=56,
    )

    # The newest day known is 8 days before the newest day, then a week earlier each time.
    assert seen == [111 - 7 * origin for origin in range(8)]


def test_too_few_origins_give_no_skill() -> None:
    demand = Demand(units=steady(1, 88), history_days=np.array([88]))

    judged = backtest(
        demand,
        lambda _known, _length: saying(1.0),
        target_days=np.array([8]),
        min_history_days=56,
    )

    # 80 days at the first origin, then 73, 66, 59; a fifth would have 52.
    assert judged.origins[0] == 4
    assert judged.skill[0] == 0


@pytest.mark.parametrize(
    ("skill", "coverage", "age_hours", "confidence"),
    [
        (0.5, 0.8, 0, 0.5),
        # |0.9 - 0.8| / 0.4 = 0.25
        (0.4, 0.9, 0, 0.3),
        # half a day: 0.5 ^ 0.5
        (0.5, 0.8, 12, 0.353553),
        (-0.2, 0.8, 0, 0.0),
        (0.9, 0.4, 0, 0.0),
        (0.9, 0.0, 0, 0.0),
    ],
)
def test_confidence(skill: float, coverage: float, age_hours: float, confidence: float) -> None:
    parts = confidence_parts(skill, coverage, age_hours=age_hours)

    assert parts.confidence == pytest.approx(confidence, abs=1e-6)
