"""Days without stock, from the ledger into demand and prediction."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from inventory.choices import MovementKind
from inventory.models import InventoryPrediction, Product, StockMovement
from inventory.planner import update_inventory_predictions
from inventory.services.ledger import post_movements
from techmart.core.models import ShopSettings
from tests.inventory.factories import NOW, entry, make_product
from tests.inventory.planned import sold

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(NOW)


def at(days_ago: int, hour: int) -> datetime:
    """Return a moment of the shop's clock."""
    day = TODAY - timedelta(days=days_ago)
    return datetime.combine(day, time(hour), timezone.get_default_timezone())


def emptied_product() -> Product:
    """Sold 4 a day, was empty from the 20th day ago to the 10th, and sold nothing then."""
    product = make_product()
    ShopSettings.objects.update_or_create(
        pk=1, defaults={"opens_at": "08:00", "closes_at": "18:00"}
    )
    sold(product, *[4] * 80, *[0] * 10, *[4] * 10)
    post_movements([entry(product, MovementKind.RECEIPT, 50, at=at(60, 7))], now=NOW)
    post_movements([entry(product, MovementKind.SALE, -50, at=at(20, 7))], now=NOW)
    post_movements([entry(product, MovementKind.RECEIPT, 90, at=at(10, 7))], now=NOW)
    return product


def predicted() -> InventoryPrediction:
    """Run the predictions and return the one there is."""
    update_inventory_predictions(now=NOW)
    return InventoryPrediction.objects.get()


def test_days_without_stock_are_no_days_without_demand() -> None:
    emptied_product()

    prediction = predicted()

    assert prediction.censored_days == 10
    assert prediction.daily_mean == pytest.approx(4)


def test_the_correction_is_switched_off_for_the_shop() -> None:
    emptied_product()
    ShopSettings.objects.update(correct_stockouts=False)

    prediction = predicted()

    assert prediction.censored_days == 0
    assert prediction.daily_mean < 3.9


@pytest.mark.parametrize(("own", "days"), [(True, 10), (False, 0)])
def test_a_product_differs_from_the_shop(own: bool, days: int) -> None:
    product = emptied_product()
    ShopSettings.objects.update(correct_stockouts=not own)
    Product.objects.filter(pk=product.pk).update(correct_stockouts=own)

    assert predicted().censored_days == days


def test_entries_written_late_count_when_they_happened() -> None:
    """The delivery was booked before the sale that had emptied the shelf ten days earlier."""
    product = make_product()
    ShopSettings.objects.update_or_create(
        pk=1, defaults={"opens_at": "08:00", "closes_at": "18:00"}
    )
    sold(product, *[4] * 80, *[0] * 10, *[4] * 10)
    post_movements([entry(product, MovementKind.RECEIPT, 50, at=at(60, 7))], now=NOW)
    post_movements([entry(product, MovementKind.RECEIPT, 90, at=at(10, 7))], now=NOW)
    post_movements([entry(product, MovementKind.SALE, -50, at=at(20, 7))], now=NOW)

    prediction = predicted()

    assert prediction.censored_days == 10
    assert prediction.daily_mean == pytest.approx(4)


def test_a_balance_of_zero_only_in_order_of_writing_is_no_empty_shelf() -> None:
    """What came 30 days ago was booked after a sale that seemed to sell out."""
    product = make_product()
    sold(product, *[4] * 100)
    post_movements([entry(product, MovementKind.RECEIPT, 50, at=at(60, 7))], now=NOW)
    post_movements([entry(product, MovementKind.SALE, -50, at=at(20, 7))], now=NOW)
    post_movements([entry(product, MovementKind.RECEIPT, 90, at=at(30, 7))], now=NOW)

    assert predicted().censored_days == 0


def test_entries_that_contradict_each_other_say_nothing_of_the_shelf() -> None:
    """More was sold than had come until then: a delivery was dated too late."""
    product = make_product()
    sold(product, *[4] * 100)
    post_movements([entry(product, MovementKind.RECEIPT, 90, at=at(10, 7))], now=NOW)
    post_movements([entry(product, MovementKind.SALE, -50, at=at(20, 7))], now=NOW)

    assert predicted().censored_days == 0


def test_an_opening_that_was_inferred_says_nothing_of_empty_shelves() -> None:
    product = emptied_product()
    StockMovement.objects.create(
        product=product,
        kind=MovementKind.OPENING,
        quantity=1,
        occurred_at=at(70, 7),
        source_type="opening",
        source_id=product.pk,
        balance_after=1,
        inferred=True,
    )

    assert predicted().censored_days == 0


def test_hours_are_learned_where_they_are_not_set() -> None:
    """Another product sells from 9 to 11 each day: the shop is open then, and no longer."""
    product = emptied_product()
    ShopSettings.objects.update(opens_at=None, closes_at=None)
    busy = make_product(active=False)
    post_movements([entry(busy, MovementKind.RECEIPT, 500, at=at(70, 7))], now=NOW)
    for day in range(1, 57):
        post_movements(
            [
                entry(busy, MovementKind.SALE, -1, at=at(day, 9)),
                entry(busy, MovementKind.SALE, -1, at=at(day, 10)),
            ],
            now=NOW,
        )
    # Empty from 12 o'clock on, five days ago: after hours, so nothing was missed.
    post_movements([entry(product, MovementKind.SALE, -90, at=at(5, 12))], now=NOW)
    post_movements([entry(product, MovementKind.RECEIPT, 90, at=at(5, 17))], now=NOW)

    assert predicted().censored_days == 10
