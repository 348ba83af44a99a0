"""The most probable model: what labels say, within bounds, near the prior where they are silent."""

import numpy as np
import pytest

from transactions.fraud.frame import Flags, Floats
from transactions.fraud.learning.additive import AdditiveModel, BrokenArtefact, Column, Shape
from transactions.fraud.learning.fitting import fit_additive
from transactions.fraud.learning.steps import StepCurve

FLAT = StepCurve((), (0.0,))
COLUMNS = (
    Column("S", "A signal", 2.0),
    Column("A", "An amount", 0.0, Shape.RISING, FLAT),
    Column("D", "A device", 0.0, Shape.FREE, FLAT),
)
PRIOR = AdditiveModel.prior(COLUMNS, base=-3.0, version="prior")


def world(seed: int, n: int = 60_000) -> tuple[Floats, Flags]:
    """Return lines whose log-odds are −5 + 3·S, + 4 from an amount of 50, + 6 for age 5 to 20."""
    rng = np.random.default_rng(seed)
    signal = np.where(rng.random(n) < 0.2, rng.random(n), 0.0)
    amount = rng.uniform(0, 60, n)
    age = np.where(rng.random(n) < 0.05, rng.uniform(0, 40, n), np.nan)
    log_odds = -5 + 3 * signal + 4 * (amount >= 50) + 6 * ((age >= 5) & (age < 20))
    return np.column_stack([signal, amount, age]), rng.random(n) < 1 / (1 + np.exp(-log_odds))


def fitted(values: Floats, is_fraud: Flags) -> AdditiveModel:
    return fit_additive(values, is_fraud, columns=COLUMNS, prior=PRIOR, version="v")


def test_many_labels_bring_back_what_made_them() -> None:
    values, is_fraud = world(1)

    model = fitted(values, is_fraud)

    assert model.base == pytest.approx(-5, abs=0.2)
    assert model.weights[0] == pytest.approx(3, abs=0.3)
    asked = np.array([[0, 10, np.nan], [0, 55, np.nan], [0, 10, 10], [0, 10, 30]])
    parts = model.contributions(asked)
    assert parts[:, 2].tolist() == pytest.approx([0, 4, 0, 0], abs=0.3)
    assert parts[:, 3].tolist() == pytest.approx([0, 0, 6, 0], abs=0.5)


def test_contributions_add_up_and_only_raise() -> None:
    values, is_fraud = world(2)
    # A signal that speaks for a sale is not let.
    values[:, 0] = np.where(is_fraud, 0.0, values[:, 0])

    model = fitted(values, is_fraud)
    parts = model.contributions(values)

    assert model.weights[0] == 0
    assert (parts[:, 1:] >= 0).all()
    assert (parts[:, 0] == model.base).all()
    rising = model.curves["A"].heights
    assert sorted(rising) == list(rising)


def test_few_labels_leave_the_prior_nearly_as_it_is() -> None:
    values = np.array([[0.5, 10.0, np.nan], [0.0, 20.0, np.nan]])

    model = fitted(values, np.array([True, False]))

    # The prior of the weight has a standard deviation of 1.5; one label moves it by less.
    assert model.weights[0] == pytest.approx(2.0, abs=1.0)


def test_equal_labels_make_equal_models() -> None:
    values, is_fraud = world(3, n=5000)

    assert fitted(values, is_fraud) == fitted(values.copy(), is_fraud.copy())


def test_a_stored_model_is_the_same_model() -> None:
    model = fitted(*world(4, n=20_000))

    assert AdditiveModel.from_json(model.to_json(), COLUMNS) == model


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"version": "v", "base": 0, "weights": {"S": 1}, "curves": {}}',
        PRIOR.to_json().replace("2.0", "-2.0"),
        PRIOR.to_json().replace("2.0", "NaN"),
    ],
)
def test_a_broken_artefact_is_refused(text: str) -> None:
    with pytest.raises(BrokenArtefact):
        AdditiveModel.from_json(text, COLUMNS)
