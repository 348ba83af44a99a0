"""What became of every line of a file, for programs (JSON) and for the person who corrects it."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import polars as pl

from transactions.importing.refusals import REMEDIES, Reason, first_reasons


class Outcome(StrEnum):
    """How an import ended."""

    DONE = "done"
    DRY_RUN = "dry_run"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of lines; imported + merged + returned + refused + already_known = lines, always.

    After a dry run or a refusal nothing is written, and the counts say what would have been:
    of a refused import, had the refused lines been skipped. refused: one row a bad cell.
    facts: further numbers of this kind of import.
    """

    source: str
    fingerprint: str
    outcome: Outcome
    lines: int
    imported: int
    merged: int
    returned: int
    already_known: int
    refused_cells: pl.DataFrame
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def refused_by_reason(self) -> dict[str, int]:
        """Return lines refused by the reason found first, most frequent first."""
        counts = (
            first_reasons(self.refused_cells)
            .group_by("reason")
            .len()
            .sort("len", "reason", descending=[True, False])
        )
        return dict(counts.iter_rows())

    @property
    def refused(self) -> int:
        """Return how many lines were refused."""
        return self.refused_cells["line"].n_unique()

    def counts(self) -> dict[str, Any]:
        """Return the counts, as the report and the import run keep them."""
        by_reason = self.refused_by_reason
        return {
            "lines": self.lines,
            "imported": self.imported,
            "merged": self.merged,
            "returned": self.returned,
            "refused": sum(by_reason.values()),
            "already_known": self.already_known,
            "refused_by_reason": by_reason,
            **self.facts,
        }

    def write_json(self, path: Path) -> None:
        """Write everything but the single cells."""
        content = {
            "source": self.source,
            "sha256": self.fingerprint,
            "outcome": str(self.outcome),
            **self.counts(),
        }
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")

    def write_errors(self, path: Path) -> None:
        """Write every refused cell by line, with what would let it in."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "column", "value", "reason", "remedy"])
            writer.writerows(self._error_rows())

    def _error_rows(self) -> Iterator[tuple[int, str, str, str, str]]:
        cells = self.refused_cells.sort("line", maintain_order=True)
        for line, column, value, reason in cells.iter_rows():
            yield line, column or "", _inert(value or ""), reason, REMEDIES[Reason(reason)]


def _inert(value: str) -> str:
    """Keep a spreadsheet from running a cell as a formula; numbers stay numbers."""
    if value[:1] in "=+-@\t\r" and value:
        try:
            float(value)
        except ValueError:
            return f"'{value}"
    return value
