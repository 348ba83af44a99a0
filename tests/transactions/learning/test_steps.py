"""Cuts stand where labels put them."""

import numpy as np
import pytest

from transactions.fraud.learning.steps import StepCurve, learned_cuts, pooled_ascending


def test_a_clear_cut_is_found_where_it_is() -> None:
    amounts = np.arange(1, 1001, dtype=np.float64)
    is_fraud = amounts > 730

    assert learned_cuts(amounts, is_fraud) == (731.0,)


def test_both_ends_of_a_bad_stretch_are_found() -> None:
    ages = np.arange(0, 100, 0.5)
    is_fraud = (ages >= 10) & (ages <= 31)

    # The upper end stands right after the last fraud.
    low, high = learned_cuts(ages, is_fraud)
    assert (low, high) == (10.0, np.nextafter(31.0, np.inf))


def test_labels_that_do_not_depend_on_the_value_make_no_cut() -> None:
    values = np.arange(1000, dtype=np.float64)
    is_fraud = np.arange(1000) % 10 == 0

    assert learned_cuts(values, is_fraud) == ()
    assert learned_cuts(values, np.zeros(1000, np.bool_)) == ()


def test_what_is_not_known_is_left_out_and_has_no_height() -> None:
    values = np.array([np.nan] * 500 + list(range(100)), np.float64)
    is_fraud = np.r_[np.ones(500, np.bool_), np.arange(100) >= 40]

    assert learned_cuts(values, is_fraud) == (40.0,)
    curve = StepCurve((40.0,), (0.25, 1.0))
    assert curve(np.array([39.9, 40.0, np.nan])).tolist() == [0.25, 1.0, 0.0]


def test_there_are_never_more_steps_than_asked_for() -> None:
    rng = np.random.default_rng(3)
    values = np.arange(20_000, dtype=np.float64)
    is_fraud = rng.random(20_000) < (values % 4000) / 4000

    assert len(learned_cuts(values, is_fraud, most_steps=5)) == 4


@pytest.mark.parametrize(
    ("heights", "groups"),
    [
        ([1.0, 2.0, 3.0], [0, 1, 2]),
        # 3 and 1 pool to 2, which 2 does not exceed.
        ([3.0, 1.0, 2.0, 5.0], [0, 0, 0, 1]),
        ([1.0, 4.0, 2.0, 5.0], [0, 1, 1, 2]),
    ],
)
def test_falling_heights_are_pooled(heights: list[float], groups: list[int]) -> None:
    pooled = pooled_ascending(np.array(heights), np.ones(len(heights)))

    assert pooled.tolist() == groups


def test_a_curve_has_ascending_cuts_and_one_height_more() -> None:
    with pytest.raises(ValueError, match="one height more"):
        StepCurve((1.0,), (0.5,))
    with pytest.raises(ValueError, match="ascend"):
        StepCurve((2.0, 1.0), (0.0, 0.5, 1.0))
