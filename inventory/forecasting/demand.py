"""Daily demand of many products as one matrix."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.forecasting.imputation import AROUND_DAYS, impute


@dataclass(frozen=True, slots=True)
class Demand:
    """Units asked for per day and product, oldest day first; a day without sales is 0.

    units: (days, products), 0 or more. history_days: (products,) days since the first sale or
    receipt, the newest day included, whether or not the matrix reaches back so far; 0 for what
    was never on the shelf. Days before are no demand and no zero: they are not known. imputed:
    (days, products) days on which nothing was on the shelf, whose units are an estimate; no
    forecast is judged by them. Periods may be weeks or months as well, see Frequency.
    """

    units: FloatArray
    history_days: IntArray
    imputed: BoolArray | None = None

    def __post_init__(self) -> None:
        if self.units.ndim != 2 or self.units.shape[1] != self.history_days.shape[0]:
            raise ValueError("units is (days, products), history_days (products,)")
        if self.imputed is not None and self.imputed.shape != self.units.shape:
            raise ValueError("imputed has the shape of units")

    @property
    def days(self) -> int:
        """Days that the matrix holds."""
        return int(self.units.shape[0])

    @property
    def available_days(self) -> IntArray:
        """Days of each product that the matrix holds and that count, (products,)."""
        return np.minimum(self.history_days, self.days)

    def newest(self, days: int) -> FloatArray:
        """Return the newest days, (days, products), padded with zeros at the old end."""
        missing = max(0, days - self.days)
        newest = self.units[max(0, self.days - days) :]
        return np.pad(newest, ((missing, 0), (0, 0))) if missing else newest

    def until(self, days_ago: int) -> Self:
        """Return what was known so many days ago.

        Days without stock are imputed from what was known then: those of the last four weeks
        before that day anew, since the days behind them were not.
        """
        days = max(0, self.days - days_ago)
        units, history_days = self.units[:days], np.maximum(0, self.history_days - days_ago)
        if self.imputed is None:
            return type(self)(units, history_days)
        imputed = self.imputed[:days]
        if days_ago > 0 and imputed[-AROUND_DAYS:].any():
            # In the order of the array: calculations go product by product.
            units = units.copy(order="K")
            impute(units, imputed, history_days, newest=AROUND_DAYS)
        return type(self)(units, history_days, imputed)

    def of(self, columns: BoolArray | IntArray) -> Self:
        """Return some products only."""
        return type(self)(
            units=self.units[:, columns],
            history_days=self.history_days[columns],
            imputed=None if self.imputed is None else self.imputed[:, columns],
        )
