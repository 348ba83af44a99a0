"""`manage.py evaluate_scores`: how good the scores of one week were."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from django.core.management.base import BaseCommand, CommandError, CommandParser

from techmart.management.commands.score_history import _day
from transactions.fraud.replay.evaluation import CannotEvaluate, Evaluation, evaluate_week
from transactions.fraud.replay.reading import UnusableLines, read_labelled
from transactions.importing.mapping import FileRules, MappingError
from transactions.importing.reading import UnreadableFile, read_table, require_columns


class Command(BaseCommand):
    """Compare scores with what the lines turned out to be; see docs/domain/fraud.md."""

    help = (
        "Print AUC, average precision, card precision, and precision and recall of is_suspicious "
        "for one week, without cards that were known to be compromised."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the scores, the truth and the week."""
        parser.add_argument("scores", type=Path, help="As score_history writes them.")
        parser.add_argument("--truth", type=Path, required=True, metavar="FILE")
        parser.add_argument("--week", type=_day, required=True, help="Its first day.")
        parser.add_argument("--label-column", default="", metavar="C")
        parser.add_argument("--mapping", type=Path, metavar="M.toml", help="Of the truth.")
        parser.add_argument(
            "--checked", type=int, default=100, metavar="K", help="Cards a day. Default 100."
        )

    def handle(
        self,
        *_args: Any,
        scores: Path,
        truth: Path,
        week: date,
        label_column: str,
        mapping: Path | None,
        checked: int,
        **_options: Any,
    ) -> None:
        """Measure and print."""
        if checked < 1:
            raise CommandError("--checked is at least 1.")
        try:
            labelled = read_labelled(
                truth,
                mapping=mapping,
                label_column=label_column,
                needed=("transaction_id", "timestamp", "customer", "is_fraud"),
            )
            found = evaluate_week(labelled, _scores(scores), first_day=week, checked=checked)
        except (MappingError, UnreadableFile, UnusableLines, CannotEvaluate, OSError) as error:
            raise CommandError(str(error)) from error
        self._print(week, found)

    def _print(self, week: date, found: Evaluation) -> None:
        self.stdout.write(f"Week of {week}: {found.lines:,} lines, {found.frauds:,} frauds")
        for name, value in (
            ("AUC", found.auc),
            ("Average precision", found.average_precision),
            (f"Card precision at {found.checked}", found.card_precision),
            ("Precision, suspicious", found.precision),
            ("Recall, suspicious", found.recall),
        ):
            self.stdout.write(f"{name:<24}{value:.4f}")


def _scores(path: Path) -> pl.DataFrame:
    table = read_table(path, FileRules())
    require_columns(table, ("transaction_id", "fraud_score", "is_suspicious"))
    return table.frame.select(
        "transaction_id",
        pl.col("fraud_score").cast(pl.Float64, strict=False),
        pl.col("is_suspicious").str.to_lowercase().is_in(["1", "true"]),
    )
