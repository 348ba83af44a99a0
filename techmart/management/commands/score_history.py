"""`manage.py score_history`: fraud scores of a labelled file, as if its lines came in in turn."""

from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser

from transactions.fraud.frame import DAY_US
from transactions.fraud.learning.contest import Kind
from transactions.fraud.replay.engine import WEEK_US, Replay
from transactions.fraud.replay.output import ScoresFile
from transactions.fraud.replay.reading import UnusableLines, duration_us, read_labelled
from transactions.importing.mapping import MappingError
from transactions.importing.reading import UnreadableFile

REFITS = {"weekly": WEEK_US, "daily": DAY_US, "never": None}


class Command(BaseCommand):
    """Replay a file in time order; see docs/domain/fraud.md."""

    help = (
        "Score a labelled CSV, CSV.GZ or Parquet file in time order, each line from itself, "
        "earlier lines and labels known by then. Needs no database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, how to read it, and how late its labels are known."""
        parser.add_argument("file", type=Path, help="CSV, CSV.GZ or Parquet.")
        parser.add_argument("--out", type=Path, required=True, metavar="SCORES.csv")
        parser.add_argument(
            "--mapping",
            type=Path,
            metavar="M.toml",
            help="Which column is what, as examples/handbook.toml; else told by their names.",
        )
        parser.add_argument(
            "--label-column", default="", metavar="C", help="1 or 0, empty for never known."
        )
        parser.add_argument(
            "--label-delay",
            type=_duration,
            default="7d",
            metavar="7d",
            help="From a line until its label is known: 7d, 36h. Default 7d.",
        )
        parser.add_argument(
            "--refit", choices=REFITS, default="weekly", help="When to learn anew. Default weekly."
        )
        parser.add_argument(
            "--start",
            type=_day,
            metavar="DATE",
            help="Write scores from this day on; earlier lines are history all the same.",
        )
        parser.add_argument(
            "--no-challenger", action="store_true", help="Fit the additive model alone."
        )

    def handle(
        self,
        *_args: Any,
        file: Path,
        out: Path,
        mapping: Path | None,
        label_column: str,
        label_delay: int,
        refit: str,
        start: date | None,
        no_challenger: bool,
        **_options: Any,
    ) -> None:
        """Replay, and say what was learned from how much."""
        try:
            lines = read_labelled(file, mapping=mapping, label_column=label_column)
            replay = Replay(
                lines.history,
                label_delay_us=label_delay,
                refit_us=REFITS[refit],
                challenge=not no_challenger,
            )
            from_line = int(np.searchsorted(lines.day, start.toordinal())) if start else 0
            with ScoresFile(out) as scores_file:
                for stretch in replay.stretches():
                    own = slice(max(from_line - stretch.first, 0), stretch.end - stretch.first)
                    ids = lines.transaction_id[stretch.first + own.start : stretch.end]
                    scores_file.write(ids, stretch.scores, own)
                    version, labelled = stretch.scores.version, stretch.labelled_lines
                    self._say(version, labelled, len(ids), stretch.kind)
        except (MappingError, UnreadableFile, UnusableLines, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Scores: {out}")

    def _say(self, version: str, labelled: int, lines: int, kind: Kind | None) -> None:
        learned = f"learned from {labelled:,} labels" if kind else "priors"
        self.stdout.write(f"{version:<22} {lines:>9,} lines, {learned}")


def _duration(text: str) -> int:
    try:
        return duration_us(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no date: write it as 2018-08-08.") from error
