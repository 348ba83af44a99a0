"""Forecasts as they stood, what came, and planners' words beside both."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from inventory.choices import MovementKind, OverrideKind
from inventory.forecast_accuracy import accuracy_by, keep_and_score_forecasts, scored_forecasts
from inventory.models import (
    ForecastAccuracy,
    ForecastOverride,
    InventoryPrediction,
    Product,
    ProductDaily,
)
from inventory.planner import update_inventory_predictions
from inventory.services.ledger import post_movements
from inventory.services.overrides import (
    OverrideRefused,
    give_override,
    score_overrides,
    withdraw_override,
)
from techmart.core.corrections import ReasonMissing
from techmart.core.models import AuditEntry
from tests.inventory.factories import NOW, entry, make_product, make_user, sell

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(NOW)


def sold(product: Product, units: int, *, first: date, days: int) -> None:
    """Write the same demand on successive days."""
    ProductDaily.objects.bulk_create(
        ProductDaily(product=product, day=first + timedelta(days=n), demand_units=units)
        for n in range(days)
    )


def predicted_product(units: int = 2) -> Product:
    """Return a product that sold the same for 100 days, with its prediction."""
    product = make_product(abc_class="A")
    sold(product, units, first=TODAY - timedelta(days=100), days=100)
    update_inventory_predictions(now=NOW)
    return product


def its_night(product: Product) -> int:
    """Return days until the night on which a product is kept."""
    return (product.pk - TODAY.toordinal()) % 7


# --- accuracy -------------------------------------------------------------------------------


def test_a_forecast_is_kept_in_its_night_and_scored_a_week_later() -> None:
    product = predicted_product(2)
    wait = timedelta(days=its_night(product))
    InventoryPrediction.objects.update(computed_at=NOW + wait)
    first_day = TODAY + wait
    sold(product, 2, first=TODAY, days=wait.days)
    sold(product, 3, first=first_day, days=7)

    assert keep_and_score_forecasts(now=NOW + wait) == (1, 0)
    assert keep_and_score_forecasts(now=NOW + wait) == (0, 0)
    assert keep_and_score_forecasts(now=NOW + wait + timedelta(days=6)) == (0, 0)
    assert keep_and_score_forecasts(now=NOW + wait + timedelta(days=7)) == (0, 1)

    row = ForecastAccuracy.objects.get()
    assert (row.first_day, row.actual, row.naive, row.censored) == (first_day, 21, 14, False)
    assert row.predicted == pytest.approx(14)
    assert row.low <= 14 <= row.high


def test_other_nights_keep_other_products() -> None:
    product = predicted_product()
    other = timedelta(days=(its_night(product) + 1) % 7)
    InventoryPrediction.objects.update(computed_at=NOW + other)

    assert keep_and_score_forecasts(now=NOW + other) == (0, 0)


def test_an_old_prediction_is_no_forecast_of_today() -> None:
    product = predicted_product()
    wait = timedelta(days=its_night(product) + 7)

    assert keep_and_score_forecasts(now=NOW + wait) == (0, 0)


@pytest.mark.parametrize(
    ("sold_out_on", "filled_on", "is_censored"),
    [(2, None, True), (-20, None, True), (-20, 3, True), (-20, -1, False), (7, None, False)],
)
def test_an_empty_shelf_is_not_counted(
    sold_out_on: int, filled_on: int | None, is_censored: bool
) -> None:
    product = predicted_product()
    begins = NOW + timedelta(days=its_night(product))
    InventoryPrediction.objects.update(computed_at=begins)
    keep_and_score_forecasts(now=begins)
    shelf = make_product()
    opening = entry(shelf, MovementKind.OPENING, 5, at=begins - timedelta(days=30))
    post_movements([opening], now=NOW)
    sell(shelf, 5, at=begins + timedelta(days=sold_out_on))
    if filled_on is not None:
        fill = entry(shelf, MovementKind.RECEIPT, 9, at=begins + timedelta(days=filled_on))
        post_movements([fill], now=begins + timedelta(days=7))
    ForecastAccuracy.objects.update(product=shelf)

    keep_and_score_forecasts(now=begins + timedelta(days=7))

    assert ForecastAccuracy.objects.get().censored is is_censored
    counted = scored_forecasts(TODAY, TODAY + timedelta(days=30))
    assert counted.exists() is not is_censored


def test_forecasts_are_dropped_after_a_year() -> None:
    kept(make_product(), TODAY - timedelta(days=366), predicted=1, actual=1)
    kept(make_product(), TODAY - timedelta(days=365), predicted=1, actual=1)

    keep_and_score_forecasts(now=NOW)

    assert ForecastAccuracy.objects.count() == 1


def kept(
    product: Product, day: date, *, predicted: float, actual: int, naive: int = 0, abc: str = "A"
) -> None:
    """Store a scored forecast whose interval is two units around it."""
    ForecastAccuracy.objects.create(
        product=product,
        first_day=day,
        model="blend",
        abc_class=abc,
        demand_class="smooth",
        confidence=0.5,
        predicted=predicted,
        low=predicted - 2,
        high=predicted + 2,
        naive=naive,
        actual=actual,
    )


def test_figures_by_class_by_hand() -> None:
    kept(make_product(), TODAY, predicted=10, actual=12, naive=20)
    kept(make_product(), TODAY, predicted=6, actual=2, naive=4)
    kept(make_product(), TODAY, predicted=3, actual=0, abc="C")
    kept(make_product(), TODAY - timedelta(days=40), predicted=3, actual=9)

    first, second = accuracy_by(scored_forecasts(TODAY - timedelta(days=7), TODAY))

    assert (first.label, first.forecasts, first.units) == ("A", 2, 14)
    # |10 - 12| + |6 - 2| = 6 of 14; naive 8 + 2 = 10; 16 said, 14 came; one of two inside
    assert first.wape == pytest.approx(6 / 14)
    assert first.naive_wape == pytest.approx(10 / 14)
    assert first.better_than_naive == pytest.approx(0.4)
    assert first.bias == pytest.approx(2 / 14)
    assert first.coverage == 0.5
    assert (second.label, second.wape, second.bias, second.coverage) == ("C", None, None, 0)


# --- overrides ------------------------------------------------------------------------------


def override(product: Product, **changes: object) -> ForecastOverride:
    """Say that the next seven days bring three times as much."""
    given: dict[str, object] = {
        "first_day": TODAY,
        "last_day": TODAY + timedelta(days=6),
        "kind": OverrideKind.FACTOR,
        "value": Decimal("3"),
        "reason": "Festival next door",
        "actor": make_user(),
        "now": NOW,
    }
    return give_override(product_id=product.pk, **given | changes)  # type: ignore[arg-type]


def test_a_word_is_kept_with_what_the_machine_says_and_applied_by_the_next_run() -> None:
    product = predicted_product(2)

    word = override(product)
    update_inventory_predictions(now=NOW)

    assert (word.machine_units, word.planned_units) == (14, 42)
    prediction = InventoryPrediction.objects.get()
    # P is eight days: seven of 6 and one of 2.
    assert prediction.proposed == 16
    assert prediction.predicted == 44
    assert prediction.quantiles["7"]["0.5"] == 42
    assert prediction.quantiles["P"]["0.5"] == 44
    # Ordering multiplies the day by P.
    assert prediction.daily_mean == pytest.approx(44 / 8)
    assert prediction.days["mean"] == [2] * 7
    assert AuditEntry.objects.get().reason == "Festival next door"


def test_units_are_those_of_all_its_days() -> None:
    product = predicted_product(2)

    override(product, kind=OverrideKind.UNITS, value=Decimal("70"))
    update_inventory_predictions(now=NOW)

    assert InventoryPrediction.objects.get().predicted == 72


def test_a_word_taken_back_no_longer_applies() -> None:
    product = predicted_product(2)
    word = override(product)

    withdraw_override(override_id=word.pk, actor=None, now=NOW)
    update_inventory_predictions(now=NOW)

    assert InventoryPrediction.objects.get().predicted == 16
    with pytest.raises(OverrideRefused, match="taken back already"):
        withdraw_override(override_id=word.pk, actor=None, now=NOW)


def test_a_word_is_scored_when_its_days_are_over() -> None:
    product = predicted_product(2)
    override(product)
    sold(product, 5, first=TODAY, days=7)

    assert score_overrides(now=NOW + timedelta(days=6)) == 0
    assert score_overrides(now=NOW + timedelta(days=7)) == 1

    word = ForecastOverride.objects.get()
    # 35 came: the machine was 21 off, the planner 7.
    assert (word.actual_units, word.gain_units) == (35, 14)
    with pytest.raises(OverrideRefused, match="are over"):
        withdraw_override(override_id=word.pk, actor=None, now=NOW + timedelta(days=7))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_day": TODAY - timedelta(days=1)}, "first_day"),
        ({"last_day": TODAY - timedelta(days=1)}, "last_day"),
        ({"last_day": TODAY + timedelta(days=180)}, "last_day"),
        ({"value": Decimal("-1")}, "value"),
        ({"value": Decimal("101")}, "value"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        override(make_product(), **changes)

    assert list(refused.value.message_dict) == [field]
    assert not ForecastOverride.objects.exists()


def test_a_word_needs_a_reason() -> None:
    with pytest.raises(ReasonMissing):
        override(make_product(), reason=" ")
