"""A supplier on other terms: the very plan that a run with those terms makes."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from inventory.models import Product, ReorderSuggestion, Supplier
from inventory.planner import (
    assign_product_classes,
    generate_reorder_suggestions,
    update_inventory_predictions,
)
from inventory.planner.loading import load_range
from inventory.planner.what_if import Assumptions, WhatIf, supplier_what_if
from inventory.reorder.supplier_terms import SupplierTerms, lateness, mean_delay_days
from inventory.services.orders import LineInput, create_order, receive_line, send_order
from techmart.core.problems import Refusal
from techmart.core.shop import change_shop_settings
from tests.inventory.factories import NOW, make_product, make_supplier
from tests.inventory.planned import sold

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplier() -> Supplier:
    """A supplier of even, uneven, capped and unsold products, with predictions and receipts."""
    supplier = make_supplier(
        lead_time_days=Decimal("5"), lead_time_sd_days=Decimal("1"), order_weekdays=[2]
    )
    chance = np.random.default_rng(3)
    for number in range(8):
        product = make_product(
            supplier=supplier,
            stock=int(chance.integers(0, 60)),
            pack_size=int(chance.integers(1, 12)),
            unit_cost=Decimal(int(chance.integers(1, 9))),
            price=Decimal("12"),
            stock_cap=40 if number == 7 else None,
        )
        demand = chance.poisson(0.2 if number in (4, 5) else 3.0, 120)
        sold(product, *([] if number == 6 else demand.tolist()))
    first = Product.objects.order_by("pk").first()
    assert first is not None
    deliver(first, days=9)
    update_inventory_predictions(now=NOW)
    # Weekly; a run that found them due would plan with other ones than before it.
    assign_product_classes(now=NOW)
    return supplier


def deliver(product: Product, *, days: int) -> None:
    """Receive an order after so many days."""
    sent = NOW - timedelta(days=days)
    order = create_order(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, 1)], actor=None, now=sent
    )
    send_order(order_id=order.pk, actor=None, now=sent)
    receive_line(line_id=order.lines.get().pk, quantity=1, actor=None, now=NOW)


def assert_equals_a_run(found: WhatIf) -> None:
    """Run the planner over the stored terms; every figure is the same, to the last digit."""
    generate_reorder_suggestions(now=NOW)
    products = {product.sku: product for product in Product.objects.all()}
    suggested = {one.product.sku: one for one in ReorderSuggestion.objects.open()}
    assert len(found.products) == len(products) == 8
    for change in found.products:
        product, after = products[change.sku], change.after
        assert (product.reorder_threshold, product.order_up_to) == (
            after.reorder_point,
            after.order_up_to,
        )
        suggestion = suggested.pop(change.sku, None)
        assert (suggestion.quantity if suggestion else 0) == after.order_units
        if suggestion:
            assert suggestion.p_stockout == after.p_stockout
            assert float(suggestion.expected_lost_margin) == round(after.expected_lost_margin, 2)
            given = suggestion.arithmetic["inputs"]
            assert given["lead_time_days"] == after.lead_time_days
            assert given["lead_time_sd_days"] == after.lead_time_sd_days
    assert not suggested


@pytest.mark.parametrize(
    ("assumed", "stored"),
    [
        ({"lead_time_days": 14.0}, {"lead_time_days": Decimal(14)}),
        (
            {"lead_time_days": 2.0, "lead_time_sd_days": 0.0},
            {"lead_time_days": Decimal(2), "lead_time_sd_days": Decimal(0)},
        ),
        ({"lead_time_sd_days": 4.0}, {"lead_time_sd_days": Decimal(4)}),
        ({"review_days": 3.5}, {"order_weekdays": [1, 4]}),
        ({"minimum_order_value": 2500.0}, {"minimum_order_value": Decimal(2500)}),
    ],
)
def test_a_new_promise_equals_a_run_with_it(
    supplier: Supplier, assumed: dict[str, float], stored: dict[str, Any]
) -> None:
    found = supplier_what_if(supplier, Assumptions(**assumed, count_receipts=True), now=NOW)
    Supplier.objects.update(**stored)

    assert_equals_a_run(found)
    assert found.before != found.after


def test_a_lead_time_taken_for_true_sets_receipts_aside(supplier: Supplier) -> None:
    found = supplier_what_if(supplier, Assumptions(lead_time_days=14, lead_time_sd_days=3), now=NOW)

    assert {change.after.lead_time_days for change in found.products} == {14}
    assert {change.after.lead_time_sd_days for change in found.products} == {3}
    # The receipt after 9 days counts in the plan as it is.
    assert found.before.lead_time_days > 5


def test_another_reliability_equals_a_run_with_the_lead_times_it_means(
    supplier: Supplier,
) -> None:
    # 0.80 now. A late delivery comes d late: one fifth more of them are late.
    assumed = Assumptions(lead_time_days=6, lead_time_sd_days=2, reliability=0.6)
    found = supplier_what_if(supplier, assumed, now=NOW)
    d = found.delay_days
    variance = 4 + d**2 * (2 * 0.2 - (0.4**2 - 0.2**2))
    again = replace(assumed, lead_time_days=6 + 0.2 * d, lead_time_sd_days=variance**0.5)

    same = supplier_what_if(supplier, replace(again, reliability=None), now=NOW)

    assert found.after.lead_time_days == pytest.approx(6 + 0.2 * d)
    assert found.after.lead_time_sd_days == pytest.approx(variance**0.5)
    assert [change.after.reorder_point for change in found.products] == [
        change.after.reorder_point for change in same.products
    ]
    assert found.after.cash_tied > found.before.cash_tied


def test_service_by_cost_is_what_a_run_has_then(supplier: Supplier) -> None:
    by_class = supplier_what_if(supplier, Assumptions(lead_time_days=14), now=NOW)
    change_shop_settings(changes={"service_mode": "cost"}, actor=None, now=NOW)

    found = supplier_what_if(supplier, Assumptions(lead_time_days=14, count_receipts=True), now=NOW)
    Supplier.objects.update(lead_time_days=Decimal(14))

    assert_equals_a_run(found)
    assert (by_class.service_mode, found.service_mode) == ("class", "cost")
    assert found.before.reorder_units > by_class.before.reorder_units


def test_nothing_assumed_changes_nothing(supplier: Supplier) -> None:
    found = supplier_what_if(supplier, Assumptions(), now=NOW)

    assert found.before == found.after
    assert all(change.before == change.after for change in found.products)


def test_the_same_reliability_changes_nothing(supplier: Supplier) -> None:
    found = supplier_what_if(
        supplier, Assumptions(reliability=float(supplier.reliability)), now=NOW
    )

    assert found.before == found.after


def test_nothing_is_written(supplier: Supplier) -> None:
    before = list(Product.objects.order_by("pk").values()), list(Supplier.objects.values())

    supplier_what_if(supplier, Assumptions(lead_time_days=40), now=NOW)

    assert before == (
        list(Product.objects.order_by("pk").values()),
        list(Supplier.objects.values()),
    )
    assert not ReorderSuggestion.objects.exists()


def test_longer_takes_more_stock_and_runs_out_more_often(supplier: Supplier) -> None:
    found = supplier_what_if(supplier, Assumptions(lead_time_days=30), now=NOW)

    assert found.after.reorder_units > found.before.reorder_units
    assert found.after.stockouts > found.before.stockouts
    cash = [abs(change.after.cash_tied - change.before.cash_tied) for change in found.products]
    assert cash == sorted(cash, reverse=True)


def test_a_supplier_without_forecasts_is_refused() -> None:
    with pytest.raises(Refusal, match="Run the forecasts first"):
        supplier_what_if(make_supplier(), Assumptions(lead_time_days=3), now=NOW)


def test_queries_do_not_grow_with_products(
    supplier: Supplier, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # The plan twice (products, receipts, predictions, shop, demand; aside receipts the second
    # time), late deliveries and names.
    with django_assert_num_queries(13):
        supplier_what_if(supplier, Assumptions(lead_time_days=9), now=NOW)


# --- the model of reliability ----------------------------------------------------------------


def test_lateness_is_the_law_of_total_variance() -> None:
    # Late with 0.1 and 0.3 by an exponential of mean 4: means 0.4 and 1.2; variances
    # 2·0.1·16 − 0.01·16 = 3.04 and 2·0.3·16 − 0.09·16 = 8.16.
    days, variance = lateness(present=0.9, assumed=0.7, delay_days=4)

    assert [days, variance] == pytest.approx([0.8, 8.16 - 3.04])


def test_a_better_supplier_never_gets_a_negative_spread() -> None:
    terms = SupplierTerms(added_days=-9, added_variance=-9)

    mean, sd = terms.shifted(np.array([5.0]), np.array([1.0]))

    assert (mean[0], sd[0]) == (0, 0)


def test_few_late_deliveries_are_drawn_to_half_the_lead_time() -> None:
    # (2 + 4 + 5 · 5) / (2 + 5)
    assert mean_delay_days(np.array([2.0, 4.0]), lead_time_days=10) == pytest.approx(31 / 7)


def test_assumed_terms_leave_a_product_s_own_lead_time(supplier: Supplier) -> None:
    Product.objects.update(lead_time_days=Decimal("2"))

    found = supplier_what_if(supplier, Assumptions(lead_time_days=20), now=NOW)

    assert found.own_lead_times == 8
    assert found.after.lead_time_days == pytest.approx(2)


def test_terms_reach_every_product_of_the_range(supplier: Supplier) -> None:
    products = load_range(
        Product.objects.all(), now=NOW, terms=SupplierTerms(review_days=9, minimum_order_value=70)
    )

    assert set(products.interval.review_days.tolist()) == {9}
    assert set(products.supplier_minimum.tolist()) == {70}
