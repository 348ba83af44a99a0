"""A pool that makes one request wait for a database that is away, and not all of them.

A pool waits for a connection before it gives up. While the server is away every thread of the
process would wait so, the probes' too, and the process would look dead.
"""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError, adapters

from techmart.lib.cache.breaker import CircuitBreaker
from techmart.lib.guarded_postgres import integer_lists

# Longer than the pool's own time-out: at most one thread waits at any time.
PAUSE_SECONDS = 3.0

# Django's connections take a copy of psycopg's own.
adapters.register_dumper(list, integer_lists.IntegerListDumper)

_breakers: dict[str, CircuitBreaker] = {}


def breaker_of(alias: str) -> CircuitBreaker:
    """Return what all threads of this process know about one database."""
    return _breakers.setdefault(alias, CircuitBreaker("database", pause_seconds=PAUSE_SECONDS))


class DatabaseWrapper(base.DatabaseWrapper):
    """Refuses connections for a moment after one could not be had; without a pool as Django's."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection. Raises psycopg's OperationalError when none can be had."""
        if not self.settings_dict["OPTIONS"].get("pool"):
            return super().get_new_connection(conn_params)
        breaker = breaker_of(self.alias)
        if not breaker.allows():
            raise OperationalError("the database did not answer a moment ago")
        try:
            connection = super().get_new_connection(conn_params)
        except OperationalError as error:
            breaker.failed(error)
            raise
        breaker.succeeded()
        return connection
