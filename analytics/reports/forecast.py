"""Forecast quality: how far forecasts were off as they stood, beside "same day last week".

The record is inventory's; while no forecast has come due, backtests of the newest ones are shown
and called so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Avg, Count, F, FloatField, Max, Q, QuerySet, Sum
from django.db.models.functions import Abs, Cast

from analytics.reports.panels import Field, Panel, Report, Row, Section, Table
from analytics.reports.sources import Sources
from inventory.models import ForecastAccuracy, InventoryPrediction
from techmart.lib import charts, formats
from techmart.lib.page_parts import AsOf

# Longer than the twelve hours between two runs of forecasts.
FRESH_SECONDS = 12 * 3600
WEEKS = 26
_NOTHING_DUE = "No forecast has come due yet"


@dataclass(frozen=True, slots=True)
class Scored:
    """Forecasts of some weeks or class. error, naive_error, bias: shares of units sold.

    coverage: share of outcomes inside the interval, 0 to 1.
    """

    forecasts: int
    units: float
    error: float | None
    naive_error: float | None
    bias: float | None
    coverage: float | None


def forecast_quality(sources: Sources) -> Report:
    """Return the tab. The window narrows which weeks count; the category, which products."""
    rows = _due(sources)
    weeks = _scores(rows, "first_day")
    classes = _scores(rows, "abc_class")
    as_of = AsOf(InventoryPrediction.objects.aggregate(at=Max("computed_at"))["at"], FRESH_SECONDS)
    record = (
        Section((_weekly(weeks, as_of), _by_class(sources, rows, classes, as_of)), "grid g-32")
        if weeks
        else Section((_by_class(sources, rows, classes, as_of),))
    )
    return Report("forecast", (), (record, Section((_backtests(sources, as_of),))), as_of)


def _due(sources: Sources) -> QuerySet[ForecastAccuracy]:
    """Return the forecasts whose outcome is known, of weeks in the half year before the end of
    the window; served by idx_accuracy_day.
    """
    last = sources.days[1]
    found = ForecastAccuracy.objects.filter(
        first_day__range=(last - timedelta(weeks=WEEKS), last), actual__isnull=False, censored=False
    )
    category = sources.scope.category
    return found.filter(product__category=category) if category else found


def _measures() -> dict[str, Any]:
    actual = Cast("actual", FloatField())
    return {
        "forecasts": Count("pk"),
        "units": Sum(actual),
        "missed": Sum(Abs(F("predicted") - actual)),
        "naive_missed": Sum(Abs(Cast("naive", FloatField()) - actual)),
        "surplus": Sum(F("predicted") - actual),
        "inside": Count("pk", filter=Q(actual__gte=F("low")) & Q(actual__lte=F("high"))),
    }


def _scores(rows: QuerySet[ForecastAccuracy], by: str) -> dict[Any, Scored]:
    found = rows.order_by(by).values(by).annotate(**_measures())
    return {row[by]: _scored(row) for row in found}


def _scored(row: dict[str, Any]) -> Scored:
    units = row["units"] or 0.0

    def share(value: float) -> float | None:
        return value / units if units else None

    return Scored(
        row["forecasts"],
        units,
        share(row["missed"] or 0.0),
        share(row["naive_missed"] or 0.0),
        share(row["surplus"] or 0.0),
        row["inside"] / row["forecasts"] if row["forecasts"] else None,
    )


def _weekly(weeks: dict[date, Scored], as_of: AsOf) -> Panel:
    names = [formats.day(day, year=False) for day in weeks]
    errors = [_percent(scored.error) for scored in weeks.values()]
    naive = [_percent(scored.naive_error) for scored in weeks.values()]
    known = any(value is not None for value in errors)
    chart = (
        charts.time_line(
            label="Forecast error by week",
            summary=f"{_written(errors[-1])} in the newest week.",
            x=names,
            series=[
                charts.Series("Forecast error", errors),
                charts.Series("Same day last week", naive, "kp", dashed=True, thin=True),
            ],
            format_value=_written,
            format_tick=_written,
        )
        if known and len(names) > 1
        else None
    )
    return Panel(
        key="forecast_error",
        title="Forecast error by week",
        metric="forecast_error",
        as_of=as_of,
        chart=chart,
        table=Table(
            [
                Field("week", "Week from", "day"),
                Field("forecasts", "Forecasts", "count"),
                Field("error", "Error", "rate"),
                Field("naive_error", "Same day last week", "rate"),
                Field("bias", "Bias", "points"),
                Field("coverage", "Inside 80%", "rate"),
            ],
            [Row((day, *_row(scored))) for day, scored in weeks.items()],
        ),
        url="/inventory/",
        url_label="Open inventory",
        aside="lower is better",
        empty=_NOTHING_DUE,
    )


def _by_class(
    sources: Sources,
    rows: QuerySet[ForecastAccuracy],
    classes: dict[str, Scored],
    as_of: AsOf,
) -> Panel:
    total = _scored(rows.aggregate(**_measures())) if classes else None
    return Panel(
        key="forecast_quality",
        title="Forecast quality by class",
        metric="forecast_quality",
        as_of=as_of,
        table=Table(
            [
                Field("class", "Class"),
                Field("forecasts", "Forecasts", "count"),
                Field("error", "Error", "rate"),
                Field("naive_error", "Same day last week", "rate"),
                Field("bias", "Bias", "points"),
                Field("coverage", "Inside 80%", "rate"),
            ],
            [
                Row((letter, *_row(scored)), url=f"/inventory/?abc={letter}")
                for letter, scored in classes.items()
            ],
            total=Row(("All", *_row(total))) if total else None,
        ),
        url="/inventory/",
        url_label="Open inventory",
        aside=_reach(sources),
        empty=_NOTHING_DUE,
        footer="" if classes else "The first ones come due a week after they were made.",
    )


def _row(scored: Scored) -> Sequence[Any]:
    return (scored.forecasts, scored.error, scored.naive_error, scored.bias, scored.coverage)


def _backtests(sources: Sources, as_of: AsOf) -> Panel:
    """Return what backtests say of the newest forecasts, by class, weighted by demand."""
    tested = InventoryPrediction.objects.filter(Q(skill__gt=0) | Q(coverage__gt=0))
    if sources.scope.category:
        tested = tested.filter(product__category=sources.scope.category)
    found = (
        tested.order_by("product__abc_class")
        .values("product__abc_class")
        .annotate(
            count=Count("pk"),
            demand=Sum("daily_mean", filter=Q(wape__isnull=False)),
            missed=Sum(F("daily_mean") * F("wape")),
            inside=Avg("coverage"),
            sure=Avg("confidence"),
        )
    )
    return Panel(
        key="backtest_quality",
        title="Backtest of the newest forecasts",
        metric="backtest_quality",
        as_of=as_of,
        table=Table(
            [
                Field("class", "Class"),
                Field("products", "Products", "count"),
                Field("error", "Error in backtest", "rate"),
                Field("coverage", "Inside 80%", "rate"),
                Field("confidence", "Mean confidence", "decimal"),
            ],
            [
                Row(
                    (
                        row["product__abc_class"] or "–",
                        row["count"],
                        row["missed"] / row["demand"] if row["demand"] else None,
                        row["inside"],
                        row["sure"],
                    )
                )
                for row in found
            ],
        ),
        url="/inventory/",
        url_label="Open inventory",
        aside=_reach(sources),
        empty="No forecasts yet",
    )


def _reach(sources: Sources) -> str:
    """Say that a store narrows no forecast: demand is forecast for the whole shop."""
    return "all stores" if sources.scope.store else ""


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _written(value: float | None) -> str:
    return formats.UNKNOWN if value is None else f"{formats.decimal(value)}%"
