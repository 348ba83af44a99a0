"""Runs of an import: how it is asked for, and the row that keeps what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from transactions.choices import ImportKind, ImportStatus
from transactions.importing.reading import TextTable
from transactions.importing.report import Report
from transactions.models import ImportRun


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How to run an import.

    dry_run: do it all and take it back. skip_bad: leave out refused lines, whatever the reason.
    """

    dry_run: bool = False
    skip_bad: bool = False
    on_wait: Callable[[], None] | None = None
    progress: Callable[[str, int], None] = lambda _doing, _done: None


def open_run(kind: ImportKind, path: Path, table: TextTable, *, now: datetime) -> ImportRun:
    """Start a run in the transaction of its import: one that fails leaves none."""
    return ImportRun.objects.create(
        kind=kind,
        source=path.name[:200],
        fingerprint=table.fingerprint,
        lines_total=table.lines,
        started_at=now,
    )


def close_run(run: ImportRun, report: Report) -> Report:
    """Keep an import's counts with its run; return them."""
    run.status = ImportStatus.DONE
    run.lines_done = report.lines
    run.counts = report.counts()
    run.finished_at = timezone.now()
    run.save(update_fields=["status", "lines_done", "counts", "finished_at"])
    return report
