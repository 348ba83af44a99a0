"""Predictions of a shop: what is learned from all, from each, and from its category."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from inventory.arrays import FloatArray
from inventory.forecasting.backtest import backtest
from inventory.forecasting.confidence import certainty, confidence_parts
from inventory.forecasting.demand import Demand
from inventory.forecasting.engine import METHODS, QUANTILE_LEVELS, Predictions, predict
from inventory.forecasting.frequency import DAILY, MONTHLY, WEEKLY, Frequency
from inventory.forecasting.levels import candidate_levels, candidate_names, chunks
from inventory.forecasting.model import forecast
from inventory.reorder.lead_times import Interval

P8 = (7.0, 0.0, 1.0)
_MEDIAN = QUANTILE_LEVELS.index(0.5)


def run(
    units: FloatArray,
    history_days: list[int] | None = None,
    *,
    categories: list[int] | None = None,
    interval: tuple[float, float, float] = P8,
    led: list[str] | None = None,
) -> Predictions:
    """Predict with the same interval for all, known since the first day unless said otherwise."""
    days, products = units.shape
    lead, sd, review = (np.full(products, value) for value in interval)
    return predict(
        Demand(units=units, history_days=np.array(history_days or [days] * products)),
        Interval(lead, sd, review),
        categories=np.array(categories or [0] * products),
        led=None if led is None else np.array(led, dtype=str),
    )


def steady(units: float, days: int = 180) -> FloatArray:
    """Return one product that sells the same each day."""
    return np.full((days, 1), float(units))


def noisy(mean: float, *, products: int, days: int = 200, seed: int = 3) -> FloatArray:
    """Return products with Poisson demand."""
    return np.random.default_rng(seed).poisson(mean, size=(days, products)).astype(float)


# --- levels ---------------------------------------------------------------------------------


def test_candidates_by_hand() -> None:
    # Known for four days, the first left out: 4, 0, 2, the newest last.
    demand = Demand(units=np.array([[9.0], [4], [0], [2]]), history_days=np.array([4]))
    [histories] = chunks(demand, np.array([0]))

    levels = dict(
        zip(
            candidate_names(DAILY),
            candidate_levels(histories, None, DAILY, horizon=28)[0],
            strict=True,
        )
    )

    assert levels["all"] == pytest.approx(2)
    # Weights 1, 2^(-1/4), 2^(-1/2): (2 + 4 / √2) / (1 + 0.8409 + 0.7071)
    assert levels["level4"] == pytest.approx((2 + 4 / 2**0.5) / (1 + 2**-0.25 + 2**-0.5))


def test_a_level_is_units_over_the_weights_of_the_days() -> None:
    """Closed every seventh day: what is not open says nothing of the level."""
    units = np.tile([[7.0]] * 6 + [[0.0]], (8, 1))
    [histories] = chunks(Demand(units=units, history_days=np.array([57])), np.array([0]))
    profile = np.array([[7 / 6] * 6 + [0.0]])

    levels = candidate_levels(histories, profile, DAILY, horizon=28)

    assert levels[0] == pytest.approx([6.0] * levels.shape[1])


# --- predictions ----------------------------------------------------------------------------


def test_level_demand_is_predicted_as_it_is_and_counts_at_least_as_poisson() -> None:
    predicted = run(np.hstack([steady(3)] * 6))

    assert predicted.daily_mean[0] == pytest.approx(3)
    assert predicted.predicted[0] == pytest.approx(24)
    # 7, 14, 28 and 8 days of 3 a day
    assert predicted.quantiles[:, 0, _MEDIAN].tolist() == [21, 42, 84, 24]
    # Poisson(24): sd 4.9, over eight days
    assert predicted.daily_sd[0] >= (24 / 8) ** 0.5
    assert predicted.model[0] == "blend"


def test_weekdays_are_learned_where_they_show() -> None:
    rng = np.random.default_rng(4)
    by_weekday = np.array([2, 2, 2, 2, 6, 10, 4.0])
    units = rng.poisson(np.tile(by_weekday, 40)[:, None], size=(280, 30)).astype(float)

    predicted = run(units)

    assert predicted.day_mean.mean(axis=0) == pytest.approx(by_weekday, rel=0.1)
    assert predicted.daily_mean.mean() == pytest.approx(4, rel=0.05)


def test_weekdays_are_not_made_up() -> None:
    predicted = run(noisy(0.4, products=40, days=280))

    flat = predicted.day_mean / predicted.day_mean.mean(axis=1, keepdims=True)
    assert np.abs(flat - 1).max() < 0.1


def test_a_level_that_moved_is_followed() -> None:
    rng = np.random.default_rng(5)
    mean = np.concatenate([np.full(150, 2.0), np.full(60, 8.0)])
    units = rng.poisson(mean[:, None], size=(210, 20)).astype(float)

    assert run(units).daily_mean.mean() == pytest.approx(8, rel=0.1)


def test_an_interval_between_whole_days_counts_its_part() -> None:
    predicted = run(np.hstack([steady(2)] * 6), interval=(7.0, 0.0, 3.5))

    assert predicted.predicted[0] == pytest.approx(21)


def test_a_lead_time_that_varies_widens_the_interval_and_keeps_the_mean() -> None:
    units = noisy(4, products=10)
    fixed = run(units, interval=(10.0, 0.0, 1.0))
    varying = run(units, interval=(10.0, 4.0, 1.0))

    assert fixed.predicted == pytest.approx(varying.predicted)
    assert (varying.quantiles[3, :, -1] > fixed.quantiles[3, :, -1] + 10).all()


def test_no_demand_is_predicted_where_there_was_none() -> None:
    predicted = run(np.zeros((200, 1)), [400])

    assert predicted.predicted[0] == 0
    assert not predicted.quantiles.any()
    assert predicted.demand_class[0] == "obsolete"
    assert predicted.confidence[0] == 0


def test_what_stopped_selling_is_given_up() -> None:
    units = noisy(2, products=40)
    units[-80:, :8] = 0

    predicted = run(units)

    assert predicted.daily_mean[:8].max() < 0.05
    assert predicted.daily_mean[8:].mean() == pytest.approx(2, rel=0.1)


def test_a_shop_of_one_sale_and_one_that_opened_yesterday() -> None:
    once = np.zeros((180, 1))
    once[40] = 1

    # One sale in the 140 days since, which is not counted: hardly anything.
    assert run(once, [140]).daily_mean[0] < 0.05
    yesterday = run(np.array([[3.0]]), [1])
    assert np.isfinite(yesterday.daily_mean).all()
    assert yesterday.confidence[0] == 0


def test_quantiles_rise_with_the_level_and_are_never_below_zero() -> None:
    units = np.random.default_rng(5).negative_binomial(0.5, 0.2, size=(180, 40)).astype(float)

    predicted = run(units, [180] * 20 + [30] * 20, interval=(6.0, 2.0, 2.5))

    for quantiles in (predicted.quantiles, predicted.day_quantiles):
        assert (np.diff(quantiles, axis=2) >= 0).all()
        assert (quantiles >= 0).all()


def test_a_day_that_was_scaled_up_leaves_a_product_sold_in_whole_units() -> None:
    units = noisy(1.2, products=4)
    units[40, 0] = 1 / 0.37
    units[:, 1] /= 8

    medians = run(units).quantiles[:, :, _MEDIAN]

    whole = (np.rint(medians) == medians).all(axis=0).tolist()
    assert whole == [True, False, True, True]


def test_days_after_the_newest_known_change_nothing() -> None:
    units = noisy(1.5, products=12, days=260)
    changed = units.copy()
    changed[200:] = 99
    known = Demand(units=units, history_days=np.full(12, 260)).until(60)
    same = Demand(units=changed, history_days=np.full(12, 260)).until(60)
    interval = Interval.fixed(8, 12)
    categories = np.zeros(12, dtype=np.int64)

    first = predict(known, interval, categories=categories)
    second = predict(same, interval, categories=categories)

    assert (first.quantiles == second.quantiles).all()
    assert (first.predicted == second.predicted).all()


@pytest.mark.parametrize("frequency", [DAILY, WEEKLY, MONTHLY])
def test_demand_counted_in_boxes_or_pieces_is_forecast_alike(frequency: Frequency) -> None:
    """Means follow the unit. Counts of pieces in boxes of ten scatter more, but not tenfold."""
    units = noisy(6, products=12, days=150)
    target = np.full(12, 2)
    boxes, pieces = (
        forecast(
            Demand(units=units * scale, history_days=np.full(12, 150)),
            frequency,
            horizon=3,
            target=target,
        )
        for scale in (1, 10)
    )

    assert pieces.sums(3.0) == pytest.approx(10 * boxes.sums(3.0), rel=0.05)


def test_who_led_before_has_a_head_start() -> None:
    units = noisy(3, products=30)

    unbiased = run(units)
    led = run(units, led=["level56"] * 30)

    assert set(np.unique(unbiased.model)) <= set(METHODS)
    assert (led.model == "level56").sum() >= (unbiased.model == "level56").sum()
    assert led.daily_mean == pytest.approx(unbiased.daily_mean, rel=0.1)


# --- new products ---------------------------------------------------------------------------


def test_what_never_was_on_the_shelf_gets_nothing_from_its_category() -> None:
    predicted = run(np.hstack([steady(5)] * 6 + [np.zeros((180, 1))]), [180] * 6 + [0])

    assert predicted.predicted[6] == 0
    assert predicted.demand_class[6] == "new"
    assert not predicted.quantiles[:, 6].any()


def test_a_new_product_sells_as_often_as_its_category_and_as_much_as_itself() -> None:
    # The first category sells on half of its days, the second on all.
    half = np.tile([[0.0], [1.0]], (90, 1))
    new = np.zeros((180, 1))
    new[-1] = 10
    units = np.hstack([half] * 6 + [steady(4)] * 6 + [new, new])

    predicted = run(units, [180] * 12 + [1, 1], categories=[0] * 6 + [1] * 6 + [0, 1])

    # No day beyond the first, so its company's word alone: 10 at a time, on half of the days
    # or on all.
    assert predicted.daily_mean[12] == pytest.approx(5)
    assert predicted.daily_mean[13] == pytest.approx(10)
    assert predicted.model[12:].tolist() == ["category", "category"]


def test_a_new_product_s_own_days_soon_outweigh_its_category() -> None:
    new = np.zeros((180, 1))
    new[-41:] = 8
    units = np.hstack([noisy(0.3, products=12, days=180), new])

    assert 5 < run(units, [180] * 12 + [41]).daily_mean[12] < 8


# --- backtest -------------------------------------------------------------------------------


def test_a_backtest_finds_what_a_forecast_is_worth() -> None:
    rng = np.random.default_rng(6)
    calm = rng.poisson(5, size=(200, 20))
    wild = rng.poisson(rng.gamma(0.2, 25, size=(200, 20)))

    predicted = run(np.hstack([calm, wild]).astype(float))

    assert (predicted.origins == 8).all()
    assert predicted.wape[:20].mean() < 0.5 * predicted.wape[20:].mean()
    assert predicted.skill[:20].mean() > 0.2
    assert 0.7 < predicted.coverage.mean() < 0.95
    assert abs(predicted.bias).mean() < 0.6


def test_a_sum_that_rests_on_an_estimate_is_not_judged_by() -> None:
    units = noisy(4, products=10)
    imputed = np.zeros(units.shape, dtype=bool)
    # In the sums of the two newest origins, which begin 28 and 35 days before the end.
    imputed[-28, 0] = True
    demand = Demand(units=units, history_days=np.full(10, 200), imputed=imputed)

    judged = backtest(forecast(demand, DAILY, horizon=28, target=np.full(10, 8)))

    assert judged.origins.tolist() == [6] + [8] * 9


def test_too_little_history_gives_no_skill() -> None:
    # Origins 28, 35 and 42 days before the end leave more than 28 days before them; no fourth.
    predicted = run(noisy(2, products=10, days=72))

    assert predicted.origins.max() == 3
    assert not predicted.skill.any()
    assert not predicted.confidence.any()


@pytest.mark.parametrize(
    ("certain", "coverage", "origins", "age_hours", "confidence"),
    [
        (0.5, 0.8, 8, 0, 0.5),
        # coverage 1 of eight drawn to (8 + 6.4) / 16 = 0.9: |0.9 - 0.8| / 0.4 = 0.25
        (0.4, 1.0, 8, 0, 0.3),
        # half a day: 0.5 ^ 0.5
        (0.5, 0.8, 8, 12, 0.353553),
        # untested
        (0.9, 0.8, 3, 0, 0.0),
        # coverage 0 of 24 drawn to 6.4 / 32 = 0.2, which is missed by more than 0.4
        (0.9, 0.0, 24, 0, 0.0),
    ],
)
def test_confidence(
    certain: float, coverage: float, origins: int, age_hours: float, confidence: float
) -> None:
    parts = confidence_parts(certain, coverage, origins=origins, age_hours=age_hours)

    assert parts.confidence == pytest.approx(confidence, abs=1e-6)


def test_certainty_is_mean_over_mean_and_spread() -> None:
    # Nine days of 4 with sd 4: 36 / (36 + 12)
    assert certainty(4.0, 4.0, 9.0) == pytest.approx(0.75)
    assert certainty(np.zeros(1), np.zeros(1), np.ones(1)).tolist() == [0]


def test_confidence_ranks_products_by_the_error_they_turn_out_to_have() -> None:
    rng = np.random.default_rng(8)
    mean = np.repeat([0.05, 1.0, 40.0], 40)
    units = rng.poisson(rng.gamma(2, mean / 2, size=(228, 120))).astype(float)
    known = run(units[:200])

    came = units[200:208].sum(axis=0)
    error = np.abs(came - known.predicted) / np.maximum(known.predicted, 0.1)
    assert spearmanr(known.confidence, error).statistic < -0.3
