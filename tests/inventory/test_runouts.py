"""Products that run out before goods come, worked by hand with a demand of one unit a day."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert
from inventory.choices import DemandClass, RunKind
from inventory.models import ForecastRun, InventoryPrediction, Product, PurchaseOrder
from inventory.planner import review_range_alerts, review_runouts
from inventory.reorder.interval_demand import IntervalFigures, interval_figures
from inventory.services.orders import receive_line
from inventory.services.supplier_review import review_suppliers
from inventory.services.worst_first import MOST
from inventory.tasks import review_suppliers as review_suppliers_task
from tests.inventory.factories import NOW, make_product, make_supplier, sell
from tests.inventory.test_scorecards import ordered

pytestmark = pytest.mark.django_db

LEAD_DAYS = 10


def predict(product: Product, daily: float = 1.0) -> Product:
    """Predict so many units a day, a Poisson number."""
    InventoryPrediction.objects.create(
        product=product,
        run=ForecastRun.objects.create(kind=RunKind.PREDICTIONS, as_of=NOW),
        model="level",
        predicted=Decimal(str(daily * LEAD_DAYS)),
        daily_mean=daily,
        daily_sd=daily**0.5,
        protection_days=LEAD_DAYS + 1,
        confidence=0.5,
        skill=0.5,
        coverage=0.8,
        history_days=100,
        computed_at=NOW,
    )
    return product


def waiting(
    stock: int, *, days_ago: float = 0, units: int = 40, **fields: Any
) -> tuple[Product, PurchaseOrder]:
    """Return a product of class C and Z, service 0.85, with an order promised 10 days after it.

    So demand until the goods come is a Poisson number of mean 10: above 12 with P = 0.2084,
    above 13 with 0.1355, above 14 with 0.0835.
    """
    fields.setdefault("supplier", make_supplier(lead_time_days=Decimal(LEAD_DAYS)))
    product = make_product(stock=stock, demand_class=DemandClass.SMOOTH, **fields)
    return predict(product), ordered(product, units, days_ago=days_ago)


def live() -> dict[int | None, Alert]:
    alerts = Alert.objects.filter(kind=AlertKind.STOCK_SOON, state__in=LIVE_STATES)
    return {alert.subject_id: alert for alert in alerts}


def test_what_runs_out_before_the_goods_come_is_told() -> None:
    product, _ = waiting(12, name="Oat milk")

    assert review_runouts(now=NOW) == 1

    alert = live()[product.pk]
    assert (alert.severity, alert.dedupe_key) == (Severity.MEDIUM, f"stock.soon:{product.pk}")
    assert alert.title == "Oat milk runs out before delivery"
    assert "12 in stock, 40 on order, expected about 20 Mar 2026; 21% chance" in alert.message
    assert alert.path == f"/inventory/products/{product.sku}/"
    facts = alert.facts
    assert (facts["stock"], facts["on_order"]) == (12, 40)
    assert facts["expected_on"] == "2026-03-20"
    assert facts["chance_to_run_out"] == pytest.approx(0.2084, abs=1e-4)
    # E[(D - 12)+] at 2.00 a unit.
    assert facts["lost_margin"] == pytest.approx(2 * 0.5313, abs=0.01)


def test_what_the_service_lets_pass_is_not_told() -> None:
    product, _ = waiting(13)

    assert review_runouts(now=NOW) == 0
    assert product.pk not in live()


def test_a_higher_service_tells_of_more() -> None:
    # AX asks for 0.98, so that 0.02 may run out; above 15 with P = 0.0487.
    product, _ = waiting(15, abc_class="A", xyz_class="X")

    review_runouts(now=NOW)

    assert product.pk in live()


def test_an_alert_stays_until_the_chance_is_a_tenth_below() -> None:
    product, _ = waiting(12)
    review_runouts(now=NOW)

    Product.objects.update(stock_quantity=13)
    review_runouts(now=NOW)
    assert product.pk in live()

    Product.objects.update(stock_quantity=14)
    review_runouts(now=NOW)
    assert live() == {}


def test_goods_that_come_end_it() -> None:
    _, order = waiting(12)
    review_runouts(now=NOW)

    receive_line(line_id=order.lines.get().pk, quantity=40, actor=None, now=NOW)
    review_runouts(now=NOW)

    assert live() == {}


def test_goods_that_come_tomorrow_are_soon_enough() -> None:
    product, _ = waiting(12, days_ago=LEAD_DAYS - 1)

    review_runouts(now=NOW)

    assert product.pk not in live()


def test_the_soonest_of_several_orders_counts() -> None:
    product, _ = waiting(5)
    ordered(product, 6, days_ago=LEAD_DAYS - 1)

    review_runouts(now=NOW)

    # Above 5 within a day: a Poisson number of mean 1, P = 0.0006.
    assert live() == {}


def test_only_what_it_asks_for_is_read_and_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting(12)
    predict(make_product(stock=500))
    asked: list[int] = []

    def figures(**inputs: Any) -> IntervalFigures:
        asked.append(len(inputs["stock"]))
        return interval_figures(**inputs)

    monkeypatch.setattr("inventory.planner.runouts.interval_figures", figures)
    # A plan would ask for demand over its protection interval, too.
    monkeypatch.setattr("inventory.reorder.policy.interval_figures", figures)

    with CaptureQueriesContext(connection) as queries:
        assert review_runouts(now=NOW) == 1

    assert asked == [1]
    read = [query["sql"] for query in queries]
    [predictions] = [sql for sql in read if 'FROM "inventory_predictions"' in sql]
    assert "IN (" in predictions
    assert not any("product_totals" in sql for sql in read)


@pytest.mark.parametrize(("stock", "told"), [(9, True), (10, False)])
def test_a_late_order_may_still_take_half_a_lead_time(stock: int, told: bool) -> None:
    # An exponential delay of mean 5 makes demand geometric: above x with P = (5/6)^(x + 1),
    # 0.1615 for 9 and 0.1346 for 10.
    product, _ = waiting(stock, days_ago=LEAD_DAYS + 3)

    review_runouts(now=NOW)

    assert (product.pk in live()) is told


def test_an_order_without_a_promise_takes_a_whole_lead_time() -> None:
    product, _ = waiting(12, days_ago=LEAD_DAYS - 1)
    PurchaseOrder.objects.update(promised_date=None)

    review_runouts(now=NOW)

    assert product.pk in live()


def test_what_is_low_out_or_not_in_the_range_is_not_told() -> None:
    waiting(2, units=4, reorder_threshold=6, order_up_to=12)
    out, _ = waiting(1)
    sell(out, 1)
    gone, _ = waiting(2)
    Product.objects.filter(pk=gone.pk).update(active=False)
    nothing_inbound = predict(make_product(stock=2, demand_class=DemandClass.SMOOTH))

    assert review_runouts(now=NOW) == 0
    assert nothing_inbound.on_order_quantity == 0


def test_an_alert_ends_when_the_product_leaves_the_range() -> None:
    waiting(2)
    review_runouts(now=NOW)
    assert len(live()) == 1

    Product.objects.update(active=False)
    review_runouts(now=NOW)

    assert live() == {}


def test_only_those_that_lose_most_margin_are_told() -> None:
    supplier = make_supplier(lead_time_days=Decimal(LEAD_DAYS))
    products = [waiting(2, supplier=supplier, price=Decimal(5 + n))[0] for n in range(MOST + 1)]

    with CaptureQueriesContext(connection) as many:
        assert review_runouts(now=NOW) == MOST

    assert set(live()) == {product.pk for product in products[1:]}
    Alert.objects.update(state="resolved", resolved_at=NOW - timedelta(days=2), resolution="auto")
    Product.objects.exclude(pk=products[0].pk).update(active=False)
    with CaptureQueriesContext(connection) as one:
        assert review_runouts(now=NOW) == 1
    assert len(many) == len(one)


def test_a_review_of_all_alerts_looks_at_it_too() -> None:
    product, _ = waiting(12)
    excess = make_product(stock=60, reorder_threshold=10, order_up_to=40)
    low = make_product(stock=3, reorder_threshold=3, order_up_to=9)

    review_range_alerts(now=NOW)

    kinds = dict(Alert.objects.values_list("subject_id", "kind"))
    assert kinds[product.pk] == AlertKind.STOCK_SOON
    assert kinds[excess.pk] == AlertKind.STOCK_OVER
    assert kinds[low.pk] == AlertKind.STOCK_LOW


def test_a_late_order_is_high_where_a_product_runs_out_behind_it_and_hides_that() -> None:
    product, order = waiting(9, days_ago=LEAD_DAYS + 3)
    review_suppliers(now=NOW)
    late = Alert.objects.get(kind=AlertKind.PO_LATE)
    assert late.severity == Severity.MEDIUM

    review_runouts(now=NOW)
    review_suppliers(now=NOW)

    late.refresh_from_db()
    assert (late.subject_id, late.severity) == (order.pk, Severity.HIGH)
    assert late.facts["hides"] == [live()[product.pk].dedupe_key]


def test_goods_that_come_end_what_their_late_order_hid() -> None:
    product, order = waiting(9, days_ago=LEAD_DAYS + 3)
    review_runouts(now=NOW)
    review_suppliers(now=NOW)

    receive_line(line_id=order.lines.get().pk, quantity=40, actor=None, now=NOW)

    assert product.pk not in live()
    assert not Alert.objects.filter(kind=AlertKind.PO_LATE, state__in=LIVE_STATES).exists()


def test_a_late_order_hides_nothing_that_came_of_it() -> None:
    supplier = make_supplier(lead_time_days=Decimal(LEAD_DAYS))
    came, order = waiting(9, days_ago=LEAD_DAYS + 3, supplier=supplier)
    missing = predict(make_product(stock=9, demand_class=DemandClass.SMOOTH, supplier=supplier))
    order.lines.create(product=missing, quantity=40, unit_cost=3)
    Product.objects.filter(pk=missing.pk).update(on_order_quantity=40)
    review_runouts(now=NOW)
    review_suppliers(now=NOW)
    late = Alert.objects.get(kind=AlertKind.PO_LATE)
    assert set(late.facts["hides"]) == {f"stock.soon:{came.pk}", f"stock.soon:{missing.pk}"}

    receive_line(line_id=order.lines.get(product=came).pk, quantity=40, actor=None, now=NOW)
    review_suppliers(now=NOW)

    late.refresh_from_db()
    assert late.facts["hides"] == [f"stock.soon:{missing.pk}"]


def test_the_hourly_job_looks_for_run_outs_before_late_orders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting(9, days_ago=LEAD_DAYS + 3)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    review_suppliers_task()

    severities = dict(Alert.objects.values_list("kind", "severity"))
    assert severities == {
        AlertKind.STOCK_SOON: Severity.MEDIUM,
        AlertKind.PO_LATE: Severity.HIGH,
    }
