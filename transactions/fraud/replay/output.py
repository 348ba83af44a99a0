"""Scores of a replay as lines of a CSV file."""

import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from transactions.fraud.columns import CODES
from transactions.fraud.frame import Floats
from transactions.fraud.scoring import Scores

COLUMNS = ("transaction_id", "fraud_score", "is_suspicious", "contributions")


class ScoresFile:
    """Writes scores stretch by stretch; the file appears under its name once it is complete."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f".{path.name}.partial")

    def __enter__(self) -> Self:
        self._out = self._partial.open("wb")
        self._out.write((",".join(COLUMNS) + "\n").encode())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._out.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink()

    def write(self, transaction_id: pl.Series, scores: Scores, chosen: slice) -> None:
        """Write some of a stretch's lines. transaction_id: of those."""
        frame = pl.DataFrame(
            {
                "transaction_id": transaction_id,
                "fraud_score": scores.fraud_score[chosen],
                "is_suspicious": scores.is_suspicious[chosen],
                "contributions": list(contributions_json(scores.contributions[chosen])),
            }
        )
        frame.write_csv(self._out, include_header=False)


def contributions_json(contributions: Floats) -> Iterable[str]:
    """Return what is not zero of each row by its code, in log-odds; the base always."""
    texts: dict[bytes, str] = {}
    for row in contributions:
        key = row.tobytes()
        text = texts.get(key)
        if text is None:
            parts = dict(zip(("base", *CODES), row.tolist(), strict=True))
            text = json.dumps({c: part for c, part in parts.items() if part or c == "base"})
            texts[key] = text
        yield text
