"""Databases that migrations cannot bring up to date."""

from collections.abc import Sequence

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from techmart.supervisor.earlier_schema import is_of_earlier_version

pytestmark = pytest.mark.django_db


def several() -> Sequence[tuple[str, str]]:
    """Return what one of the squashed migrations stands for."""
    migrations = MigrationLoader(connection).disk_migrations
    assert migrations
    return max((each.replaces for each in migrations.values()), key=len)


def test_a_database_with_all_that_was_squashed_goes_on() -> None:
    recorder = MigrationRecorder(connection)
    for app, name in several():
        recorder.record_applied(app, name)

    assert not is_of_earlier_version()


def test_a_database_with_a_part_of_it_cannot() -> None:
    recorder = MigrationRecorder(connection)
    for app, name in several():
        recorder.record_unapplied(app, name)
    assert not is_of_earlier_version()

    recorder.record_applied(*several()[0])

    assert is_of_earlier_version()
