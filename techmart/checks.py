"""System checks of the deployment as a whole."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
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


@register(Tags.security, deploy=True)
def webhooks_stay_outside(**_kwargs: Any) -> list[CheckMessage]:
    """Say that people who set up channels reach what only this server reaches."""
    if not settings.WEBHOOK_PRIVATE_HOSTS:
        return []
    return [
        CheckWarning(
            "Webhooks may reach this machine and its network, by plain http, too.",
            hint="Unset WEBHOOK_PRIVATE_HOSTS unless a receiver runs there.",
            id="techmart.W002",
        )
    ]


@register(Tags.security, deploy=True)
def pseudonyms_outlive_the_secret_key(**_kwargs: Any) -> list[CheckMessage]:
    """A secret key that was rotated must not have taken the key of cards and addresses with it."""
    if not settings.SECRET_KEY_FALLBACKS or settings.PSEUDONYM_KEY != settings.SECRET_KEY:
        return []
    return [
        CheckWarning(
            "SECRET_KEY was rotated (SECRET_KEY_FALLBACKS is set) and PSEUDONYM_KEY follows it: "
            "cards and addresses seen before are strangers now.",
            hint="Set PSEUDONYM_KEY to the SECRET_KEY under which they were recorded.",
            id="techmart.W001",
        )
    ]
