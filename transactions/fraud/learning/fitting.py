"""Fitting the additive model: the most probable weights and curves, given labels and a prior."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transactions.fraud.frame import Flags, Floats, Ints
from transactions.fraud.learning.additive import AdditiveModel, Column, Shape
from transactions.fraud.learning.steps import StepCurve, learned_cuts, pooled_ascending

# Standard deviations of the normal priors, in log-odds: of the base, of a written signal's weight
# and of a step's height (judgement, 2026-11).
BASE_SD = 10.0
WEIGHT_SD = 1.5
STEP_SD = 3.0
# Written signals are rounded to so many levels for fitting, so that equal lines count together.
_LEVELS = 16
_MOST_ROUNDS = 30
_MOST_NEWTON_STEPS = 50
_CONVERGED = 1e-8
# Weight of the step that stands for zero when steps are pooled.
_GROUND = 1e12


@dataclass(frozen=True, slots=True)
class _Cells:
    """Lines with equal values, counted. design: (cells, parameters), the base first."""

    design: Floats
    lines: Floats
    frauds: Floats


@dataclass(frozen=True, slots=True)
class _Block:
    """The parameters of one column: design columns first to end. cuts: of its steps."""

    column: Column
    first: int
    end: int
    cuts: tuple[float, ...] = ()


def fit_additive(
    values: Floats,
    is_fraud: Flags,
    *,
    columns: Sequence[Column],
    prior: AdditiveModel,
    version: str,
) -> AdditiveModel:
    """Return the most probable model given labelled lines and the prior.

    values: (n, columns) raw values, NaN for nothing known. is_fraud: their labels. Learned
    columns get cuts from a tree of one variable, then all heights and weights are estimated
    together: logistic likelihood, independent normal priors around what the prior model says,
    none below zero, heights of RISING columns never falling. Newton's method over an active set:
    what breaks a bound is pooled or set to zero, and the rest is estimated anew.
    """
    cells, blocks = _cells(values, is_fraud, columns)
    mean, precision = _prior_of(blocks, prior)
    # Parameters that share a group are equal; group −1 is zero.
    group = np.arange(len(mean))
    for _ in range(_MOST_ROUNDS):
        estimate, curvature = _most_probable(cells, group, mean, precision)
        tighter = _within_bounds(estimate, curvature, group, blocks)
        if np.array_equal(tighter, group):
            break
        group = tighter
    return _model(np.maximum(estimate, np.r_[-np.inf, np.zeros(len(mean) - 1)]), blocks, version)


def _cells(
    values: Floats, is_fraud: Flags, columns: Sequence[Column]
) -> tuple[_Cells, list[_Block]]:
    codes: list[Ints] = []
    blocks: list[_Block] = []
    width = 1
    for place, column in enumerate(columns):
        x = values[:, place]
        if column.shape == Shape.SIGNAL:
            codes.append(np.round(x * _LEVELS).astype(np.int64))
            blocks.append(_Block(column, width, width + 1))
        else:
            cuts = learned_cuts(x, is_fraud)
            codes.append(np.where(np.isnan(x), 0, 1 + np.searchsorted(cuts, x, "right")))
            # The lowest step of a rising curve is its zero.
            steps = len(cuts) + (column.shape == Shape.FREE)
            blocks.append(_Block(column, width, width + steps, cuts))
        width = blocks[-1].end
    cell_of, first, lines = _grouped(codes, len(is_fraud))
    design = np.zeros((len(first), width))
    design[:, 0] = 1.0
    for code, block in zip(codes, blocks, strict=True):
        there = code[first]
        if block.column.shape == Shape.SIGNAL:
            design[:, block.first] = there / _LEVELS
        else:
            step = there - 1 - (block.column.shape == Shape.RISING)
            rows = np.flatnonzero(step >= 0)
            design[rows, block.first + step[rows]] = 1.0
    frauds = np.bincount(cell_of, weights=is_fraud, minlength=len(first))
    return _Cells(design, lines, frauds.astype(np.float64)), blocks


def _grouped(codes: Sequence[Ints], n: int) -> tuple[Ints, Ints, Floats]:
    """Return the cell of each line, a line of each cell, and the lines of each cell."""
    cell = np.zeros(n, np.int64)
    for code in codes:
        if not code.any():
            continue
        # Renumbering after each column keeps the numbers small.
        _, cell = np.unique(cell * (int(code.max(initial=0)) + 1) + code, return_inverse=True)
    _, first, lines = np.unique(cell, return_index=True, return_counts=True)
    return cell, first, lines.astype(np.float64)


def _prior_of(blocks: Sequence[_Block], prior: AdditiveModel) -> tuple[Floats, Floats]:
    """Return mean and precision of every parameter."""
    mean, precision = [prior.base], [BASE_SD**-2]
    for block in blocks:
        code = block.column.code
        weight = prior.weights[prior.codes.index(code)]
        if block.column.shape == Shape.SIGNAL:
            mean.append(weight)
            precision.append(WEIGHT_SD**-2)
        else:
            # A step from one cut to the next is judged by its middle, an open one by its edge.
            edges = np.array(block.cuts)
            middles = np.r_[(edges[:-1] + edges[1:]) / 2, edges[-1:]]
            if block.column.shape == Shape.FREE:
                middles = np.r_[np.nextafter(edges[:1], -np.inf), middles] if len(edges) else [0.0]
            heights = prior.curves[code](np.asarray(middles, np.float64))
            mean.extend((weight * heights).tolist())
            precision.extend([STEP_SD**-2] * len(heights))
    return np.array(mean), np.array(precision)


def _most_probable(
    cells: _Cells, group: Ints, mean: Floats, precision: Floats
) -> tuple[Floats, Floats]:
    """Return the estimate of every parameter and the likelihood's curvature along it."""
    kept = np.unique(group[group >= 0])
    ties = (group[:, None] == kept).astype(np.float64)
    design = cells.design @ ties
    weight = ties.T @ precision
    centre = (ties.T @ (precision * mean)) / weight
    estimate = centre.copy()

    def loss(at: Floats) -> float:
        log_odds = design @ at
        likelihood = cells.frauds @ log_odds - cells.lines @ np.logaddexp(0.0, log_odds)
        return float(0.5 * weight @ (at - centre) ** 2 - likelihood)

    now = loss(estimate)
    for _ in range(_MOST_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-(design @ estimate)))
        slope = design.T @ (cells.frauds - cells.lines * chance) - weight * (estimate - centre)
        spread = cells.lines * chance * (1 - chance)
        bend = (design.T * spread) @ design + np.diag(weight)
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while (then := loss(estimate + size * step)) > now and size > 1e-6:
            size /= 2
        if then >= now:
            break
        estimate = estimate + size * step
        gained, now = now - then, then
        if gained < _CONVERGED * max(abs(now), 1.0):
            break
    chance = 1 / (1 + np.exp(-(design @ estimate)))
    spread = cells.lines * chance * (1 - chance)
    curvature = spread @ cells.design**2
    return ties @ estimate, curvature + precision


def _within_bounds(
    estimate: Floats, curvature: Floats, group: Ints, blocks: Sequence[_Block]
) -> Ints:
    """Return groups in which what broke a bound is pooled or set to zero."""
    tighter = group.copy()
    for block in blocks:
        own = slice(block.first, block.end)
        if block.column.shape != Shape.RISING:
            tighter[own] = np.where(estimate[own] < 0, -1, group[own])
            continue
        # The lowest step, whose height is zero, stands first and does not give way. What was
        # pooled before stays so: rounding must not part it again.
        named = np.r_[-1, group[own]]
        begins = np.flatnonzero(np.diff(named, prepend=-2))
        heights = np.r_[0.0, estimate[own]][begins]
        weights = np.add.reduceat(np.r_[_GROUND, curvature[own]], begins)
        pooled = pooled_ascending(heights, weights)
        first_of_pool = begins[np.flatnonzero(np.diff(pooled, prepend=-1))]
        names = named[first_of_pool][pooled]
        sizes = np.diff(np.r_[begins, len(named)])
        tighter[own] = np.repeat(names, sizes)[1:]
    return tighter


def _model(estimate: Floats, blocks: Sequence[_Block], version: str) -> AdditiveModel:
    weights: list[float] = []
    curves: dict[str, StepCurve] = {}
    for block in blocks:
        own = estimate[block.first : block.end]
        weight = float(own.max(initial=0.0))
        weights.append(weight)
        if block.column.shape != Shape.SIGNAL:
            heights = np.r_[0.0, own] if block.column.shape == Shape.RISING else own
            curves[block.column.code] = _curve(block.cuts, heights / weight if weight else heights)
    return AdditiveModel(
        version=version,
        base=float(estimate[0]),
        codes=tuple(block.column.code for block in blocks),
        weights=tuple(weights),
        curves=curves,
    )


def _curve(cuts: Sequence[float], heights: Floats) -> StepCurve:
    """Return the curve without cuts between equal heights."""
    changes = np.flatnonzero(np.diff(heights) != 0)
    return StepCurve(
        cuts=tuple(cuts[i] for i in changes.tolist()),
        heights=tuple(heights[np.r_[changes, len(heights) - 1]].tolist()),
    )
