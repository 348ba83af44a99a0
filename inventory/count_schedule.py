"""Which products are due to be counted, and which differences a second person looks at."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection

from inventory.choices import AbcClass

# A difference of so few units is a slip of the hand, whatever share it is.
FEW_UNITS = 3


@dataclass(frozen=True, slots=True)
class DueCounts:
    """Products of one class. every_days: how often each is counted. never: not counted yet.

    a_day: how many to count each day to keep up.
    """

    abc_class: AbcClass
    every_days: int
    products: int
    due: int
    never: int

    @property
    def a_day(self) -> int:
        """Products to count each day so that all are counted in time, rounded up."""
        return -(-self.products // self.every_days)


def count_every_days(abc_class: str) -> int:
    """Return after how many days a product of a class is due again."""
    days: dict[str, int] = settings.COUNT_EVERY_DAYS
    return days[abc_class]


def needs_second_person(difference: int, *, booked_units: int, unit_cost: Decimal) -> bool:
    """Say whether a difference is too large for one person: in money, or in units.

    Above COUNT_LIMIT_VALUE at cost; or more than FEW_UNITS and above COUNT_LIMIT_SHARE of what
    was booked.
    """
    units = abs(difference)
    if units * unit_cost > settings.COUNT_LIMIT_VALUE:
        return True
    return units > FEW_UNITS and units > settings.COUNT_LIMIT_SHARE * booked_units


# idx_counts_product gives each product's newest count.
_NEWEST = """
FROM products p
LEFT JOIN LATERAL (
    SELECT counted_at FROM stock_counts c
    WHERE c.product_id = p.id ORDER BY counted_at DESC LIMIT 1
) AS last ON true
WHERE p.active
"""
_DUE = f"""
SELECT p.abc_class, count(*),
    count(*) FILTER (
        WHERE coalesce(last.counted_at, '-infinity')
            <= (%(limits)s::jsonb ->> p.abc_class)::timestamptz
    ),
    count(*) FILTER (WHERE last.counted_at IS NULL)
{_NEWEST} GROUP BY p.abc_class
"""
# Never counted first, then the longest ago; among these what ties up most money.
_NEXT = f"""
SELECT p.id {_NEWEST}
    AND p.abc_class = %(abc)s AND coalesce(last.counted_at, '-infinity') <= %(limit)s
    AND NOT EXISTS (
        SELECT 1 FROM count_lines l WHERE l.product_id = p.id AND l.state <> 'posted'
    )
ORDER BY last.counted_at NULLS FIRST, p.stock_quantity * p.unit_cost DESC, p.id
LIMIT %(size)s
"""


def due_counts(*, now: datetime) -> list[DueCounts]:
    """Return what is due of each class, A first; one query."""
    limits = {
        value: (now - timedelta(days=count_every_days(value))).isoformat()
        for value in AbcClass.values
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"limits": json.dumps(limits)})
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    return [
        DueCounts(abc, count_every_days(abc), *found.get(abc.value, (0, 0, 0))) for abc in AbcClass
    ]


def next_to_count(abc_class: AbcClass, *, size: int, now: datetime) -> list[int]:
    """Return the products of a class that are most overdue and on no open sheet, by key."""
    limit = now - timedelta(days=count_every_days(abc_class))
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"abc": abc_class.value, "limit": limit, "size": size})
        return [row[0] for row in cursor.fetchall()]
