"""Retention: how many customers of each cohort ordered in each month since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.utils import timezone

from analytics.models import CohortMonth

# The running month and eleven before: their customers all have a purchase pattern of 365 days.
MONTHS = 12

_COUNT = """
INSERT INTO cohort_months (cohort_month, month, customers)
SELECT date_trunc('month', s.first_order_at AT TIME ZONE shop_time_zone())::date, a.month, count(*)
FROM (
    SELECT DISTINCT t.customer_id,
        date_trunc('month', t.completed_at AT TIME ZONE shop_time_zone())::date AS month
    FROM transactions t
    WHERE t.customer_id IS NOT NULL AND t.completed_at < %(as_of)s
        AND t.completed_at >= %(since)s::timestamp AT TIME ZONE shop_time_zone()
) a
JOIN customer_stats s ON s.customer_id = a.customer_id
WHERE s.first_order_at >= %(since)s::timestamp AT TIME ZONE shop_time_zone()
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers who began in one month. retention: shares, 0 to 1, of months 0, 1, … since."""

    month: date
    size: int
    retention: Sequence[float]


@transaction.atomic
def count_cohorts(*, now: datetime) -> None:
    """Count the newest cohorts anew."""
    since = months_back(timezone.localdate(now), MONTHS - 1)
    CohortMonth.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"since": since, "as_of": now})


def cohorts(*, today: date) -> list[Cohort]:
    """Return the cohorts counted, the oldest first, each up to the running month."""
    counts = {(row.cohort_month, row.month): row.customers for row in CohortMonth.objects.all()}
    found = []
    for cohort in sorted({cohort for cohort, _ in counts}):
        size = counts.get((cohort, cohort), 0)
        months = [months_on(cohort, step) for step in range(MONTHS)]
        found.append(
            Cohort(
                cohort,
                size,
                [counts.get((cohort, month), 0) / size for month in months if month <= today],
            )
        )
    return found


def months_back(day: date, months: int) -> date:
    """Return the first day of the month so many months before a day's own."""
    return months_on(day.replace(day=1), -months)


def months_on(first: date, months: int) -> date:
    """Return the first day of the month so many months after a month."""
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
