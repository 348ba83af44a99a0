"""Databases of versions before the first release, which cannot be brought up to date."""

from django.db import connection
from django.db.migrations.loader import MigrationLoader


def is_of_earlier_version() -> bool:
    """Say whether the database has a part of what a squashed migration stands for.

    The whole of it counts as done, none of it is run; with a part, tables would be made twice.
    """
    loader = MigrationLoader(connection, replace_migrations=False)
    for migration in (loader.disk_migrations or {}).values():
        done = {earlier in loader.applied_migrations for earlier in migration.replaces}
        if done == {True, False}:
            return True
    return False
