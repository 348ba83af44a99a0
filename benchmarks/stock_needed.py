"""Stock that a fill rate takes with our forecast's order-up-to levels, on series of daily demand.

    python -m benchmarks.stock_needed HISTORY.csv REPLAY.py --cutoff DATE [--fill 0.93]

HISTORY.csv has product_id, date, quantity. REPLAY.py defines `simulate(demand, levels, lead)`: a
periodic-review replay with lost sales; demand and levels are (products, days), and it returns
fill_units and days_of_cover. The first day of the replay is the day after --cutoff. Each level is a
quantile of demand summed over lead time and review, forecast anew each week from the days before;
the quantile is raised until the fill rate is met. Beside it stand the textbook's level (mean of
28 days · P + z·σ·√P) and a threshold that stays (a multiple of the mean before the replay).
"""

import argparse
import importlib.util
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from inventory.arrays import FloatArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.frequency import DAILY
from inventory.forecasting.model import forecast
from inventory.series_files import read_history

LEAD_DAYS, REVIEW_DAYS = 7, 1
PROTECTION_DAYS = LEAD_DAYS + REVIEW_DAYS
REFIT_DAYS = 7
TEXTBOOK_DAYS = 28
# What is tried of each way's one parameter.
QUANTILES = np.array([0.6, 0.7, 0.75, 0.8, 0.84, 0.87, 0.9, 0.92, 0.94, 0.96, 0.975, 0.99])
DEVIATIONS = np.linspace(0.25, 3.5, 14)
MULTIPLES = np.linspace(8, 60, 14)

Simulate = Callable[..., dict[str, float]]
Levels = Callable[[float], FloatArray]


def main() -> None:
    """Print days of cover at the fill rate, for each way to set levels."""
    given = _arguments()
    history = read_history(given.history, DAILY)
    first = history.periods_until(given.cutoff)
    units = _matrix(history)
    demand = units[:, first:]
    simulate = _simulate(given.replay)
    quantiles = _weekly_quantiles(units, first)
    for name, levels, tried in (
        (
            "forecast quantile",
            lambda q: quantiles[int(np.flatnonzero(q == QUANTILES)[0])],
            QUANTILES,
        ),
        ("textbook", lambda z: _textbook(units, first, z), DEVIATIONS),
        ("static multiple of the mean", lambda k: _static(units, first, k), MULTIPLES),
    ):
        cover, at = _cover_at(given.fill, demand, levels, tried, simulate)
        print(f"{name:30} {cover:6.2f} days of cover at {given.fill:.0%} fill ({at:.3f})")


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("history", type=Path)
    parser.add_argument("replay", type=Path)
    parser.add_argument("--fill", type=float, default=0.93)
    parser.add_argument("--cutoff", type=date.fromisoformat, required=True)
    return parser.parse_args()


def _simulate(path: Path) -> Simulate:
    spec = importlib.util.spec_from_file_location("replay_under_measure", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    simulate: Simulate = module.simulate
    return simulate


def _matrix(history: Any) -> FloatArray:
    """Return units by product and day."""
    units = np.zeros((len(history.products), int(history.period.max()) + 1))
    np.add.at(units, (history.product, history.period), history.quantity)
    return units


def _weekly_quantiles(units: FloatArray, first: int) -> FloatArray:
    """Return (quantiles, products, days) of the summed demand, known each week anew."""
    products, days = units.shape
    found = np.zeros((len(QUANTILES), products, days - first))
    first_sold = np.where(units.any(axis=1), (units > 0).argmax(axis=1), days)
    for day in range(first, days, REFIT_DAYS):
        known = Demand(
            units=units[:, max(0, day - DAILY.longest) : day].T,
            history_days=np.maximum(0, day - first_sold),
        )
        made = forecast(
            known,
            DAILY,
            horizon=DAILY.horizon,
            target=np.full(products, PROTECTION_DAYS),
        )
        levels = made.sum_quantiles(float(PROTECTION_DAYS), QUANTILES)
        found[:, :, day - first : day - first + REFIT_DAYS] = levels.T[:, :, None]
    return found


def _textbook(units: FloatArray, first: int, z: float) -> FloatArray:
    windows = np.lib.stride_tricks.sliding_window_view(units, TEXTBOOK_DAYS, axis=1)
    # The window before each day of the replay.
    known = windows[:, first - TEXTBOOK_DAYS : units.shape[1] - TEXTBOOK_DAYS]
    spread = known.std(axis=2, ddof=1) * np.sqrt(PROTECTION_DAYS)
    levels: FloatArray = known.mean(axis=2) * PROTECTION_DAYS + z * spread
    return levels


def _static(units: FloatArray, first: int, multiple: float) -> FloatArray:
    level = multiple * units[:, :first].mean(axis=1)
    return np.repeat(level[:, None], units.shape[1] - first, axis=1)


def _cover_at(
    fill: float, demand: FloatArray, levels: Levels, tried: FloatArray, simulate: Simulate
) -> tuple[float, float]:
    """Return days of cover at the fill rate, between the two tries around it, and the parameter."""
    results = [simulate(demand, levels(value), lead=LEAD_DAYS) for value in tried]
    fills = np.array([one["fill_units"] for one in results])
    covers = np.array([one["days_of_cover"] for one in results])
    return float(np.interp(fill, fills, covers)), float(np.interp(fill, fills, tried))


if __name__ == "__main__":
    main()
