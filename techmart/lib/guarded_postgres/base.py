"""Django's backend for PostgreSQL, with two things more.

A pool that makes one request wait for a database that is away, and not all of them. A pool waits
for a connection before it gives up. While the server is away every thread of the process would
wait so, the probes' too, and the process would look dead.

Prepared statements, for the few that run with every sale: planning them takes longer than running
them. Django binds values on the client, so that the server sees another text each time and plans
it anew.
"""

from typing import Any
from weakref import WeakKeyDictionary

from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from django.utils.asyncio import async_unsafe
from psycopg import Cursor, OperationalError, adapters
from psycopg.adapt import AdaptersMap
from psycopg.types.array import ListDumper
from psycopg.types.numeric import Int8Dumper

from techmart.lib.cache.breaker import CircuitBreaker
from techmart.lib.guarded_postgres import integer_lists

# Longer than the pool's own time-out: at most one thread waits at any time.
PAUSE_SECONDS = 3.0
# A connection prepares a statement when it runs it once more than so often.
PREPARE_AFTER = 2
# One plan for all values. Left to choose, the server takes a list of unknown length for ten
# values and goes on planning for each; `tests/indexes` holds these plans to their indexes.
_ONE_PLAN = "-c plan_cache_mode=force_generic_plan"

# Django's connections take a copy of psycopg's own.
adapters.register_dumper(list, integer_lists.IntegerListDumper)

_adapters: WeakKeyDictionary[Any, AdaptersMap] = WeakKeyDictionary()
_breakers: dict[str, CircuitBreaker] = {}


def breaker_of(alias: str) -> CircuitBreaker:
    """Return what all threads of this process know about one database."""
    return _breakers.setdefault(alias, CircuitBreaker("database", pause_seconds=PAUSE_SECONDS))


class PreparedCursor(Cursor[Any]):
    """Binds values on the server. A connection prepares what comes again, whatever its values."""

    @property
    def adapters(self) -> AdaptersMap:
        """Return how values are written: integers as bigint, made once a connection.

        By their size they would be of three types, and each a statement of its own.
        """
        found = _adapters.get(self.connection)
        if found is None:
            found = _adapters[self.connection] = AdaptersMap(self.connection.adapters)
            found.register_dumper(int, Int8Dumper)
            found.register_dumper(list, ListDumper)
        return found


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, which keeps the text of prepared statements too when statements are logged."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """Return a statement with its values, or as much of it as there is."""
        if isinstance(cursor, PreparedCursor):
            with_values: str = self.compose_sql(sql, params)
            return with_values
        found: str = super().last_executed_query(cursor, sql, params)
        return found


class DatabaseWrapper(base.DatabaseWrapper):
    """Refuses connections for a moment after one could not be had; without a pool as Django's."""

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """Return how to connect: as Django does, and prepared statements are kept."""
        params: dict[str, Any] = super().get_connection_params()
        params["prepare_threshold"] = PREPARE_AFTER
        params["options"] = f"{params.get('options', '')} {_ONE_PLAN}".strip()
        return params

    @async_unsafe
    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor whose statements are planned once a connection, for all values.

        Values are bound by the server: give parameters that stand alone in a SELECT a type.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = PreparedCursor(self.connection)
            wrapped: CursorWrapper = self._prepare_cursor(cursor)  # type: ignore[attr-defined]  # not in stubs
            return wrapped

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
