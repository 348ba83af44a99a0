"""The tests themselves run on real servers of their own."""

import pytest
from django.core.cache import cache
from django.db import connection


@pytest.mark.django_db
def test_the_database_is_postgresql_in_a_database_of_this_run() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('server_version_num')::int")
        name, version = cursor.fetchone()

    assert name.startswith("test_techmart_")
    assert version >= 150_000


def test_the_cache_keeps_what_it_is_given() -> None:
    cache.set("plugin", "kept", 5)

    assert cache.get("plugin") == "kept"
