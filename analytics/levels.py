"""Readings of levels: how much waited and was short at the end of each hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Sum

from analytics.models import LevelReading
from inventory.models import Product
from transactions.models import Transaction

# Two years of hours: as far back as a page compares.
KEPT_FOR = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Levels:
    """Lines held for review with their amount, products at their reorder point, products out."""

    held: int
    held_amount: Decimal
    low: int
    out: int


def current_levels() -> Levels:
    """Return the levels of this moment, each by the predicate of the list behind it."""
    held = (
        Transaction.objects.awaiting_review()
        .order_by()
        .aggregate(count=Count("pk"), amount=Sum("total_amount"))
    )
    return Levels(
        held=held["count"],
        held_amount=held["amount"] or Decimal("0"),
        low=Product.objects.low().order_by().count(),
        out=Product.objects.filter(active=True, stock_quantity__lte=0).count(),
    )


def record_levels(*, now: datetime) -> LevelReading:
    """Write this hour's reading over its earlier ones; safe at any rate."""
    levels = current_levels()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO level_readings (hour, held, held_amount, low, out)
            VALUES (date_trunc('hour', %s::timestamptz, shop_time_zone()), %s, %s, %s, %s)
            ON CONFLICT (hour) DO UPDATE SET held = EXCLUDED.held,
                held_amount = EXCLUDED.held_amount, low = EXCLUDED.low, out = EXCLUDED.out
            RETURNING hour
            """,
            [now, levels.held, levels.held_amount, levels.low, levels.out],
        )
        hour = cursor.fetchone()[0]
    return LevelReading(
        hour=hour,
        held=levels.held,
        held_amount=levels.held_amount,
        low=levels.low,
        out=levels.out,
    )


def purge_old_readings(*, now: datetime) -> int:
    """Remove readings past their retention; return how many."""
    removed, _ = LevelReading.objects.filter(hour__lt=now - KEPT_FOR).delete()
    return removed
