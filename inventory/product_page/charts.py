"""The charts of a product's page: demand with its forecast, and stock."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from inventory.forecasting.overrides import overridden
from inventory.models import InventoryPrediction, StockMovement
from inventory.paths import product_path
from inventory.planner.overrides import as_override
from inventory.planner.words import method_label
from inventory.product_page.course import (
    AHEAD_DAYS,
    BAND_LEVELS,
    rolling_forecast,
    run_down,
    stock_by_day,
)
from inventory.product_page.view import HISTORY_DAYS, HORIZONS, ProductView, weekday
from techmart.lib import formats
from techmart.lib.charts import Chart, Reference, Series, forecast, time_line
from techmart.lib.page_parts import Link

STOCK_DAYS = 56
# Sales that a first forecast needs.
FIRST_FORECAST_DAYS = 28


def forecast_context(view: ProductView, horizon: int) -> dict[str, Any]:
    """Return the demand panel: its chart, or from when there will be one.

    horizon: one of HORIZONS, days.
    """
    prediction = view.prediction
    if prediction is None:
        first = view.first_sold_on
        due = first + timedelta(days=FIRST_FORECAST_DAYS) if first else None
        return {
            "forecast_chart": None,
            "forecast_from": due if due and due > view.today else None,
            "forecast_note": _until_then(view, due),
            "horizons": [],
        }
    return {
        "forecast_chart": _forecast_chart(view, prediction, horizon),
        "forecast_note": _forecast_note(prediction),
        "forecast_from": None,
        "horizons": [
            Link(f"{days} d", _address(view, days), current=days == horizon) for days in HORIZONS
        ],
    }


def _address(view: ProductView, days: int) -> str:
    path = product_path(view.product.sku)
    return path if days == HORIZONS[0] else f"{path}?h={days}"


def _until_then(view: ProductView, due: date | None) -> str:
    if due is None:
        return "It starts with the first sale."
    if due > view.today:
        return "Until then the category's mean is used."
    return "The next run of predictions brings it."


def _forecast_chart(view: ProductView, prediction: InventoryPrediction, horizon: int) -> Chart:
    span = HISTORY_DAYS + horizon - 1
    first = view.today - timedelta(days=span)
    daily = [
        None
        if view.first_sold_on is None or day < view.first_sold_on
        else (view.days[day].demand_units if day in view.days else 0)
        for day in (first + timedelta(days=i) for i in range(span))
    ]
    stored = prediction.quantiles.get(str(horizon), {})
    means = _means_ahead(view, prediction)
    course = rolling_forecast(
        daily,
        means=means,
        quantiles={level: stored[str(level)] for level in BAND_LEVELS if str(level) in stored},
        days=horizon,
    )
    mean = formats.decimal(sum(means[:horizon]))
    low, high = stored.get("0.1"), stored.get("0.9")
    likely = (
        f", in 4 of 5 cases {formats.count(low)} to {formats.count(high)}"
        if low is not None and high is not None
        else ""
    )
    return forecast(
        label=f"Units asked for in {horizon} days, and forecast",
        summary=f"The next {horizon} days are expected to bring {mean} units{likely}.",
        x=_day_names(view.today - timedelta(days=HISTORY_DAYS), HISTORY_DAYS + AHEAD_DAYS),
        history=course.history[-HISTORY_DAYS:],
        expected=course.expected,
        quantiles=course.quantiles,
        format_value=formats.decimal,
        note=f"Each point is the sum of the {horizon} days up to it.",
    )


def _means_ahead(view: ProductView, prediction: InventoryPrediction) -> list[float]:
    """Return the predicted units of each day ahead, planners' words included."""
    week = prediction.days.get("mean")
    if not week:
        return [prediction.daily_mean] * AHEAD_DAYS
    gone = (view.today - date.fromisoformat(prediction.days["first_day"])).days
    machine = np.array([week[(gone + day) % len(week)] for day in range(AHEAD_DAYS)])
    words = [
        as_override(each.kind, float(each.value), each.first_day, each.last_day, view.today)
        for each in sorted(view.overrides, key=lambda each: (each.created_at, each.pk))
        # Newer ones are applied by the next run.
        if each.created_at <= prediction.computed_at
    ]
    return [float(units) for units in overridden(machine, words)]


def _forecast_note(prediction: InventoryPrediction) -> str:
    zone = timezone.get_default_timezone()
    computed = formats.moment(prediction.computed_at, zone, seconds=False)
    days = formats.count(prediction.history_days)
    corrected = (
        f" Of these {formats.count(prediction.censored_days)} without stock are corrected for."
        if prediction.censored_days
        else ""
    )
    reason = f" {prediction.reason}" if prediction.reason else ""
    words = (
        f" Planners changed it from {formats.decimal(float(prediction.proposed))} over "
        f"{formats.decimal(prediction.protection_days, places=0)} days."
        if prediction.proposed != prediction.predicted
        else ""
    )
    return (
        f"{method_label(prediction.model)}, from {days} days, computed {computed}.{corrected}"
        f"{reason}{words} {_tested(prediction)}"
    )


def _tested(prediction: InventoryPrediction) -> str:
    if not prediction.tested:
        return "There is too little history yet to test it."
    coverage = formats.rate(prediction.coverage, places=0)
    weeks = formats.count(prediction.origins)
    error = (
        f" and its mean {formats.rate(prediction.wape, places=0)} of demand off"
        if prediction.wape is not None
        else ""
    )
    return (
        f"In backtests of {weeks} weeks {coverage} of outcomes fell inside the 80% "
        f"interval; its loss was {formats.rate(prediction.skill, places=0)} below that of "
        f"repeating the last days{error}."
    )


def stock_chart(view: ProductView) -> Chart | None:
    """Return stock as it was and as it will be; None for a product that never had any."""
    product = view.product
    changes = _changes_by_day(view)
    if not changes and not product.stock_quantity:
        return None
    history = stock_by_day(product.stock_quantity, changes, today=view.today, days=STOCK_DAYS)
    past: list[float | None] = [None] * STOCK_DAYS
    course = run_down(product.stock_quantity, view.per_day, view.deliveries)
    coming = any(day <= AHEAD_DAYS for day in view.deliveries)
    series = [
        Series("Available", [*history, *[None] * AHEAD_DAYS], filled=True),
        Series(
            "With what is on order" if coming else "If nothing is ordered",
            [*past, *course],
            dashed=True,
        ),
    ]
    ordered = view.suggestion.quantity if view.suggestion else 0
    lead = round(view.lead_time_days)
    if ordered and 0 < lead <= AHEAD_DAYS:
        deliveries = view.deliveries | {lead: view.deliveries.get(lead, 0) + ordered}
        arrives = formats.day(view.today + timedelta(days=lead), year=False)
        series.append(
            Series(
                f"With {formats.count(ordered)} ordered today, here on {arrives}",
                [*past, *run_down(product.stock_quantity, view.per_day, deliveries)],
                "k3",
                thin=True,
            )
        )
    point = product.reorder_threshold
    empty = next((day for day, level in enumerate(course) if level <= 0), None)
    return time_line(
        label="Available stock",
        summary=_stock_summary(view, empty),
        x=_day_names(view.today - timedelta(days=STOCK_DAYS), STOCK_DAYS + 1 + AHEAD_DAYS),
        series=series,
        references=[Reference(f"Reorder point {formats.count(point)}", point)] if point else [],
        now=STOCK_DAYS,
        format_value=formats.decimal,
        height="h-200",
    )


def _stock_summary(view: ProductView, empty: int | None) -> str:
    stock = formats.count(view.product.stock_quantity)
    if empty is None:
        return f"{stock} in stock, enough for the next {AHEAD_DAYS} days."
    if empty == 0:
        return "Out of stock."
    return f"{stock} in stock, used up on {weekday(view.today + timedelta(days=empty))}."


def _changes_by_day(view: ProductView) -> dict[date, int]:
    """Sum the ledger by shop day, as far back as the chart goes; idx_movements_product."""
    zone = timezone.get_default_timezone()
    since = view.now - timedelta(days=STOCK_DAYS + 1)
    rows = (
        StockMovement.objects.filter(product=view.product, occurred_at__gte=since)
        .order_by()
        .annotate(day=TruncDate("occurred_at", tzinfo=zone))
        .values_list("day")
        .annotate(Sum("quantity"))
    )
    return dict(rows)


def _day_names(first: date, days: int) -> list[str]:
    return [formats.day(first + timedelta(days=i), year=False) for i in range(days)]
