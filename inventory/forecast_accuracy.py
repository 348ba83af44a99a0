"""How past forecasts turned out: kept as they stood, scored when their days are over, summed up.

A seventh of the range is kept each night, so that every product is once a week and every day has
forecasts that begin on it. What the shelf could not serve is not counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Count, F, FloatField, Q, QuerySet, Sum
from django.db.models.functions import Abs, Cast
from django.utils import timezone

from inventory.models import ForecastAccuracy

DAYS = 7
# Longer ago says nothing of the forecasts of today.
KEPT_DAYS = 365
_KEEP = """
INSERT INTO forecast_accuracy (product_id, first_day, model, abc_class, demand_class, confidence,
    predicted, low, high, naive, actual, censored)
SELECT p.id, %(today)s, f.model, p.abc_class, p.demand_class, f.confidence,
    7 * f.daily_mean, (f.quantiles #>> '{7,0.1}')::float8, (f.quantiles #>> '{7,0.9}')::float8,
    coalesce((
        SELECT sum(d.demand_units) FROM product_daily d
        WHERE d.product_id = p.id AND d.day >= %(today)s::date - 7 AND d.day < %(today)s
    ), 0),
    NULL, false
FROM inventory_predictions f JOIN products p ON p.id = f.product_id
WHERE p.active AND p.id %% 7 = %(part)s AND f.computed_at >= %(since)s AND f.quantiles ? '7'
ON CONFLICT (product_id, first_day) DO NOTHING
"""
# Stock in the order in which things happened, as in planner/stockouts.py; a shelf that was empty
# all week has no entry in it.
_SCORE = """
UPDATE forecast_accuracy AS a
SET actual = coalesce((
        SELECT sum(d.demand_units) FROM product_daily d
        WHERE d.product_id = a.product_id AND d.day >= a.first_day AND d.day < a.first_day + 7
    ), 0),
    censored = EXISTS (
        SELECT 1 FROM (
            SELECT m.occurred_at, sum(m.quantity) OVER ledger AS stock,
                lead(m.occurred_at) OVER ledger AS until
            FROM stock_movements m
            WHERE m.product_id = a.product_id
                AND m.occurred_at < (a.first_day + 7)::timestamp AT TIME ZONE %(zone)s
            WINDOW ledger AS (ORDER BY m.occurred_at, m.id)
        ) AS shelf
        WHERE stock = 0
            AND (until IS NULL OR until > a.first_day::timestamp AT TIME ZONE %(zone)s)
    )
WHERE a.actual IS NULL AND a.first_day >= %(oldest)s AND a.first_day <= %(newest)s
"""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Forecasts of seven days and what came, over some products and days.

    label: what they have in common. forecasts: how many. units: asked for. wape: Σ|error| / Σ
    units, naive_wape: that of the same weekdays a week before; bias: Σ(forecast − units) / Σ
    units; coverage: share of outcomes in the interval that four in five should meet. Shares are
    None where nothing was asked for, or nothing is known.
    """

    label: str
    forecasts: int
    units: int
    wape: float | None
    naive_wape: float | None
    bias: float | None
    coverage: float | None

    @property
    def better_than_naive(self) -> float | None:
        """Share of the naive rule's error that the forecast saves; None when unknown."""
        if not self.naive_wape or self.wape is None:
            return None
        return 1 - self.wape / self.naive_wape


@transaction.atomic
def keep_and_score_forecasts(*, now: datetime) -> tuple[int, int]:
    """Keep tonight's part of the forecasts, score those whose days are over, drop the oldest.

    Only predictions made today are kept: older ones do not begin today. Returns how many
    were kept and scored. A second run on the same day changes nothing.
    """
    today = timezone.localdate(now)
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            {
                "today": today,
                "part": today.toordinal() % DAYS,
                "since": datetime.combine(today, time.min, timezone.get_default_timezone()),
            },
        )
        kept = cursor.rowcount
        cursor.execute(
            _SCORE,
            {
                "oldest": today - timedelta(days=KEPT_DAYS),
                "newest": today - timedelta(days=DAYS),
                "zone": timezone.get_default_timezone_name(),
            },
        )
        scored = cursor.rowcount
    ForecastAccuracy.objects.filter(first_day__lt=today - timedelta(days=KEPT_DAYS)).delete()
    return kept, scored


def scored_forecasts(first_day: date, last_day: date) -> QuerySet[ForecastAccuracy]:
    """Return forecasts that began in a period and are over, without those of empty shelves."""
    return ForecastAccuracy.objects.filter(
        first_day__gte=first_day, first_day__lte=last_day, actual__isnull=False, censored=False
    )


def accuracy_by(forecasts: QuerySet[ForecastAccuracy], by: str = "abc_class") -> Sequence[Accuracy]:
    """Sum up forecasts by one of their columns: a row each, by its value; one query.

    by: "abc_class", "demand_class", "model", "first_day" or "product__category".
    """
    error = Abs(F("predicted") - F("actual"), output_field=FloatField())
    naive_error = Abs(Cast(F("naive") - F("actual"), FloatField()))
    rows = (
        forecasts.order_by()
        .values(label=F(by))
        .annotate(
            forecasts=Count("pk"),
            units=Sum("actual"),
            error=Sum(error),
            naive_error=Sum(naive_error),
            said=Sum("predicted"),
            inside=Count("pk", filter=Q(actual__gte=F("low"), actual__lte=F("high"))),
        )
        .order_by("label")
    )
    return [
        Accuracy(
            label=str(row["label"]),
            forecasts=row["forecasts"],
            units=row["units"],
            wape=_share(row["error"], row["units"]),
            naive_wape=_share(row["naive_error"], row["units"]),
            bias=_share(row["said"] - row["units"], row["units"]),
            coverage=_share(row["inside"], row["forecasts"]),
        )
        for row in rows
    ]


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
