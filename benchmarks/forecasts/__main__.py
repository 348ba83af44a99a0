"""`python -m benchmarks.forecasts`: the engine beside the field's library, shop by shop.

Options: --products N of each made-up shop (200), --seed N, --auto-ets (minutes more), and --file
HISTORY.csv --cutoffs FILE --freq D|W|M for series of one's own instead of made-up ones.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.forecasts import library
from benchmarks.forecasts.scoring import (
    PERIOD_LEVELS,
    SUM_LEVELS,
    Forecasts,
    score,
    score_sums,
)
from benchmarks.forecasts.shops import Shop, from_file, made_up
from inventory.arrays import FloatArray, IntArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.frequency import FREQUENCIES
from inventory.forecasting.model import forecast

Forecaster = Callable[[Demand, IntArray], Forecasts]
_COLUMNS = ("RMSSE", "SPL", "LEAD", "below95", "bias", "CPU s/1000")


@dataclass(frozen=True, slots=True)
class Row:
    """One method on one shop: RMSSE, SPL, LEAD, share below q95 of the sum, bias, CPU seconds
    per 1,000 series; what a method does not say is not a number."""

    method: str
    figures: tuple[float, ...]


def main(arguments: Sequence[str]) -> None:
    """Compare on made-up shops, or on a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--auto-ets", action="store_true")
    parser.add_argument("--engine-alone", action="store_true", help="without the library")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--cutoffs", type=Path)
    parser.add_argument("--freq", choices=sorted(FREQUENCIES), default="D")
    given = parser.parse_args(arguments)
    if given.file:
        cutoffs = [date.fromisoformat(line) for line in given.cutoffs.read_text().split()]
        shops = [from_file(given.file, FREQUENCIES[given.freq], cutoffs).sample(given.products)]
    else:
        shops = made_up(given.products, seed=given.seed)
    for shop in shops:
        rows = compared(shop, auto_ets=given.auto_ets, with_library=not given.engine_alone)
        sys.stdout.write(table(shop, rows))
        sys.stdout.flush()


def compared(shop: Shop, *, auto_ets: bool, with_library: bool) -> list[Row]:
    """Return the figures of the engine and of each model of the library."""
    lead = shop.frequency.lead
    rows = [Row("**engine**", _measured(shop, lambda known, _first: _engine(shop, known)))]
    if not with_library:
        return rows
    for name, model in library.models(shop.frequency, auto_ets=auto_ets).items():
        cache: dict[int, Forecasts] = {}

        def own(
            known: Demand,
            first: IntArray,
            model: object = model,
            cache: dict[int, Forecasts] = cache,
        ) -> Forecasts:
            cache[known.days] = library.own_intervals(model, known.units, first, shop.frequency)
            return cache[known.days]

        def counted(
            known: Demand, _first: IntArray, cache: dict[int, Forecasts] = cache
        ) -> Forecasts:
            return library.as_counts(cache[known.days], known.units, shop.frequency, lead)

        rows.append(Row(name, _measured(shop, own)))
        rows.append(Row(f"{name}, counts", _measured(shop, counted)))
    return rows


def _engine(shop: Shop, known: Demand) -> Forecasts:
    frequency = shop.frequency
    result = forecast(
        known,
        frequency,
        horizon=frequency.horizon,
        target=np.full(known.units.shape[1], frequency.lead),
    )
    return Forecasts(
        result.mean,
        result.period_quantiles(PERIOD_LEVELS),
        result.sum_quantiles(float(frequency.lead), SUM_LEVELS),
    )


def _measured(shop: Shop, forecaster: Forecaster) -> tuple[float, ...]:
    figures: list[tuple[float, ...]] = []
    seconds, series = 0.0, 0
    for cut in shop.cuts:
        known, came = shop.known(cut)
        first = cut - known.history_days
        started = time.process_time()
        said = forecaster(known, first)
        seconds += time.process_time() - started
        series += known.units.shape[1]
        scores = score(known.units, first, came, said)
        lead, below95 = _sums(known.units, came, said.sums, shop.frequency.lead)
        figures.append((scores.rmsse, scores.spl, lead, below95, scores.bias))
    return (*np.mean(figures, axis=0).tolist(), seconds / series * 1000)


def _sums(
    known: FloatArray, came: FloatArray, sums: FloatArray, periods: int
) -> tuple[float, float]:
    if np.isnan(sums).any():
        return float("nan"), float("nan")
    return score_sums(known, came, sums, periods)


def table(shop: Shop, rows: Sequence[Row]) -> str:
    """Return a table in Markdown."""
    lines = [
        f"\n{shop.name}, {shop.units.shape[1]} series, {len(shop.cuts)} cuts\n",
        f"| method | {' | '.join(_COLUMNS)} |",
        "|---" * (len(_COLUMNS) + 1) + "|",
    ]
    for row in rows:
        cells = ["" if np.isnan(figure) else f"{figure:.4g}" for figure in row.figures]
        lines.append(f"| {row.method} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
