"""What is usual around single lines, and F10: the worst of product, country and channel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transactions.fraud.baselines import Risk
from transactions.fraud.frame import Floats, Ints, Texts


@dataclass(frozen=True, slots=True)
class LineRisk:
    """The fraud rate around each line over the shop's (1: none known), and where it was seen."""

    ratio: Floats
    dimension: Texts
    window_days: Ints
    frauds: Ints
    lines: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBaselines:
    """What is usual where each line of a frame belongs; one entry a line, NaN for unknown.

    category_median, category_mad: of ln(1 + amount). amount_q95, amount_q999: of the category, in
    the currency. quantity_q99: of the product, shrunk.
    market_rate_a_day: orders a customer and day in its country and channel. amount_q80,
    amount_q90: as amount_q95. hour_share: of the shop's lines at the hour of its day, smoothed.
    refund_base: share of the category's lines that were refunded. None is unknown throughout.
    """

    category_median: Floats
    category_mad: Floats
    amount_q95: Floats
    amount_q999: Floats
    quantity_q99: Floats
    market_rate_a_day: Floats
    risk: LineRisk
    amount_q80: Floats | None = None
    amount_q90: Floats | None = None
    hour_share: Floats | None = None
    refund_base: Floats | None = None

    def known(self, name: str) -> Floats:
        """Return a column, NaN throughout when it is None."""
        column: Floats | None = getattr(self, name)
        return np.full(len(self.category_median), np.nan) if column is None else column

    @property
    def amount_upper(self) -> Floats:
        """Return (n, 4) amounts that 80, 90, 95 and 99.9 % of the category do not exceed."""
        q80, q90 = self.known("amount_q80"), self.known("amount_q90")
        return np.column_stack([q80, q90, self.amount_q95, self.amount_q999])


def no_risk(n: int, dimension: str = "") -> LineRisk:
    """Return the risk of lines around which no fraud is known."""
    none = np.zeros(n, np.int64)
    names = np.full(n, dimension, dtype=np.object_)
    return LineRisk(np.ones(n), names, none, none.copy(), none.copy())


def risk_of_values(risk: Risk, values: Ints, names: Texts) -> LineRisk:
    """Return the risk of each line's value in one dimension. names: what to call each value."""
    line_risk = no_risk(len(values))
    line_risk.dimension[:] = names
    if len(risk.values):
        place = np.minimum(np.searchsorted(risk.values, values), len(risk.values) - 1)
        known = risk.values[place] == values
        line_risk.ratio[known] = risk.ratio[place[known]]
        line_risk.window_days[known] = risk.window_days[place[known]]
        line_risk.frauds[known] = risk.frauds[place[known]]
        line_risk.lines[known] = risk.lines[place[known]]
    return line_risk


def worst_risk(risks: Sequence[LineRisk]) -> LineRisk:
    """Return the largest of several dimensions for each line; the first of equal ones."""
    ratio = np.stack([risk.ratio for risk in risks])
    worst = (ratio.argmax(axis=0), np.arange(ratio.shape[1]))
    return LineRisk(
        ratio=ratio[worst],
        dimension=np.stack([risk.dimension for risk in risks])[worst],
        window_days=np.stack([risk.window_days for risk in risks])[worst],
        frauds=np.stack([risk.frauds for risk in risks])[worst],
        lines=np.stack([risk.lines for risk in risks])[worst],
    )


def stacked_risks(risks: Sequence[LineRisk]) -> LineRisk:
    """Return the risks of one stretch of lines after the other."""
    return LineRisk(
        ratio=np.concatenate([risk.ratio for risk in risks]),
        dimension=np.concatenate([risk.dimension for risk in risks]),
        window_days=np.concatenate([risk.window_days for risk in risks]),
        frauds=np.concatenate([risk.frauds for risk in risks]),
        lines=np.concatenate([risk.lines for risk in risks]),
    )
