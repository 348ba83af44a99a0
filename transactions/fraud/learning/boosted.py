"""The challenger: gradient-boosted trees, whose Shapley values add up to the score's log-odds."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from transactions.fraud.frame import Flags, Floats
from transactions.fraud.learning.additive import AdditiveModel, BrokenArtefact, Column, Shape

if TYPE_CHECKING:
    from xgboost import Booster

# Tuned on the two validation weeks of the public card data, 2026-11.
TREES = 100
_PARAMETERS = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 4,
    "learning_rate": 0.1,
    "min_child_weight": 1.0,
    "nthread": 1,
    "seed": 0,
}
_SEAL_BYTES = 32
# All frauds and at most so many genuine lines are learned from, each standing for several.
MOST_GENUINE = 200_000


@dataclass(frozen=True)
class BoostedModel:
    """Boosted trees. artefact: sealed, see `seal`. additive: fitted beside them.

    grown_on: codes of the columns they were grown on, in order; None for all of today's. What
    came up later says nothing in them.
    """

    version: str
    artefact: bytes
    additive: AdditiveModel
    grown_on: tuple[str, ...] | None = None

    @cached_property
    def _booster(self) -> "Booster":
        # XGBoost ends the process over bytes that it cannot read, so none but its own reach it.
        digest, trees = self.artefact[:_SEAL_BYTES], self.artefact[_SEAL_BYTES:]
        if not trees or hashlib.sha256(trees).digest() != digest:
            raise BrokenArtefact("The trees are not as they were stored.")
        # Half a second and 50 MB that a process pays only where trees are used.
        from xgboost import Booster

        booster = Booster({"nthread": 1})
        booster.load_model(bytearray(trees))
        if booster.num_features() != len(self._columns):
            raise BrokenArtefact("The trees were grown on other columns.")
        return booster

    @cached_property
    def _columns(self) -> list[int]:
        codes = self.additive.codes
        return [codes.index(code) for code in self.grown_on or codes]

    def log_odds(self, values: Floats) -> Floats:
        """Return the score's log-odds from raw values."""
        from xgboost import DMatrix

        data = DMatrix(values[:, self._columns])
        return self._booster.predict(data, output_margin=True).astype(np.float64)

    def contributions(self, values: Floats) -> Floats:
        """Return (n, 1 + columns) log-odds, the base first; a row's sum is the score's log-odds.

        TreeSHAP: Lundberg et al., Consistent Individualized Feature Attribution for Tree
        Ensembles (2018).
        """
        from xgboost import DMatrix

        data = DMatrix(values[:, self._columns])
        parts = self._booster.predict(data, pred_contribs=True).astype(np.float64)
        contributions = np.zeros((len(values), 1 + values.shape[1]))
        contributions[:, 0] = parts[:, -1]
        contributions[:, 1 + np.array(self._columns)] = parts[:, :-1]
        return contributions

    def check(self) -> None:
        """Raise BrokenArtefact unless the trees can be used."""
        self._booster.num_features()


def fit_boosted(
    values: Floats,
    is_fraud: Flags,
    *,
    columns: Sequence[Column],
    additive: AdditiveModel,
    version: str,
) -> BoostedModel:
    """Return trees grown on labelled lines in time order; `additive` is kept beside them.

    Written signals and rising columns can only raise the score, as in the additive model.
    """
    from xgboost import DMatrix, train

    genuine = np.flatnonzero(~is_fraud)
    step = -(-len(genuine) // MOST_GENUINE) or 1
    rows = np.union1d(np.flatnonzero(is_fraud), genuine[::step])
    weight = np.where(is_fraud[rows], 1.0, float(step))
    rising = tuple(int(column.shape != Shape.FREE) for column in columns)
    booster = train(
        {**_PARAMETERS, "monotone_constraints": rising},
        DMatrix(values[rows], label=is_fraud[rows], weight=weight),
        num_boost_round=TREES,
    )
    return BoostedModel(version, seal(bytes(booster.save_raw("ubj"))), additive)


def seal(trees: bytes) -> bytes:
    """Return trees as XGBoost saves them (UBJSON) behind their SHA-256."""
    return hashlib.sha256(trees).digest() + trees
