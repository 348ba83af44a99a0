"""The four things a process needs or can do without, asked one by one. Nothing here raises."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader

from alerts.queues import QueueServerAway, queue_server
from techmart.lib.cache.backend import ping_cache

NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found about one part. needed: without it no page can be served."""

    key: str
    name: str
    ok: bool
    needed: bool
    detail: str
    milliseconds: float


def probe_all() -> list[Probe]:
    """Ask all parts: database, cache, queue, migrations."""
    return [
        _timed("database", "Database", _database, needed=True),
        # Pages are computed from the database, sales wait in the outbox: worse, not broken.
        _timed("cache", "Cache", _cache, needed=False),
        _timed("queue", "Queue", _queue, needed=False),
        _timed("migrations", "Migrations", _migrations, needed=True),
    ]


def _timed(key: str, name: str, ask: Callable[[], str], *, needed: bool) -> Probe:
    """Ask one part; `ask` returns what is wrong, or nothing."""
    began = time.perf_counter()
    wrong = ask()
    milliseconds = (time.perf_counter() - began) * 1000
    return Probe(key, name, not wrong, needed, wrong or "answers", milliseconds)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return NO_ANSWER
    return ""


def _cache() -> str:
    return "" if ping_cache() else NO_ANSWER


def _queue() -> str:
    try:
        queue_server()
    except QueueServerAway:
        return NO_ANSWER
    return ""


def _migrations() -> str:
    try:
        missing = len(known_migrations() - _applied_migrations())
    except (DatabaseError, InterfaceError):
        return "unknown: no answer from the database"
    return f"{missing} not applied" if missing else ""


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations that this code comes with; read from disk once a process."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations)


def _applied_migrations() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return set()
        cursor.execute("SELECT app, name FROM django_migrations")
        return {(app, name) for app, name in cursor.fetchall()}
