"""Demand and lead times from rows, and the predictions made of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.choices import RunStatus
from inventory.models import (
    InventoryPrediction,
    ProductTotals,
)
from inventory.planner import (
    Scope,
    generate_reorder_suggestions,
    update_inventory_predictions,
)
from inventory.planner.demand_rows import load_demand
from inventory.planner.loading import load_range
from inventory.services.orders import LineInput, create_order, receive_line, send_order
from tests.inventory.factories import NOW, make_product, make_supplier
from tests.inventory.planned import YESTERDAY, sold, steady_product

pytestmark = pytest.mark.django_db


# --- loading --------------------------------------------------------------------------------


def test_history_begins_with_the_first_sale_or_receipt() -> None:
    sold_once = make_product()
    sold(sold_once, 1, *[0] * 9)
    received_before = make_product()
    order = send_order(
        order_id=create_order(
            supplier_id=received_before.supplier_id,
            lines=[LineInput(received_before.pk, 5)],
            actor=None,
            now=NOW - timedelta(days=30),
        ).pk,
        actor=None,
        now=NOW - timedelta(days=30),
    )
    receive_line(line_id=order.lines.get().pk, quantity=5, actor=None, now=NOW - timedelta(days=20))
    long_ago = make_product()
    ProductTotals.objects.create(
        product=long_ago, window=0, first_sold_on=YESTERDAY - timedelta(days=399)
    )
    never = make_product()
    products = load_range(Scope().products(), now=NOW)

    demand = load_demand(products.product_ids, days=50, now=NOW)

    by_key = dict(zip(products.product_ids.tolist(), demand.history_days.tolist(), strict=True))
    assert by_key == {sold_once.pk: 10, received_before.pk: 20, long_ago.pk: 400, never.pk: 0}


def test_demand_ends_with_yesterday_in_the_shop() -> None:
    product = make_product()
    sold(product, 3, 5, 7, last_day=YESTERDAY + timedelta(days=1))

    demand = load_demand(load_range(Scope().products(), now=NOW).product_ids, days=2, now=NOW)

    assert demand.units[:, 0].tolist() == [3, 5]


def test_lead_times_are_learned_from_receipts() -> None:
    supplier = make_supplier(lead_time_days=Decimal("10"), lead_time_sd_days=Decimal("0"))
    product, other = make_product(supplier=supplier), make_product(supplier=supplier)
    for days in (4, 6):
        order = create_order(
            supplier_id=supplier.pk, lines=[LineInput(product.pk, 1)], actor=None, now=NOW
        )
        send_order(order_id=order.pk, actor=None, now=NOW - timedelta(days=days))
        receive_line(line_id=order.lines.get().pk, quantity=1, actor=None, now=NOW)

    products = load_range(Scope().products(), now=NOW)

    # Supplier: (2 x 5 + 5 x 10) / 7 = 8.571. The product, seen twice: (2 x 5 + 5 x 8.571) / 7.
    lead = dict(
        zip(products.product_ids.tolist(), products.interval.lead_time_days.tolist(), strict=True)
    )
    assert lead[other.pk] == pytest.approx(8.5714, abs=0.0001)
    assert lead[product.pk] == pytest.approx(7.5510, abs=0.0001)
    # Variance of 4 and 6 is 1: (2 x 1 + 5 x 0) / 7 for the supplier.
    spread = dict(
        zip(
            products.product_ids.tolist(), products.interval.lead_time_sd_days.tolist(), strict=True
        )
    )
    assert spread[other.pk] ** 2 == pytest.approx(2 / 7)
    assert spread[product.pk] ** 2 == pytest.approx((2 + 5 * 2 / 7) / 7)


def test_a_lead_time_of_the_product_stands_in_for_its_supplier_s() -> None:
    make_product(lead_time_days=Decimal("3"), supplier=make_supplier(order_weekdays=[1, 4]))

    products = load_range(Scope().products(), now=NOW)

    assert products.interval.lead_time_days[0] == 3
    assert products.interval.review_days[0] == 3.5


# --- predictions ----------------------------------------------------------------------------


def test_predictions_are_stored_with_their_figures() -> None:
    product = steady_product(2)

    run = update_inventory_predictions(now=NOW)

    prediction = InventoryPrediction.objects.get()
    product.refresh_from_db()
    # 7 days of lead time and 1 of review at 2 a day
    assert prediction.predicted == prediction.proposed == 16
    assert prediction.daily_mean == pytest.approx(2)
    # Counts vary at least as Poisson(2) does: sd 1.41.
    assert 1.41 < prediction.daily_sd < 2
    assert prediction.quantiles["7"]["0.5"] == 14
    assert prediction.quantiles["P"]["0.5"] == 16
    assert prediction.quantiles["P"]["0.95"] > 20
    assert set(prediction.quantiles) == {"7", "14", "28", "P"}
    assert prediction.days["first_day"] == timezone.localdate(NOW).isoformat()
    assert prediction.days["mean"] == [2] * 7
    assert prediction.days["quantiles"]["0.5"] == [2] * 7
    assert (prediction.model, prediction.history_days) == ("blend", 120)
    assert "No single method" in prediction.reason
    # Neither this forecast nor the naive one errs on average, but this one is not certain.
    assert prediction.wape == pytest.approx(0)
    assert prediction.bias == pytest.approx(0)
    assert (prediction.skill, prediction.coverage, prediction.origins) == (0, 1, 8)
    # 16 / (16 + 5.3), and coverage 1 drawn to 0.9 is three quarters as good as 0.8
    assert prediction.confidence == pytest.approx(0.75 * 0.751, abs=0.001)
    assert prediction.censored_days == 0
    assert (prediction.run, prediction.computed_at) == (run, NOW)
    assert product.demand_class == "smooth"
    assert (run.status, run.products_done, run.products_total) == (RunStatus.DONE, 1, 1)
    assert run.finished_at is not None


def test_a_rerun_replaces_the_prediction() -> None:
    product = steady_product(2)
    update_inventory_predictions(now=NOW)
    sold(product, 2, last_day=YESTERDAY + timedelta(days=1))

    run = update_inventory_predictions(now=NOW + timedelta(days=1))

    prediction = InventoryPrediction.objects.get()
    assert prediction.run == run
    assert prediction.history_days == 121


def test_products_without_history_get_a_prediction_of_nothing() -> None:
    make_product()

    update_inventory_predictions(now=NOW)

    prediction = InventoryPrediction.objects.get()
    assert prediction.predicted == 0
    assert (prediction.confidence, prediction.history_days) == (0, 0)
    assert prediction.wape is None


def test_an_empty_range_is_no_error() -> None:
    assert update_inventory_predictions(now=NOW).status == RunStatus.DONE
    assert generate_reorder_suggestions(now=NOW).status == RunStatus.DONE


def test_one_product_is_compared_with_its_whole_category() -> None:
    steady_product(5, category="Tea")
    new = make_product(category="Tea")
    sold(new, 5)

    run = update_inventory_predictions(now=NOW, scope=Scope(product_ids=(new.pk,)))

    # (5 + 14 x 5) / 15; only the product asked for is written
    assert InventoryPrediction.objects.get().product == new
    assert InventoryPrediction.objects.get().daily_mean == 5
    assert (run.products_total, run.product_ids) == (1, [new.pk])


def test_a_category_alone() -> None:
    steady_product(category="Tea")
    steady_product(category="Coffee")

    update_inventory_predictions(now=NOW, scope=Scope(category="Tea"))

    assert InventoryPrediction.objects.get().product.category == "Tea"
