"""Fill the database of DATABASE_URL with a synthetic shop: `python -m benchmarks.fill DAYS SCALE`.

A process of its own for each shop, because Django's settings name one database.
"""

import sys

import django
from django.core.management import call_command


def fill(*, days: int, scale: float) -> None:
    """Migrate, fill, fold everything, find patterns, and let the planner know."""
    from django.db import connection, transaction
    from django.utils import timezone

    from analytics.patterns import analyze_customer_patterns
    from analytics.refresh import refresh_all_views
    from analytics.rollups.rebuilding import rebuild_rollups
    from benchmarks.bulk import bare_tables
    from benchmarks.sizes import shop_size
    from benchmarks.synthetic import BASE, CREATE_PICK

    call_command("migrate", verbosity=0, interactive=False)
    now = timezone.now()
    values = shop_size(days=days, scale=scale).parameters(now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CREATE_PICK)
        with bare_tables(cursor, "transactions", "adjustments"):
            for statement in BASE:
                cursor.execute(statement, values)
        for table in ("suppliers", "products", "customers", "transactions", "adjustments"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rebuild_rollups(now=now)
    analyze_customer_patterns(now=now)
    refresh_all_views(now=now, triggered_by="benchmark")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    django.setup()
    fill(days=int(sys.argv[1]), scale=float(sys.argv[2]))
