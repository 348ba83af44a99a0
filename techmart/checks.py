"""System checks of the deployment as a whole."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

# Connections of the processes that hold no pool: live, two workers with two children each,
# beat, a loader or replay, and a command at the prompt.
UNPOOLED_CONNECTIONS = 12


@register(Tags.database)
def connections_fit(databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """The pools of all web processes and the rest must fit the server's max_connections.

    Runs with `migrate` and `check --database default`, which may reach the server.
    """
    if not databases:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        allowed = int(cursor.fetchone()[0])
        cursor.execute("SHOW superuser_reserved_connections")
        reserved = int(cursor.fetchone()[0])
    wanted = settings.WEB_PROCESSES * settings.DATABASE_POOL_SIZE + UNPOOLED_CONNECTIONS
    if wanted <= allowed - reserved:
        return []
    return [
        Error(
            f"{settings.WEB_PROCESSES} web process(es) with a pool of "
            f"{settings.DATABASE_POOL_SIZE} and {UNPOOLED_CONNECTIONS} other connections make "
            f"{wanted}; the server allows {allowed - reserved}.",
            hint="Lower DATABASE_POOL_SIZE or WEB_PROCESSES, or raise max_connections.",
            id="techmart.E001",
        )
    ]
