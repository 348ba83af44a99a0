"""Demand classes of Syntetos, Boylan and Croston, on series worked by hand."""

import numpy as np
import pytest

from inventory.forecasting.demand import Demand
from inventory.forecasting.demand_class import demand_classes, intervals_and_variation


def demand(*series: list[int], history_days: int | None = None) -> Demand:
    """Return series of equal length as one matrix."""
    units = np.array(series, dtype=float).T
    days = units.shape[0] if history_days is None else history_days
    return Demand(units=units, history_days=np.full(len(series), days))


def test_the_oracle_of_the_domain() -> None:
    series = [0, 0, 5, 0, 0, 0, 4, 0, 6, 0, 0, 5]

    adi, cv2 = intervals_and_variation(demand(series))

    # 12 / 4; sizes 5 4 6 5: mean 5, variance 0.5, 0.5 / 25
    assert adi[0] == 3.0
    assert cv2[0] == pytest.approx(0.02)
    assert demand_classes(demand(series, history_days=60))[0] == "intermittent"


@pytest.mark.parametrize(
    ("week", "expected"),
    [
        ([3, 3, 3, 3, 3, 3, 3], "smooth"),
        # sizes 1 and 13: mean 2.71, variance 17.6, CV² 2.4
        ([1, 1, 1, 1, 1, 1, 13], "erratic"),
        ([3, 0, 0, 3, 0, 0, 3], "intermittent"),
        ([1, 0, 0, 13, 0, 0, 1], "lumpy"),
    ],
)
def test_each_class(week: list[int], expected: str) -> None:
    assert demand_classes(demand(week * 10))[0] == expected


def test_the_cuts_belong_to_the_upper_class() -> None:
    # 33 days, 25 with demand: ADI is 1.32 exactly.
    on_the_cut = [1] * 25 + [0] * 8

    assert demand_classes(demand(on_the_cut, history_days=60))[0] in {"smooth", "intermittent"}
    adi, _ = intervals_and_variation(demand(on_the_cut))
    assert adi[0] == 1.32
    assert demand_classes(demand(on_the_cut * 2))[0] == "intermittent"


def test_less_than_56_days_is_new() -> None:
    week = [3] * 7

    assert demand_classes(demand(week * 10, history_days=55))[0] == "new"
    assert demand_classes(demand(week * 10, history_days=56))[0] == "smooth"


def test_silence_of_180_days_is_obsolete() -> None:
    last_sale_180_days_ago = [1] * 20 + [0] * 180
    last_sale_179_days_ago = [1] * 21 + [0] * 179

    classes = demand_classes(demand(last_sale_180_days_ago, last_sale_179_days_ago))

    assert list(classes) == ["obsolete", "intermittent"]


def test_a_short_matrix_cannot_tell_obsolete() -> None:
    assert demand_classes(demand([0] * 100, history_days=400))[0] == "intermittent"


def test_no_demand_is_safe() -> None:
    adi, cv2 = intervals_and_variation(demand([0] * 60))

    assert np.isinf(adi[0])
    assert cv2[0] == 0
