"""Writing a whole table at once: what costs each row something is made when all rows are there."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.utils import CursorWrapper

# Keys go before indexes, and come after them. The primary key stays: others refer to it.
_KEYS = """
SELECT quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('u', 'f')
ORDER BY oid
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid = %s::regclass
    AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = indexrelid)
ORDER BY indexrelid
"""
# Of this session alone. Two tables of a server that is thrown away are written, then indexed.
_SETTINGS = ("maintenance_work_mem = '512MB'", "synchronous_commit = off")


@contextmanager
def bare_tables(cursor: CursorWrapper, *tables: str) -> Iterator[None]:
    """Take triggers, foreign keys and all indexes but the primary key from tables for a while.

    At the end the tables have the same as before, and every row obeys its keys: a row that does
    not raises IntegrityError. Within a transaction, so that an error leaves the tables as they
    were.
    """
    for setting in _SETTINGS:
        cursor.execute(f"SET LOCAL {setting}")
    again = []
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(_KEYS, [table])
        keys = cursor.fetchall()
        for name, _ in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        cursor.execute(_INDEXES, [table])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        again += [definition for _, definition in indexes]
        again += [f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}" for name, text in keys]
        again.append(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    yield
    # Keys look across tables, and the planner should know by then how large these are.
    for table in tables:
        cursor.execute(f"ANALYZE {table}")
    for statement in again:
        cursor.execute(statement)
