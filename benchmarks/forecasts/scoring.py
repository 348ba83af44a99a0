"""Measures of a forecast of counts, as means over products."""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray, IntArray

PERIOD_LEVELS = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])
SUM_LEVELS = np.array([0.5, 0.75, 0.9, 0.95, 0.975])
_RECENT = 182


@dataclass(frozen=True, slots=True)
class Forecasts:
    """mean (products, horizon), quantiles (products, horizon, 7), sums (products, 5), units."""

    mean: FloatArray
    quantiles: FloatArray
    sums: FloatArray


@dataclass(frozen=True, slots=True)
class Scores:
    """rmsse: root of the mean squared error over that of the naive step. spl: mean pinball loss
    over the mean naive step. bias: of all units together."""

    rmsse: float
    spl: float
    bias: float


def score(known: FloatArray, first: IntArray, came: FloatArray, said: Forecasts) -> Scores:
    """Score one cut. known (periods, products), first: period of the first sale, came alike."""
    history, outcome = known.T, came[: said.mean.shape[1]].T
    steps = np.diff(history, axis=1)
    counted = np.arange(history.shape[1] - 1) >= first[:, None]
    number = np.maximum(counted.sum(axis=1), 1)
    square = (steps**2 * counted).sum(axis=1) / number
    absolute = (np.abs(steps) * counted).sum(axis=1) / number
    moved = square > 0
    rmsse = np.sqrt(((outcome - said.mean)[moved] ** 2).mean(axis=1) / square[moved])
    pinball = _pinball(outcome[..., None], said.quantiles, PERIOD_LEVELS)
    spl = pinball.mean(axis=(1, 2))[moved] / absolute[moved]
    return Scores(
        rmsse=float(rmsse.mean()),
        spl=float(spl.mean()),
        bias=float(said.mean[moved].sum() / max(outcome[moved].sum(), 1e-9) - 1),
    )


def score_sums(
    known: FloatArray, came: FloatArray, sums: FloatArray, periods: int
) -> tuple[float, float]:
    """Return lead and below95 of one cut."""
    total = came[:periods].sum(axis=0)
    scale = known[-_RECENT:].mean(axis=0) * periods
    sold = scale > 0
    loss = _pinball(total[:, None], sums, SUM_LEVELS).mean(axis=1)
    return float((loss[sold] / scale[sold]).mean()), float((total <= sums[:, 3]).mean())


def _pinball(outcome: FloatArray, quantiles: FloatArray, levels: FloatArray) -> FloatArray:
    error = outcome - quantiles
    loss: FloatArray = np.maximum(levels * error, (levels - 1) * error)
    return loss
