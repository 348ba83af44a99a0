"""Forecasts series of demand from a CSV file; needs no database and writes to none."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.forecasting.frequency import FREQUENCIES, Frequency
from inventory.forecasting.model import forecast
from inventory.series_files import (
    SeriesHistory,
    UnusableSeries,
    future_starts,
    lead_rows,
    period_rows,
    read_cutoffs,
    read_history,
)


class Command(BaseCommand):
    """Forecast every series of a file as known at each cut-off, by the engine of the shop."""

    help = __doc__
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take files, the kind of period, and lengths."""
        parser.add_argument(
            "history", type=Path, help="CSV with product_id, date, quantity; no row is no demand"
        )
        parser.add_argument("--cutoffs", type=Path, required=True, help="file, one date a line")
        parser.add_argument("--freq", choices=sorted(FREQUENCIES), default="D")
        parser.add_argument(
            "--horizon", type=_periods, help="periods ahead: 28 days, 4 weeks or 3 months"
        )
        parser.add_argument(
            "--lead", type=_periods, help="periods to sum: 8 days, 2 weeks or 2 months"
        )
        parser.add_argument("--out", type=Path, required=True, help="CSV for means and quantiles")
        parser.add_argument("--lead-out", type=Path, help="CSV for quantiles of the sums")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, forecast and write; a file that cannot be used is named with its remedy."""
        frequency = FREQUENCIES[options["freq"]]
        horizon = options["horizon"] or frequency.horizon
        lead = options["lead"] or frequency.lead
        try:
            history = read_history(options["history"], frequency)
            cutoffs = read_cutoffs(options["cutoffs"])
            if history.negative:
                self.stderr.write(
                    f"{history.negative} rows with a negative quantity count as no demand."
                )
            ahead, sums = [], []
            for cutoff in cutoffs:
                rows, lead_row = _forecast(history, frequency, cutoff, horizon, lead)
                ahead.append(rows)
                sums.append(lead_row)
            _write(options["out"], ahead)
            if options["lead_out"]:
                _write(options["lead_out"], sums)
        except UnusableSeries as error:
            raise CommandError(str(error)) from error
        products = sum(len(rows) for rows in sums)
        self.stdout.write(f"{products} forecasts at {len(cutoffs)} cut-offs: {options['out']}")


def _periods(text: str) -> int:
    periods = int(text)
    if not 1 <= periods <= 366:
        raise argparse.ArgumentTypeError("from 1 to 366 periods")
    return periods


def _forecast(
    history: SeriesHistory, frequency: Frequency, cutoff: Any, horizon: int, lead: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    products, demand = history.visible(cutoff)
    names = history.products[products]
    result = forecast(
        demand,
        frequency,
        horizon=max(horizon, lead),
        target=np.full(len(names), lead),
    )
    starts = future_starts(cutoff, history, horizon)
    return period_rows(cutoff, names, result, starts), lead_rows(cutoff, names, result, lead)


def _write(path: Path, parts: list[pl.DataFrame]) -> None:
    try:
        pl.concat(parts).write_csv(path, float_precision=6)
    except OSError as error:
        raise UnusableSeries(f"{path} cannot be written: {error.strerror or error}.") from error
