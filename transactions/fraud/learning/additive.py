"""The additive model: log-odds as a base and one part for each signal, written or learned."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Protocol

import numpy as np

from transactions.fraud.frame import Floats
from transactions.fraud.learning.steps import StepCurve


class BrokenArtefact(ValueError):
    """A stored model cannot be used; says what is wrong with it."""


class Shape(Enum):
    """How a column's value becomes a signal of 0 to 1."""

    # It is one already.
    SIGNAL = "signal"
    # By a step curve that labels teach: one that only rises, or one of any form.
    RISING = "rising"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Column:
    """One thing a score looks at. code: domain name; label: for people.

    weight: log-odds of the signal at its largest before any label is known. curve: the step
    curve before any label is known, None of a SIGNAL.
    """

    code: str
    label: str
    weight: float
    shape: Shape = Shape.SIGNAL
    curve: StepCurve | None = None


class Model(Protocol):
    """What turns raw values into a score that adds up.

    version: stored with every score. additive: the additive model beside it, or itself.
    """

    @property
    def version(self) -> str: ...

    @property
    def additive(self) -> "AdditiveModel": ...

    def contributions(self, values: Floats) -> Floats:
        """Return (n, 1 + columns) log-odds, the base first, from (n, columns) raw values."""


@dataclass(frozen=True, slots=True)
class AdditiveModel:
    """score = σ(base + Σ weight·signal).

    Weights are not negative: a signal can only raise suspicion. codes, weights: one entry a
    column. curves: of the learned columns, by code.
    """

    version: str
    base: float
    codes: tuple[str, ...]
    weights: tuple[float, ...]
    curves: Mapping[str, StepCurve]

    def __post_init__(self) -> None:
        if len(self.codes) != len(self.weights):
            raise ValueError("A model has a weight for each column.")
        if not all(np.isfinite([self.base, *self.weights])) or min(self.weights, default=0) < 0:
            raise ValueError("Weights are finite and not negative.")

    @classmethod
    def prior(cls, columns: Sequence[Column], *, base: float, version: str) -> "AdditiveModel":
        """Return the model of a shop without labels."""
        return cls(
            version=version,
            base=base,
            codes=tuple(column.code for column in columns),
            weights=tuple(column.weight for column in columns),
            curves={column.code: column.curve for column in columns if column.curve is not None},
        )

    def signals(self, values: Floats) -> Floats:
        """Return (n, columns) signals of 0 to 1 from raw values of the same shape."""
        signals = values.copy()
        for place, code in enumerate(self.codes):
            if code in self.curves:
                signals[:, place] = self.curves[code](values[:, place])
        return signals

    def contributions(self, values: Floats) -> Floats:
        """Return (n, 1 + columns) log-odds, the base first; a row's sum is the score's log-odds."""
        base = np.full((len(values), 1), self.base)
        return np.hstack([base, self.signals(values) * np.array(self.weights)])

    def log_odds_of(self, values: Floats, codes: Collection[str]) -> Floats:
        """Return what some columns add to the score's log-odds."""
        chosen = [1 + self.codes.index(code) for code in codes]
        log_odds: Floats = self.contributions(values)[:, chosen].sum(axis=1)
        return log_odds

    @property
    def additive(self) -> "AdditiveModel":
        """Return itself: what other kinds of model keep beside them."""
        return self

    def to_json(self) -> str:
        """Return the model as text, exactly."""
        return json.dumps(
            {
                "version": self.version,
                "base": self.base,
                "weights": dict(zip(self.codes, self.weights, strict=True)),
                "curves": {
                    code: {"cuts": curve.cuts, "heights": curve.heights}
                    for code, curve in self.curves.items()
                },
            }
        )

    @classmethod
    def from_json(cls, text: str, columns: Sequence[Column]) -> "AdditiveModel":
        """Return a stored model for these columns. Raises BrokenArtefact.

        A written signal that came up after it was fitted weighs nothing in it.
        """
        try:
            model = cls._of(json.loads(text), columns)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BrokenArtefact(f"The model cannot be read: {error!r}") from error
        known = {column.code for column in columns}
        learned = {column.code for column in columns if column.shape != Shape.SIGNAL}
        if not learned <= set(model.codes) <= known:
            raise BrokenArtefact(f"The model was fitted to other columns: {model.codes}.")
        weights = dict(zip(model.codes, model.weights, strict=True))
        return replace(
            model,
            codes=tuple(column.code for column in columns),
            weights=tuple(weights.get(column.code, 0.0) for column in columns),
        )

    @staticmethod
    def codes_of(text: str) -> tuple[str, ...]:
        """Return the columns that a stored model, which can be read, was fitted to, in order."""
        return tuple(json.loads(text)["weights"])

    @classmethod
    def _of(cls, stored: dict[str, Any], columns: Sequence[Column]) -> "AdditiveModel":
        weights: dict[str, float] = stored["weights"]
        # In the order of the columns; what is not among them comes last, to be noticed.
        codes = sorted(weights, key=[*(c.code for c in columns), *sorted(weights)].index)
        return cls(
            version=str(stored["version"]),
            base=float(stored["base"]),
            codes=tuple(codes),
            weights=tuple(float(weights[code]) for code in codes),
            curves={
                code: StepCurve(
                    cuts=tuple(map(float, curve["cuts"])),
                    heights=tuple(map(float, curve["heights"])),
                )
                for code, curve in stored["curves"].items()
            },
        )
