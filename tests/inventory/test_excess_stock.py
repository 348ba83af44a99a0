"""Alerts about stock that ties up money: raised, kept by a margin, ended, and never many."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert, AlertEvent
from inventory.choices import MovementKind, TotalsWindow
from inventory.models import Product, ProductTotals
from inventory.services.excess_stock import review_excess_stock
from inventory.services.ledger import post_movements
from inventory.services.worst_first import MOST, STAYS
from techmart.core.models import ShopSettings
from tests.inventory.factories import NOW, entry, make_product, make_supplier, sell

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(NOW)
# 8.00 a line at 0.25 a year: excess worth more than 32.00 costs more to hold than to act on.
LIMIT = Decimal("32.00")


def live() -> dict[int | None, str]:
    """Return the kind of each live alert, by product."""
    alerts = Alert.objects.filter(state__in=LIVE_STATES, clearing_since=None)
    return {alert.subject_id: alert.kind for alert in alerts}


def over(stock: int = 60, **fields: Any) -> Product:
    """Return a product of which 40 at most are wanted, at 3.00 each: 60 tie up 60.00."""
    return make_product(
        stock=stock, reorder_threshold=fields.pop("reorder_threshold", 10), order_up_to=40, **fields
    )


def silent(days: int | None = 181, *, stock: int = 20, **fields: Any) -> Product:
    """Return a product that is not planned and was last sold so many days ago, or never."""
    product = make_product(stock=stock, **fields)
    last = None if days is None else TODAY - timedelta(days=days)
    ProductTotals.objects.create(product=product, window=TotalsWindow.ALL, last_sold_on=last)
    return product


def test_too_much_of_a_product_is_told_with_what_it_ties_up() -> None:
    product = over(58, on_order_quantity=2, name="Oat milk")

    assert review_excess_stock(now=NOW) == 1

    alert = Alert.objects.get()
    assert (alert.kind, alert.severity) == (AlertKind.STOCK_OVER, Severity.LOW)
    assert alert.dedupe_key == f"stock.over:{product.pk}"
    assert alert.title == "Oat milk: more than can be sold soon"
    assert "20 too many, $60.00 at cost" in alert.message
    assert alert.path == f"/inventory/products/{product.sku}/"
    assert alert.facts == {
        "sku": product.sku,
        "stock": 58,
        "on_order": 2,
        "order_up_to": 40,
        "tied_up": "60.00",
    }


@pytest.mark.parametrize(("stock", "told"), [(50, False), (51, True)])
def test_over_begins_above_one_and_a_quarter_of_the_level(stock: int, told: bool) -> None:
    product = over(stock, unit_cost=Decimal(4))

    review_excess_stock(now=NOW)

    assert (product.pk in live()) is told


@pytest.mark.parametrize(("cost", "told"), [("1.60", False), ("1.6001", True)])
def test_excess_must_be_worth_acting_on(cost: str, told: bool) -> None:
    # 20 too many at 1.60 are 32.00: to hold them a year costs as much as an order line.
    product = over(unit_cost=Decimal(cost))

    review_excess_stock(now=NOW)

    assert (product.pk in live()) is told


def test_what_the_shop_pays_for_holding_and_ordering_sets_the_limit() -> None:
    ShopSettings.objects.create(order_cost=Decimal(20), holding_rate=Decimal("0.25"))
    cheap, dear = over(), over(unit_cost=Decimal("4.01"))

    review_excess_stock(now=NOW)

    assert live() == {dear.pk: AlertKind.STOCK_OVER}

    ShopSettings.objects.update(holding_rate=0)
    review_excess_stock(now=NOW)

    assert live() == {}
    assert cheap.pk != dear.pk


@pytest.mark.parametrize(
    ("days", "told"), [(180, False), (181, True), (None, False)], ids=["180", "181", "never"]
)
def test_dead_is_half_a_year_without_a_sale(days: int | None, told: bool) -> None:
    # What never sold counts from the day it came.
    product = silent(days, created_at=NOW - timedelta(days=180))

    review_excess_stock(now=NOW)

    assert live() == ({product.pk: AlertKind.STOCK_DEAD} if told else {})


def test_what_never_sold_since_it_came_is_dead() -> None:
    product = make_product(stock=20, name="Fondue set", created_at=NOW - timedelta(days=182))

    review_excess_stock(now=NOW)

    alert = Alert.objects.get()
    assert alert.title == "Fondue set does not sell"
    assert "20 in stock, not sold within 180 days; $60.00 at cost" in alert.message
    assert alert.path == f"/inventory/products/{product.sku}/ledger/"


def test_what_is_low_or_out_of_the_range_is_not_told() -> None:
    silent(reorder_threshold=20, order_up_to=20)
    silent(active=False)
    over(active=False)
    silent(stock=0)

    review_excess_stock(now=NOW)

    assert live() == {}


def test_an_alert_ends_with_the_state_and_with_the_range() -> None:
    sold, gone = over(), silent()
    review_excess_stock(now=NOW)
    assert live() == {sold.pk: AlertKind.STOCK_OVER, gone.pk: AlertKind.STOCK_DEAD}

    sell(sold, 10)
    Product.objects.filter(pk=gone.pk).update(active=False)
    review_excess_stock(now=NOW)

    assert live() == {}


def test_an_alert_stays_until_it_is_a_tenth_below_the_limit() -> None:
    product = over(60)
    review_excess_stock(now=NOW)

    # Too many by 20 as before, worth 30.00, then 28.80 = 0.9 x 32.00.
    Product.objects.update(unit_cost=Decimal("1.5"))
    review_excess_stock(now=NOW)
    assert product.pk in live()

    Product.objects.update(unit_cost=Decimal("1.44"))
    review_excess_stock(now=NOW)
    assert live() == {}


def test_inside_the_margin_nothing_is_raised() -> None:
    over(unit_cost=Decimal("1.5"))

    assert review_excess_stock(now=NOW) == 0


def test_over_becomes_dead_in_place_when_it_stops_selling() -> None:
    product = over()
    review_excess_stock(now=NOW)

    Product.objects.update(order_up_to=0, reorder_threshold=0)
    ProductTotals.objects.create(
        product=product, window=TotalsWindow.ALL, last_sold_on=TODAY - timedelta(days=200)
    )
    review_excess_stock(now=NOW)

    assert live() == {product.pk: AlertKind.STOCK_DEAD}
    assert Alert.objects.get().facts["last_sold_on"] == "2025-08-22"


def test_a_second_look_writes_nothing() -> None:
    over()
    review_excess_stock(now=NOW)
    events = AlertEvent.objects.count()

    assert review_excess_stock(now=NOW) == 0

    assert AlertEvent.objects.count() == events
    assert Alert.objects.get().occurrences == 1


def many_over(number: int) -> list[Product]:
    """Return products each of which ties up more than the one before."""
    supplier = make_supplier()
    return [over(supplier=supplier, unit_cost=Decimal(10 + n)) for n in range(number)]


def test_only_what_ties_up_most_is_told_and_leaves_by_a_margin() -> None:
    products = many_over(MOST + 1)
    least, second = products[0], products[1]

    review_excess_stock(now=NOW)
    assert len(live()) == MOST
    assert least.pk not in live()

    # The least becomes the most: it is told, and what it pushed from the worst stays for now.
    Product.objects.filter(pk=least.pk).update(unit_cost=Decimal(500))
    review_excess_stock(now=NOW)
    assert {least.pk, second.pk} <= set(live())
    assert len(live()) == MOST + 1

    more = [over(unit_cost=Decimal(1000)) for _ in range(STAYS - MOST)]
    review_excess_stock(now=NOW)
    assert second.pk not in live()
    assert {product.pk for product in more} <= set(live())
    assert len(live()) == STAYS


def test_the_number_of_statements_does_not_follow_the_number_of_products() -> None:
    few = many_over(2)
    with CaptureQueriesContext(connection) as one:
        review_excess_stock(now=NOW)
    many_over(12)

    with CaptureQueriesContext(connection) as other:
        review_excess_stock(now=NOW)

    assert len(live()) == len(few) + 12
    assert len(other) == len(one)


def test_goods_on_their_way_count_as_tied_up() -> None:
    product = over(30, on_order_quantity=30)
    post_movements([entry(product, MovementKind.RECEIPT, 1)], now=NOW)

    review_excess_stock(now=NOW)

    # 61 with what is inbound, 21 too many.
    assert Alert.objects.get().facts["tied_up"] == "63.00"
