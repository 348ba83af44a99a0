"""Lists of integers reach PostgreSQL as psycopg would send them."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.adapt import PyFormat
from psycopg.types.array import ListDumper

from techmart.lib.guarded_postgres.integer_lists import IntegerListDumper

pytestmark = pytest.mark.django_db

LISTS: list[list[Any]] = [
    [1, 2, 3],
    [-(2**15), 2**15 - 1],
    [2**15],
    [-(2**15) - 1],
    [-(2**31), 2**31 - 1],
    [2**31],
    [-(2**31) - 1],
    [-(2**63), 2**63 - 1],
    [2**63],
    [-1],
    [1, None],
    [True, False],
    [[1, 2], [3, 4]],
    [1.5],
]


def read(values: list[Any], dumper: type[ListDumper], cursor: type[Any]) -> tuple[Any, ...]:
    """Return what PostgreSQL makes of a list, and what it takes it for."""
    with cursor(connection.connection) as own:
        own.adapters.register_dumper(list, dumper)
        found: tuple[Any, ...] = own.execute(
            "SELECT %s, pg_typeof(%s)::text", [values, values]
        ).fetchone()
        return found


@pytest.mark.parametrize("cursor", [psycopg.ClientCursor, psycopg.Cursor])
@pytest.mark.parametrize("values", LISTS, ids=repr)
def test_a_list_is_sent_as_psycopg_would(values: list[Any], cursor: type[Any]) -> None:
    connection.ensure_connection()

    assert read(values, IntegerListDumper, cursor) == read(values, ListDumper, cursor)


def test_lists_of_one_size_go_beside_those_with_gaps() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::int[], %s::int[], %s::int[], %s::int[]",
            [[1, 2], [3, None], [[4], [5]], [6]],
        )
        assert cursor.fetchone() == ([1, 2], [3, None], [[4], [5]], [6])


def test_django_sends_lists_so() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM unnest(%s::bigint[])", [list(range(10_000))])
        assert cursor.fetchone() == (10_000,)
        cursor.execute("SELECT cardinality(%s::bigint[])", [[]])
        assert cursor.fetchone() == (0,)
        dumper = cursor.connection.adapters.get_dumper(list, PyFormat.TEXT)
    assert dumper is IntegerListDumper
