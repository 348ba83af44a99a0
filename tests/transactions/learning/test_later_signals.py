"""Models that were fitted before a signal came up go on without it."""

import json
from datetime import timedelta

import numpy as np
import pytest

from tests.transactions.factories import NOW
from transactions.choices import ModelKind, ModelState
from transactions.fraud.champion import load_model
from transactions.fraud.columns import CODES, PRIOR, SIGNALS
from transactions.fraud.frame import Flags, Floats
from transactions.fraud.learning.additive import AdditiveModel, BrokenArtefact, Shape
from transactions.fraud.learning.boosted import BoostedModel, fit_boosted
from transactions.fraud.learning.fitting import fit_additive
from transactions.models import FraudModel

LATER = ("F5", "F18")
OLD = tuple(column for column in SIGNALS if column.code not in LATER)
OLD_PLACES = [CODES.index(column.code) for column in OLD]


def world() -> tuple[Floats, Flags]:
    """Return lines by all of today's columns; fraud follows F1 and the amount."""
    rng = np.random.default_rng(3)
    values = np.where(rng.random((4000, len(SIGNALS))) < 0.3, rng.random((4000, len(SIGNALS))), 0.0)
    values[:, CODES.index("L1")] = rng.uniform(0, 90, 4000)
    log_odds = -3 + 5 * values[:, CODES.index("F1")] + 3 * (values[:, CODES.index("L1")] > 70)
    return values, rng.random(4000) < 1 / (1 + np.exp(-log_odds))


def old_models() -> tuple[AdditiveModel, BoostedModel]:
    values, is_fraud = world()
    prior = AdditiveModel.prior(OLD, base=-4.8, version="prior.old")
    own = values[:, OLD_PLACES]
    additive = fit_additive(own, is_fraud, columns=OLD, prior=prior, version="additive.old")
    return additive, fit_boosted(
        own, is_fraud, columns=OLD, additive=additive, version="boosted.old"
    )


def row(kind: ModelKind, additive: AdditiveModel, trees: bytes | None = None) -> FraudModel:
    return FraudModel(
        version=additive.version,
        kind=kind,
        state=ModelState.CANDIDATE,
        artefact=additive.to_json(),
        trees=trees,
        learned_from=NOW - timedelta(days=9),
        learned_until=NOW,
        lines=1,
        frauds=1,
    )


@pytest.mark.parametrize("kind", [ModelKind.ADDITIVE, ModelKind.BOOSTED])
def test_what_came_up_later_contributes_nothing(kind: ModelKind) -> None:
    additive, boosted = old_models()
    values, _ = world()
    old = additive if kind == ModelKind.ADDITIVE else boosted

    model = load_model(row(kind, additive, boosted.artefact if old is boosted else None))

    found = model.contributions(values)
    expected = old.contributions(values[:, OLD_PLACES])
    assert found.shape == (len(values), 1 + len(SIGNALS))
    np.testing.assert_array_equal(found[:, [0, *(1 + place for place in OLD_PLACES)]], expected)
    for code in LATER:
        assert not found[:, 1 + CODES.index(code)].any()
    assert np.ptp(found.sum(axis=1)) > 1


def test_trees_that_lack_a_column_they_were_grown_on_are_broken() -> None:
    additive, boosted = old_models()
    short = json.loads(additive.to_json())
    del short["weights"]["F1"]
    model = row(ModelKind.BOOSTED, additive, boosted.artefact)
    model.artefact = json.dumps(short)

    with pytest.raises(BrokenArtefact, match="other columns"):
        load_model(model)


def test_a_learned_column_cannot_be_missing_and_none_be_unknown() -> None:
    whole = json.loads(PRIOR.to_json())
    learned = next(column.code for column in SIGNALS if column.shape != Shape.SIGNAL)
    lacking = {**whole, "weights": {k: w for k, w in whole["weights"].items() if k != learned}}
    unknown = {**whole, "weights": {**whole["weights"], "F99": 1.0}}

    for broken in (lacking, unknown):
        with pytest.raises(BrokenArtefact, match="other columns"):
            AdditiveModel.from_json(json.dumps(broken), SIGNALS)


def test_a_refit_learns_the_later_signals() -> None:
    values, _ = world()
    place = CODES.index("F18")
    is_fraud = np.random.default_rng(4).random(len(values)) < np.where(
        values[:, place] > 0.5, 0.9, 0.02
    )

    model = fit_additive(values, is_fraud, columns=SIGNALS, prior=PRIOR, version="v")

    assert model.weights[place] > PRIOR.weights[place]
