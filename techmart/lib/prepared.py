"""Cursors for the few statements that run with every sale, which are planned once a connection."""

from typing import cast

from django.db import connection
from django.db.backends.utils import CursorWrapper

from techmart.lib.guarded_postgres.base import DatabaseWrapper


def prepared_cursor() -> CursorWrapper:
    """Return a cursor of the default database; see `DatabaseWrapper.prepared_cursor`."""
    return cast(DatabaseWrapper, connection).prepared_cursor()
