"""Frames into tables by COPY."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
from psycopg import sql

ROWS_A_CHUNK = 50_000
# Text is always quoted, so this is never mistaken for a text of the same letters.
_NULL = "\\N"


def copy_frame(
    cursor: Any,
    table: str,
    frame: pl.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """COPY the frame's columns, in this order or all of them, into columns of the same names.

    cursor: of Django or psycopg, inside a transaction. Times must be UTC. progress is told of
    each chunk's rows. Raises what the database does; then nothing of it is kept.
    """
    names = list(columns or frame.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL {})").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names)), sql.Literal(_NULL)
    )
    with cursor.copy(statement) as copy:
        for chunk in frame.select(names).iter_slices(ROWS_A_CHUNK):
            copy.write(
                chunk.write_csv(
                    include_header=False,
                    null_value=_NULL,
                    quote_style="non_numeric",
                    datetime_format="%Y-%m-%dT%H:%M:%S%.6f+00",
                )
            )
            if progress is not None:
                progress(chunk.height)
