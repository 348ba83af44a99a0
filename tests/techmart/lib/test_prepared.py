"""Prepared statements: planned once a connection, for all values, and answered as any other."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from techmart.lib.guarded_postgres.base import PREPARE_AFTER
from techmart.lib.prepared import prepared_cursor

pytestmark = pytest.mark.django_db

_ECHO = (
    "SELECT %(n)s::bigint + 1, %(words)s::text[], %(numbers)s::bigint[], %(at)s, %(nothing)s::text"
)


def echo(n: int, numbers: list[int]) -> tuple[Any, ...]:
    values: dict[str, Any] = {
        "n": n,
        "words": ["a'b", None],
        "numbers": numbers,
        "at": datetime(2026, 11, 24, tzinfo=UTC),
        "nothing": None,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_ECHO, values)
        prepared: tuple[Any, ...] = cursor.fetchone()
    with connection.cursor() as cursor:
        cursor.execute(_ECHO, values)
        assert prepared == cursor.fetchone()
    return prepared


def plans() -> list[tuple[int, int]]:
    """Return how often each prepared statement was planned for all values, and for some."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements "
            "WHERE statement LIKE '%%::bigint + 1%%' AND NOT from_sql",
            [],
        )
        rows: list[tuple[int, int]] = cursor.fetchall()
    return rows


def test_one_plan_serves_integers_of_every_size() -> None:
    for n in (1, 70_000, 2**40, -1):
        for numbers in ([1], [70_000], [2**40, 5], []):
            assert echo(n, numbers)[:3] == (n + 1, ["a'b", None], numbers)

    # An empty list has no type of its own.
    assert len(plans()) == 2
    assert sum(generic for generic, _ in plans()) == 16 - 2 * PREPARE_AFTER
    assert all(custom == 0 for _, custom in plans())


def test_its_statements_are_seen_and_its_errors_are_djangos() -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(PREPARE_AFTER + 2):
            with prepared_cursor() as cursor:
                cursor.execute("SELECT %s::bigint", [7])
    assert {query["sql"] for query in queries} == {"SELECT 7::bigint"}

    with pytest.raises(DataError), prepared_cursor() as cursor:
        cursor.execute("SELECT 1 / %s::bigint", [0])


def test_a_rollback_forgets_them_and_they_are_prepared_anew() -> None:
    for _ in range(PREPARE_AFTER + 1):
        echo(1, [1])
    assert plans()
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        cursor.execute("ROLLBACK TO SAVEPOINT before")

    for _ in range(PREPARE_AFTER + 1):
        echo(1, [1])
    assert len(plans()) == 1
