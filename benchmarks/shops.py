"""The two shops that are measured: made and filled, or found as an earlier run left them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import psycopg
from psycopg.conninfo import make_conninfo

from techmart.embedded.folders import REPOSITORY


def make_shop(server: str, name: str, *, days: int, scale: float, own_server: bool) -> str:
    """Make and fill a database beside the server's own; return its address.

    One of that name is replaced. own_server: whether its settings may be changed meanwhile.
    """
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    url = make_conninfo(server, dbname=name)
    print(f"Filling {days:,} days of sales.", flush=True)
    with _room_for_log(server) if own_server else nullcontext():
        subprocess.run(
            [sys.executable, "-m", "benchmarks.fill", str(days), str(scale)],
            cwd=REPOSITORY,
            env={**os.environ, "DATABASE_URL": url},
            check=True,
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"COMMENT ON DATABASE {name} IS '{_mark(days, scale)}'")
    return url


def find_shop(server: str, name: str, *, days: int, scale: float) -> str:
    """Return the address of a database that `make_shop` filled to the end in this size.

    Raises SystemExit, with what to do, when there is none.
    """
    with psycopg.connect(server) as connection:
        found = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        ).fetchone()
    if found is None or found[0] != _mark(days, scale):
        held = found[0] if found and found[0] else "no whole shop"
        raise SystemExit(
            f"--filled: {name} holds {held}, not {_mark(days, scale)}. "
            "Set BENCH_SCALE to what it was filled with, or fill it anew without --filled."
        )
    return make_conninfo(server, dbname=name)


def _mark(days: int, scale: float) -> str:
    return f"{days} days at scale {scale:g}"


@contextmanager
def _room_for_log(server: str) -> Iterator[None]:
    """Let a server of our own write for long between checkpoints, and have it as before after."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            connection.execute("ALTER SYSTEM RESET max_wal_size")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CHECKPOINT")
