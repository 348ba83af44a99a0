"""Forecasts that lean to one side: raised, kept by a margin, ended, and never many."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert
from inventory.models import ForecastAccuracy, Product
from inventory.services.bias_alerts import review_forecast_bias
from inventory.services.worst_first import MOST
from inventory.tasks import score_forecasts
from tests.inventory.factories import NOW, make_product, make_supplier

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(NOW)
# Forecasts of these many weeks ago are over by today.
FOUR_WEEKS = (1, 2, 3, 4)


def forecast(
    product: Product,
    predicted: float,
    actual: int | None,
    *,
    weeks: tuple[int, ...] = FOUR_WEEKS,
    **fields: Any,
) -> Product:
    """Keep the same forecast of seven days, and what came, for each of some weeks."""
    ForecastAccuracy.objects.bulk_create(
        ForecastAccuracy(
            **{
                "product": product,
                "first_day": TODAY - timedelta(weeks=week),
                "model": "level",
                "abc_class": product.abc_class,
                "demand_class": product.demand_class,
                "confidence": 0.5,
                "predicted": predicted,
                "low": 0.0,
                "high": 2 * predicted,
                "naive": 0,
                "actual": actual,
            }
            | fields
        )
        for week in weeks
    )
    return product


def product_a(**fields: Any) -> Product:
    return make_product(abc_class="A", **fields)


def live() -> dict[int | None, Alert]:
    alerts = Alert.objects.filter(kind=AlertKind.FORECAST_BIAS, state__in=LIVE_STATES)
    return {alert.subject_id: alert for alert in alerts}


def test_a_forecast_far_above_what_is_asked_for_is_told() -> None:
    product = forecast(product_a(name="Oat milk"), 126, 100)

    assert review_forecast_bias(now=NOW) == 1

    alert = live()[product.pk]
    assert (alert.severity, alert.dedupe_key) == (Severity.LOW, f"fc.bias:{product.pk}")
    assert alert.title == "Oat milk: forecast 26% too high"
    assert "504 forecast over 4 weeks that were scored, 400 asked for" in alert.message
    assert alert.path == f"/inventory/products/{product.sku}/"
    assert alert.facts == {
        "sku": product.sku,
        "weeks": 4,
        "forecast": 504.0,
        "units": 400,
        "bias": 0.26,
    }


@pytest.mark.parametrize(
    ("predicted", "told"),
    [(125.0, False), (125.1, True), (75.0, False), (74.9, True)],
)
def test_a_quarter_of_what_was_asked_for_is_the_limit(predicted: float, told: bool) -> None:
    product = forecast(product_a(), predicted, 100)

    review_forecast_bias(now=NOW)

    assert (product.pk in live()) is told


@pytest.mark.parametrize(("actual", "told"), [(2, False), (0, True)])
def test_what_chance_explains_is_no_lean(actual: int, told: bool) -> None:
    # 4 forecast a week, 16 over four: a count of that mean has sd 4, and 8 less is no wonder.
    product = forecast(product_a(), 4, actual)

    review_forecast_bias(now=NOW)

    assert (product.pk in live()) is told


def test_nothing_asked_for_has_no_share() -> None:
    product = forecast(product_a(name="Oat milk"), 4, 0)

    review_forecast_bias(now=NOW)

    alert = live()[product.pk]
    assert alert.title == "Oat milk: forecast too high"
    assert "bias" not in alert.facts


def test_an_alert_stays_until_it_is_a_tenth_inside() -> None:
    product = forecast(product_a(), 126, 100)
    review_forecast_bias(now=NOW)

    ForecastAccuracy.objects.update(predicted=123)
    review_forecast_bias(now=NOW)
    assert product.pk in live()

    ForecastAccuracy.objects.update(predicted=122)
    review_forecast_bias(now=NOW)
    assert live() == {}


def test_errors_on_both_sides_cancel_out() -> None:
    product = forecast(product_a(), 150, 100, weeks=(1, 3))
    forecast(product, 50, 100, weeks=(2, 4))

    assert review_forecast_bias(now=NOW) == 0


def test_only_the_last_four_weeks_count_and_three_of_them_are_needed() -> None:
    two = forecast(product_a(), 200, 100, weeks=(1, 2))
    forecast(two, 200, 100, weeks=(5, 6))
    forecast(two, 200, None, weeks=(0,))
    forecast(two, 200, 100, weeks=(3,), censored=True)
    three = forecast(product_a(), 200, 100, weeks=(1, 2, 4))

    review_forecast_bias(now=NOW)

    assert set(live()) == {three.pk}
    assert two.pk not in live()


def test_only_class_a_in_the_range_is_told() -> None:
    forecast(make_product(abc_class="B"), 200, 100)
    forecast(product_a(active=False), 200, 100)

    assert review_forecast_bias(now=NOW) == 0


def test_only_the_dearest_are_told_in_as_many_statements_as_one() -> None:
    supplier = make_supplier()
    products = [
        forecast(product_a(supplier=supplier, price=Decimal(5 + n)), 200, 100)
        for n in range(MOST + 1)
    ]

    with CaptureQueriesContext(connection) as many:
        assert review_forecast_bias(now=NOW) == MOST

    assert set(live()) == {product.pk for product in products[1:]}
    Alert.objects.update(state="resolved", resolved_at=NOW - timedelta(days=2), resolution="auto")
    Product.objects.exclude(pk=products[0].pk).update(active=False)
    with CaptureQueriesContext(connection) as one:
        assert review_forecast_bias(now=NOW) == 1
    assert len(many) == len(one)


def test_the_nightly_job_tells_once_the_last_week_is_scored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = forecast(product_a(), 50, 0, weeks=(2, 3))
    forecast(product, 50, None, weeks=(1,))
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    score_forecasts()

    assert product.pk in live()
