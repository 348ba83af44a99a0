"""Stock alerts: raised on crossing a limit, ended on coming back, reviewed as a whole."""

from dataclasses import replace
from typing import Any

import pytest

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert
from inventory.choices import DemandClass, MovementKind
from inventory.models import Product
from inventory.services.ledger import StockChange, post_movements
from inventory.services.stock_alerts import review_all_stock_alerts, review_stock_alerts
from tests.inventory.factories import NOW, entry, make_product, sell

pytestmark = pytest.mark.django_db


def live(product: Product) -> dict[str, str]:
    """Return kind and severity of a product's alerts whose condition holds."""
    alerts = Alert.objects.filter(
        subject_kind="product",
        subject_id=product.pk,
        state__in=LIVE_STATES,
        clearing_since=None,
    )
    return {alert.kind: alert.severity for alert in alerts}


def sell_and_review(product: Product, units: int) -> StockChange:
    """Sell and let alerts follow, as the sale's service does."""
    change = sell(product, units)
    review_stock_alerts([change], now=NOW)
    return change


@pytest.mark.parametrize(
    ("abc", "severity"), [("A", Severity.HIGH), ("B", Severity.MEDIUM), ("C", Severity.LOW)]
)
def test_crossing_the_reorder_point_is_low(abc: str, severity: Severity) -> None:
    product = make_product(stock=31, reorder_threshold=30, order_up_to=60, abc_class=abc)

    sell_and_review(product, 1)

    alert = Alert.objects.get()
    assert live(product) == {AlertKind.STOCK_LOW: severity}
    assert alert.dedupe_key == f"stock.low:{product.pk}"
    assert alert.path == f"/inventory/products/{product.sku}/"
    assert alert.facts == {
        "sku": product.sku,
        "stock": 30,
        "on_order": 0,
        "reorder_threshold": 30,
    }


def test_a_product_that_is_low_already_is_not_announced_again() -> None:
    product = make_product(stock=31, reorder_threshold=30, order_up_to=60)
    sell_and_review(product, 1)

    sell_and_review(product, 1)

    assert Alert.objects.get().occurrences == 1


def test_what_is_inbound_counts_against_low() -> None:
    product = make_product(stock=31, reorder_threshold=30, order_up_to=60, on_order_quantity=40)

    sell_and_review(product, 11)

    assert live(product) == {}


@pytest.mark.parametrize(
    ("abc", "severity"), [("A", Severity.CRITICAL), ("B", Severity.HIGH), ("C", Severity.HIGH)]
)
def test_the_last_unit_sold_is_out(abc: str, severity: Severity) -> None:
    product = make_product(stock=25, abc_class=abc, on_order_quantity=99)

    sell_and_review(product, 25)

    assert live(product)[AlertKind.STOCK_OUT] == severity


def test_what_nobody_asks_for_any_more_may_run_out() -> None:
    product = make_product(stock=5, demand_class=DemandClass.OBSOLETE)

    sell_and_review(product, 5)

    assert live(product) == {}


def test_fewer_than_twenty_is_told_for_class_a_and_where_asked() -> None:
    best, watched, other = (
        make_product(stock=20, abc_class="A"),
        make_product(stock=20, watch_below_20=True),
        make_product(stock=20),
    )

    for product in (best, watched, other):
        sell_and_review(product, 1)

    assert live(best) == {AlertKind.STOCK_CRITICAL20: Severity.MEDIUM}
    assert live(watched) == {AlertKind.STOCK_CRITICAL20: Severity.MEDIUM}
    assert live(other) == {}


def test_fewer_than_twenty_means_nothing_where_a_cycle_comes_down_to_fewer() -> None:
    levels: dict[str, Any] = {"stock": 19, "abc_class": "A", "order_up_to": 60}
    slow = make_product(**levels, reorder_threshold=19)
    fast = make_product(**levels, reorder_threshold=20)
    unplanned = make_product(stock=19, abc_class="A")
    asked = make_product(**levels, reorder_threshold=3, watch_below_20=True)

    review_all_stock_alerts(now=NOW)

    told = {
        name: AlertKind.STOCK_CRITICAL20 in live(product)
        for name, product in (
            ("slow", slow),
            ("fast", fast),
            ("unplanned", unplanned),
            ("asked", asked),
        )
    }
    assert told == {"slow": False, "fast": True, "unplanned": True, "asked": True}


def test_selling_below_twenty_is_told_by_the_same_rule() -> None:
    levels: dict[str, Any] = {"stock": 20, "abc_class": "A", "order_up_to": 60}
    slow = make_product(**levels, reorder_threshold=19)
    fast = make_product(**levels, reorder_threshold=20)

    for product in (slow, fast):
        review_stock_alerts([sell(product, 1)], now=NOW)

    assert AlertKind.STOCK_CRITICAL20 not in live(slow)
    assert AlertKind.STOCK_CRITICAL20 in live(fast)


def test_goods_received_end_the_alerts() -> None:
    product = make_product(stock=25, reorder_threshold=20, order_up_to=60, abc_class="A")
    sell_and_review(product, 25)
    assert set(live(product)) == {"stock.out", "stock.low", "stock.critical20"}

    changes = post_movements([entry(product, MovementKind.RECEIPT, 60)], now=NOW)
    review_stock_alerts(changes, now=NOW)

    assert live(product) == {}


def test_an_order_on_its_way_ends_low_but_not_out() -> None:
    product = make_product(stock=25, reorder_threshold=10, order_up_to=60)
    change = sell_and_review(product, 25)

    review_stock_alerts([replace(change, before=0, on_order_before=0, on_order=60)], now=NOW)

    assert set(live(product)) == {"stock.out"}


def test_a_review_of_all_finds_what_moved_without_a_sale() -> None:
    product = make_product(stock=25, abc_class="B")
    never_stocked = make_product()
    Product.objects.filter(pk=product.pk).update(reorder_threshold=30, order_up_to=60)

    raised = review_all_stock_alerts(now=NOW)

    assert raised == 1
    assert live(product) == {AlertKind.STOCK_LOW: Severity.MEDIUM}
    assert live(never_stocked) == {}


def test_a_second_review_of_all_changes_nothing() -> None:
    product = make_product(stock=25)
    Product.objects.filter(pk=product.pk).update(reorder_threshold=30, order_up_to=60)
    review_all_stock_alerts(now=NOW)

    raised = review_all_stock_alerts(now=NOW)

    assert raised == 0
    assert Alert.objects.get().occurrences == 1


def test_a_review_of_all_raises_the_severity_with_the_class() -> None:
    product = make_product(stock=25, reorder_threshold=30, order_up_to=60)
    review_all_stock_alerts(now=NOW)
    Product.objects.filter(pk=product.pk).update(abc_class="A")

    review_all_stock_alerts(now=NOW)

    assert live(product) == {AlertKind.STOCK_LOW: Severity.HIGH}


def test_a_review_of_all_ends_what_no_longer_holds() -> None:
    product = make_product(stock=25, reorder_threshold=30, order_up_to=60)
    review_all_stock_alerts(now=NOW)
    Product.objects.filter(pk=product.pk).update(active=False)

    review_all_stock_alerts(now=NOW)

    assert live(product) == {}
