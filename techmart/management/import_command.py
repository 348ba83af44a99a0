"""What the three import commands have in common: options, progress bar, report and verdict."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from transactions.importing.mapping import Mapping, MappingError, read_mapping
from transactions.importing.reading import UnreadableFile
from transactions.importing.report import Outcome, Report
from transactions.importing.runs import ImportOptions


class ImportCommand(BaseCommand):
    """Import one file; subclasses say of what and by which service."""

    known_fields: ClassVar[Collection[str]]
    noun: ClassVar[str]

    def import_file(
        self, path: Path, mapping: Mapping, options: ImportOptions, now: datetime
    ) -> Report:
        """Call the service."""
        raise NotImplementedError

    def adjusted(self, mapping: Mapping, options: dict[str, Any]) -> Mapping:
        """Return the mapping with what further options of the command say."""
        return mapping

    def after(self, now: datetime) -> None:
        """Do what must follow once the import is committed."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and how to go about it."""
        parser.add_argument("file", type=Path, help="CSV, CSV.GZ or Parquet.")
        parser.add_argument(
            "--mapping",
            type=Path,
            metavar="M.toml",
            help="How the file is to be read; without it its columns are named as ours.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Do it all, then take it back.")
        parser.add_argument(
            "--skip-bad",
            action="store_true",
            help="Import the other lines; without it one bad line refuses the file.",
        )
        parser.add_argument(
            "--report", type=Path, metavar="R.json", help="Write what became of the lines."
        )
        parser.add_argument(
            "--errors",
            type=Path,
            metavar="E.csv",
            help="Write every refused cell here; FILE.errors.csv in this folder if not given.",
        )

    def handle(
        self,
        *_args: Any,
        file: Path,
        mapping: Path | None,
        dry_run: bool,
        skip_bad: bool,
        report: Path | None,
        errors: Path | None,
        **options: Any,
    ) -> None:
        """Import, write the report and the errors, and say in one table what happened."""
        now = timezone.now()
        try:
            rules = read_mapping(mapping, known_fields=self.known_fields) if mapping else Mapping()
            with _progress_bar(self.noun) as progress:
                result = self.import_file(
                    file,
                    self.adjusted(rules, options),
                    ImportOptions(
                        dry_run=dry_run,
                        skip_bad=skip_bad,
                        on_wait=lambda: self.stderr.write("Waiting for another import to end."),
                        progress=progress,
                    ),
                    now,
                )
                if result.outcome is Outcome.DONE:
                    progress("rollups", 0)
                    self.after(now)
            if report:
                result.write_json(report)
            if result.refused:
                errors = errors or Path(f"{file.name}.errors.csv")
                result.write_errors(errors)
        except (MappingError, UnreadableFile, OSError) as error:
            raise CommandError(str(error)) from error
        self._say(result, errors if result.refused else None)

    def _say(self, result: Report, errors: Path | None) -> None:
        for name, value in result.counts().items():
            if name != "refused_by_reason":
                self.stdout.write(f"{name.replace('_', ' '):<30} {value}")
        for reason, lines in result.refused_by_reason.items():
            self.stdout.write(f"  {reason:<28} {lines}")
        if errors:
            self.stdout.write(f"Refused lines, with remedies: {errors}")
        if result.outcome is Outcome.DRY_RUN:
            self.stdout.write("Dry run: nothing was written.")
        if result.outcome is Outcome.REFUSED:
            raise CommandError(
                "Nothing was imported. Correct the lines named in the errors file, name their "
                "reasons in [lines] expected_refusals, or use --skip-bad."
            )


@contextmanager
def _progress_bar(noun: str) -> Iterator[Callable[[str, int], None]]:
    """Show a bar on a terminal, nothing elsewhere; tell it what is done and how far it is."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn(f"Importing {noun}"),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("reading", total=None)

        def update(doing: str, done: int) -> None:
            bar.update(task, description=f"{doing}: {done:,}" if done else doing)

        yield update
