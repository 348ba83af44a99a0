"""Lines judged step by step: what is refused, and what still stands."""

import polars as pl

from transactions.importing.reading import LINE, TextTable
from transactions.importing.refusals import Reason, no_refusals


class Judgement:
    """Refusals of one file, in the order in which they were found."""

    def __init__(self, table: TextTable, columns: dict[str, str]) -> None:
        self._columns = columns
        self._refused = [no_refusals(), table.refused]

    def add(self, refused: pl.DataFrame) -> None:
        """Take refused cells, named by field."""
        self._refused.append(refused)

    def refuse(self, frame: pl.DataFrame, mask: pl.Expr, field: str, reason: Reason) -> None:
        """Refuse the lines of a frame for which the mask is true, showing what one field has."""
        value = pl.col(field).cast(pl.String) if field in frame.columns else pl.lit("")
        self.add(
            frame.filter(mask).select(
                pl.col(LINE), column=pl.lit(field), value=value, reason=pl.lit(str(reason))
            )
        )

    def refuse_missing(self, frame: pl.DataFrame, field: str) -> None:
        """Refuse lines whose cell of a field is empty."""
        self.refuse(frame, pl.col(field).is_null(), field, Reason.MISSING)

    def standing(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the lines of a frame that nothing was found against."""
        refused = pl.concat([part.select(LINE) for part in self._refused])
        return frame.join(refused, on=LINE, how="anti", maintain_order="left")

    def refusals(self) -> pl.DataFrame:
        """Return every bad cell so far, with the file's own names of columns."""
        return pl.concat(self._refused).with_columns(pl.col("column").replace(self._columns))
