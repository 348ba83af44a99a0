"""Series of demand in CSV files: histories and cut-offs in, forecasts out.

The formats are those of common scoring tools for forecasts: `product_id,date,quantity` with a
row for each period with demand; quantiles named by their thousandths.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from inventory.arrays import BoolArray, FloatArray, IntArray, StrArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.frequency import Frequency
from inventory.forecasting.model import Forecast

PERIOD_LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
LEAD_LEVELS = (0.5, 0.75, 0.9, 0.95, 0.975)
_NEEDED = ("product_id", "date", "quantity")
# Python's dates from numpy's count of days.
_EPOCH = date(1970, 1, 1)


class UnusableSeries(Exception):
    """A file that cannot be read as series, and what to change in it."""


@dataclass(frozen=True, slots=True)
class SeriesHistory:
    """Demand by product and period, one entry a row that the file had.

    products: names, rising. product: (entries,) number of the name. period: (entries,) number
    of the period, the oldest 0. quantity: (entries,) units, 0 or more. first: day on which
    period 0 starts. negative: rows with a negative quantity, taken as 0.
    """

    frequency: Frequency
    products: StrArray
    product: IntArray
    period: IntArray
    quantity: FloatArray
    first: date
    negative: int

    def periods_until(self, cutoff: date) -> int:
        """Return how many periods start on or before a day."""
        number, _ = _period_numbers(np.array([_day(cutoff)]), self.first, self.frequency)
        return max(0, int(number[0]) + 1)

    def visible(self, cutoff: date) -> tuple[IntArray, Demand]:
        """Return the products sold so far, and their demand in periods up to the cut-off.

        A product's history begins with its first entry above 0; a product without one by then
        is not known yet. Raises UnusableSeries when nothing was sold by then.
        """
        periods = self.periods_until(cutoff)
        shown = (self.period < periods) & (self.quantity > 0)
        if not shown.any():
            raise UnusableSeries(f"Nothing was sold on or before the cut-off {cutoff}.")
        known, column = np.unique(self.product[shown], return_inverse=True)
        period = self.period[shown]
        first = np.full(len(known), periods)
        np.minimum.at(first, column, period)
        kept = min(periods, self.frequency.longest)
        units = np.zeros((kept, len(known)))
        recent = period >= periods - kept
        units[period[recent] - (periods - kept), column[recent]] = self.quantity[shown][recent]
        return known, Demand(units=units, history_days=periods - first)


def read_history(path: Path, frequency: Frequency) -> SeriesHistory:
    """Read product_id, date and quantity of each row; other columns are left alone.

    Raises UnusableSeries, naming row and column.
    """
    table = _table(path)
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise UnusableSeries(
            f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
            f"It needs {', '.join(_NEEDED)}; its first line is: {', '.join(table.columns)}."
        )
    if not len(table):
        raise UnusableSeries(f"{path} has no rows below its header.")
    table = table.select(
        pl.col("product_id").str.strip_chars(),
        pl.col("date").alias("text"),
        pl.col("date").str.strip_chars().str.to_date("%Y-%m-%d", strict=False),
        pl.col("quantity").alias("number"),
        pl.col("quantity").str.strip_chars().cast(pl.Float64, strict=False),
    )
    _refuse_first(path, table, pl.col("product_id").fill_null("") == "", "has no product_id")
    _refuse_first(
        path, table, pl.col("date").is_null(), "has the date {text}; write it as 2024-01-31"
    )
    _refuse_first(
        path,
        table,
        pl.col("quantity").is_null() | ~pl.col("quantity").is_finite(),
        "has the quantity {number}, which is no number",
    )
    _refuse_first(
        path,
        table,
        pl.struct("product_id", "date").is_duplicated(),
        "is not the only one of product {product_id} on {date}; sum them into one row",
    )
    names, product = np.unique(table["product_id"].to_numpy().astype(str), return_inverse=True)
    days = table["date"].to_physical().to_numpy().astype(np.int64)
    quantity = table["quantity"].to_numpy()
    first = _EPOCH + timedelta(days=int(days.min()))
    period, begins = _period_numbers(days, first, frequency)
    if not begins.all():
        row = int(np.flatnonzero(~begins)[0])
        raise UnusableSeries(
            f"Row {row + 2} of {path} has the date {table['text'][row]}, which begins no "
            f"{_PERIOD_NAMES[frequency.code]}."
        )
    return SeriesHistory(
        frequency=frequency,
        products=names,
        product=product.astype(np.int64),
        period=period,
        quantity=np.maximum(quantity, 0.0),
        first=first,
        negative=int((quantity < 0).sum()),
    )


_PERIOD_NAMES = {
    "D": "day",
    "W": "week of the series (weeks are counted from its first date)",
    "M": "month: months are given by their first day",
}


def _table(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False)
    except OSError as error:
        raise UnusableSeries(f"{path} cannot be read: {error.strerror or error}.") from error
    except pl.exceptions.NoDataError as error:
        raise UnusableSeries(f"{path} is empty.") from error
    except pl.exceptions.PolarsError as error:
        raise UnusableSeries(f"{path} is not a CSV file in UTF-8: {error}") from error


def _refuse_first(path: Path, table: pl.DataFrame, bad: pl.Expr, what: str) -> None:
    rows = table.with_row_index("row", offset=2).filter(bad).head(1)
    if len(rows):
        row = rows.row(0, named=True)
        raise UnusableSeries(f"Row {row['row']} of {path} {what.format(**row)}.")


def _day(day: date) -> int:
    return (day - _EPOCH).days


def _months(days: IntArray) -> IntArray:
    """Return months since 1970 of days since 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _period_numbers(
    days: IntArray, first: date, frequency: Frequency
) -> tuple[IntArray, BoolArray]:
    """Return the period that each day lies in, and whether it begins it."""
    if frequency.code == "M":
        months = _months(days)
        begins = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) == days
        return months - _months(np.array([_day(first)])), begins
    number, rest = np.divmod(days - _day(first), _DAYS[frequency.code])
    return number, rest == 0


_DAYS = {"D": 1, "W": 7}


def read_cutoffs(path: Path) -> list[date]:
    """Return the dates of a file, one a line, rising. Raises UnusableSeries."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableSeries(f"{path} cannot be read: {error}.") from error
    cutoffs = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            cutoffs.add(date.fromisoformat(line.strip()))
        except ValueError:
            raise UnusableSeries(
                f"Line {number} of {path} is {line.strip()!r}; write a date as 2024-01-31."
            ) from None
    if not cutoffs:
        raise UnusableSeries(f"{path} names no cut-off; write one date a line.")
    return sorted(cutoffs)


def future_starts(cutoff: date, history: SeriesHistory, periods: int) -> list[date]:
    """Return the first days of the periods that follow the last visible one."""
    seen = history.periods_until(cutoff)
    numbers = np.arange(seen, seen + periods)
    if history.frequency.code == "M":
        months = numbers + _months(np.array([_day(history.first)]))
        days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    else:
        days = _day(history.first) + numbers * _DAYS[history.frequency.code]
    return [_EPOCH + timedelta(days=int(day)) for day in days]


def period_rows(
    cutoff: date, names: StrArray, forecast: Forecast, starts: Sequence[date]
) -> pl.DataFrame:
    """Return one row a product and future period: mean and quantiles."""
    products, periods = len(names), len(starts)
    quantiles = forecast.period_quantiles(np.array(PERIOD_LEVELS))[:, :periods]
    columns: dict[str, np.ndarray] = {
        "product_id": np.repeat(names, periods),
        "date": np.tile(np.array(starts, dtype="datetime64[D]"), products),
        "mean": forecast.means(periods).ravel(),
    }
    for index, level in enumerate(PERIOD_LEVELS):
        columns[_column(level)] = quantiles[:, :, index].ravel()
    return _with_cutoff(cutoff, columns)


def lead_rows(cutoff: date, names: StrArray, forecast: Forecast, periods: int) -> pl.DataFrame:
    """Return one row a product: quantiles of the sum of the first periods."""
    quantiles = forecast.sum_quantiles(float(periods), np.array(LEAD_LEVELS))
    columns: dict[str, np.ndarray] = {"product_id": names}
    for index, level in enumerate(LEAD_LEVELS):
        columns[_column(level)] = quantiles[:, index]
    return _with_cutoff(cutoff, columns)


def _column(level: float) -> str:
    return f"q{round(level * 1000):03d}"


def _with_cutoff(cutoff: date, columns: dict[str, np.ndarray]) -> pl.DataFrame:
    return pl.DataFrame(columns).select(pl.lit(cutoff).alias("cutoff"), pl.all())
