"""Rows by COPY into a temporary table, for statements that write them all at once."""

from collections.abc import Iterable
from typing import Any

from django.db import connection


def stage(table: str, columns: dict[str, str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Fill a new temporary table that the transaction's end removes.

    table, columns: names and types from code, never from a person; the first is the key that
    statements join by, and the only one worth counting: others may be long texts.
    """
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({listed}) ON COMMIT DROP")
        with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"ANALYZE {table} ({next(iter(columns))})")
