"""Suggestions, levels and classes from rows to rows, once and again."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from alerts.models import Alert, AlertEvent
from inventory.choices import RunKind, RunStatus, SuggestionState
from inventory.models import (
    ForecastRun,
    InventoryPrediction,
    ProductTotals,
    Receipt,
    ReorderSuggestion,
)
from inventory.planner import (
    Scope,
    assign_product_classes,
    generate_reorder_suggestions,
    proposals,
    update_inventory_predictions,
    update_reorder_points,
)
from inventory.reorder.arithmetic import recompute
from inventory.services.orders import LineInput, create_order, receive_line, send_order
from techmart.core.models import AuditEntry, ShopSettings
from techmart.core.shop import change_shop_settings
from tests.inventory.factories import NOW, make_supplier, sell
from tests.inventory.planned import YESTERDAY, predict_and_plan, steady_product

pytestmark = pytest.mark.django_db


# --- suggestions ----------------------------------------------------------------------------


def test_levels_and_a_suggestion_from_rows_to_rows() -> None:
    ShopSettings.objects.create(holding_rate=Decimal("0.25"), order_cost=Decimal("8"))
    product = steady_product(2, stock=10)

    predict_and_plan()

    product.refresh_from_db()
    suggestion = ReorderSuggestion.objects.get()
    # Mean 16, variance 28: negative binomial, class CX (no margin yet): 0.93 -> 24. EOQ with
    # D = 730 and h = 0.75: sqrt(2 x 8 x 730 / 0.75) = 124.79. S = 24 + 125; need 149 - 10.
    assert product.xyz_class == "X"
    assert (product.reorder_threshold, product.order_up_to) == (24, 149)
    assert (suggestion.state, suggestion.quantity) == (SuggestionState.PROPOSED, 139)
    assert suggestion.unit_cost == Decimal("3")
    assert recompute(suggestion.arithmetic) == 139
    # Negative binomial of 7 days, mean 14 and variance 24.7, above 10; 2 a day at 5
    assert suggestion.p_stockout == pytest.approx(0.7469, abs=0.0001)
    assert suggestion.lost_revenue_per_day == Decimal("7.47")
    # 10 pieces at 2 a day: the median day is the fifth; the chance passes 0.07 on the third, at
    # mean 6 and variance 10.6.
    assert suggestion.expected_stockout_on == timezone.localdate(NOW) + timedelta(days=5)
    assert suggestion.need_by == timezone.localdate(NOW) + timedelta(days=3)


def test_reorder_points_can_be_had_before_anything_is_suggested() -> None:
    product = steady_product(2, stock=10)
    update_inventory_predictions(now=NOW)

    run = update_reorder_points(now=NOW, triggered_by="load")

    product.refresh_from_db()
    assert (run.status, run.triggered_by) == (RunStatus.DONE, "load")
    assert product.order_up_to > product.reorder_threshold > 10
    assert not product.suggestions.exists()
    levels = (product.reorder_threshold, product.order_up_to)

    generate_reorder_suggestions(now=NOW)

    product.refresh_from_db()
    assert (product.reorder_threshold, product.order_up_to) == levels
    assert product.suggestions.exists()


def test_service_by_cost_is_planned_with_and_stored() -> None:
    product = steady_product(2, stock=10)
    without_margin = steady_product(2, stock=10, price=Decimal("3"))
    predict_and_plan()
    before = product.suggestions.get().quantity

    change_shop_settings(changes={"service_mode": "cost"}, actor=None, now=NOW)
    generate_reorder_suggestions(now=NOW + timedelta(hours=12))

    # 2.00 earned, 3.00 held a day for 0.0021: 0.9990, kept to 0.995. Negative binomial of mean
    # 16 and variance 28: 24 at 0.93, 32 at 0.995.
    product.refresh_from_db()
    stored = product.suggestions.get().arithmetic
    assert product.reorder_threshold == 32
    assert stored["inputs"]["service_mode"] == "cost"
    assert (stored["steps"][1]["by_cost"], stored["steps"][1]["service"]) == (True, 0.995)
    assert recompute(stored) == product.suggestions.get().quantity == before + 8
    # What earns nothing goes on by its class.
    without_margin.refresh_from_db()
    step = without_margin.suggestions.get().arithmetic["steps"][1]
    assert without_margin.reorder_threshold == 24
    assert (step["by_cost"], step["service"]) == (False, 0.93)


def test_a_rerun_updates_in_place() -> None:
    product = steady_product(2, stock=10)
    predict_and_plan()
    first = ReorderSuggestion.objects.get()
    sell(product, 4)

    generate_reorder_suggestions(now=NOW + timedelta(hours=12))

    again = ReorderSuggestion.objects.get()
    assert again.pk == first.pk
    assert (again.reruns, again.quantity) == (1, first.quantity + 4)
    assert (again.created_at, again.updated_at) == (NOW, NOW + timedelta(hours=12))


def test_what_is_on_its_way_is_not_suggested_again() -> None:
    product = steady_product(2, stock=10)
    predict_and_plan()
    suggestion = ReorderSuggestion.objects.get()
    order = create_order(
        supplier_id=product.supplier_id,
        lines=[LineInput(product.pk, suggestion.quantity)],
        actor=None,
        now=NOW,
    )
    send_order(order_id=order.pk, actor=None, now=NOW)

    for _ in range(2):
        generate_reorder_suggestions(now=NOW)

    suggestion.refresh_from_db()
    assert suggestion.state == SuggestionState.SUPERSEDED
    assert ReorderSuggestion.objects.count() == 1


def test_an_order_sent_while_the_plan_was_made_withdraws_the_suggestion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = steady_product(2, stock=10)
    update_inventory_predictions(now=NOW)

    def order_first(*args: Any, **kwargs: Any) -> Any:
        order = create_order(
            supplier_id=product.supplier_id,
            lines=[LineInput(product.pk, 500)],
            actor=None,
            now=NOW,
        )
        send_order(order_id=order.pk, actor=None, now=NOW)
        return proposed(*args, **kwargs)

    proposed: Callable[..., Any] = proposals.propose
    monkeypatch.setattr("inventory.planner.planning.propose", order_first)

    generate_reorder_suggestions(now=NOW)

    assert not ReorderSuggestion.objects.exists()


def test_an_accepted_suggestion_is_a_person_s() -> None:
    product = steady_product(2, stock=10)
    predict_and_plan()
    ReorderSuggestion.objects.update(state=SuggestionState.ACCEPTED, quantity=99)
    sell(product, 4)

    generate_reorder_suggestions(now=NOW)

    kept = ReorderSuggestion.objects.get()
    assert (kept.state, kept.quantity, kept.reruns) == (SuggestionState.ACCEPTED, 99, 0)


def test_a_rejected_suggestion_stays_and_a_new_one_may_follow() -> None:
    steady_product(2, stock=10)
    predict_and_plan()
    ReorderSuggestion.objects.update(state=SuggestionState.REJECTED)

    generate_reorder_suggestions(now=NOW)

    states = ReorderSuggestion.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [SuggestionState.REJECTED, SuggestionState.PROPOSED]


def test_a_cap_that_leaves_no_room_blocks() -> None:
    steady_product(2, stock=10, stock_cap=12, minimum_order_quantity=6)

    predict_and_plan()

    blocked = ReorderSuggestion.objects.get()
    assert (blocked.state, blocked.quantity) == (SuggestionState.BLOCKED, 0)
    assert recompute(blocked.arithmetic) == 0


def test_orders_below_a_supplier_s_minimum_are_topped_up() -> None:
    supplier = make_supplier(minimum_order_value=Decimal("500"))
    steady_product(2, stock=10, supplier=supplier)

    predict_and_plan()

    # 137 x 3 = 411: thirty more make 501; cover is then (10 + 167) / 2 days.
    suggestion = ReorderSuggestion.objects.get()
    assert (suggestion.state, suggestion.quantity) == (SuggestionState.PROPOSED, 167)
    assert recompute(suggestion.arithmetic) == 167
    assert suggestion.arithmetic["steps"][5]["order_value"] == 501


def test_orders_that_cannot_reach_the_minimum_wait() -> None:
    supplier = make_supplier(minimum_order_value=Decimal("5000"))
    steady_product(2, stock=10, supplier=supplier)

    predict_and_plan()

    suggestion = ReorderSuggestion.objects.get()
    assert suggestion.state == SuggestionState.WAITING_MOV
    # up to 120 days of cover, 240 pieces with the 10 at hand
    assert suggestion.quantity == 230
    assert suggestion.arithmetic["steps"][5]["wait_until"] > timezone.localdate(NOW).isoformat()


def test_products_out_of_the_range_or_without_a_prediction_are_left_alone() -> None:
    steady_product(2, active=False)
    steady_product(2)

    generate_reorder_suggestions(now=NOW)

    assert not ReorderSuggestion.objects.exists()


def test_a_part_of_the_range_takes_its_supplier_along_and_nobody_else() -> None:
    supplier = make_supplier()
    wanted = steady_product(2, supplier=supplier)
    sibling = steady_product(2, supplier=supplier)
    other = steady_product(2)
    predict_and_plan()
    assert ReorderSuggestion.objects.count() == 3

    generate_reorder_suggestions(now=NOW, scope=Scope(product_ids=(wanted.pk,)))

    reruns = dict(ReorderSuggestion.objects.values_list("product_id", "reruns"))
    assert reruns == {wanted.pk: 1, sibling.pk: 1, other.pk: 0}


def test_new_levels_raise_and_end_stock_alerts() -> None:
    low = steady_product(2, stock=10)

    predict_and_plan()

    assert Alert.objects.get().dedupe_key == f"stock.low:{low.pk}"


def test_levels_that_stay_are_not_written_again() -> None:
    steady_product(2, stock=10)
    predict_and_plan()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid FROM products")
        place = cursor.fetchone()

        generate_reorder_suggestions(now=NOW)

        cursor.execute("SELECT ctid FROM products")
        assert cursor.fetchone() == place


def test_no_receipt_is_needed_to_plan() -> None:
    steady_product(2, stock=10)

    predict_and_plan()

    assert not Receipt.objects.exists()
    assert ReorderSuggestion.objects.get().arithmetic["inputs"]["lead_time_days"] == 7


# --- classes --------------------------------------------------------------------------------


def test_classes_follow_margin_and_error() -> None:
    star, dud = steady_product(2), steady_product(2)
    for product, gross in ((star, 900), (dud, 10)):
        ProductTotals.objects.create(product=product, window=365, gross=gross, cost=5)
    update_inventory_predictions(now=NOW)

    run = assign_product_classes(now=NOW)

    star.refresh_from_db()
    dud.refresh_from_db()
    assert (star.abc_class, star.xyz_class) == ("A", "X")
    assert dud.abc_class == "C"
    assert (run.kind, run.status, run.products_done) == (RunKind.CLASSES, RunStatus.DONE, 2)


def test_a_class_that_changes_is_told_of_and_the_first_is_not() -> None:
    star, dud = steady_product(2), steady_product(2)
    for product, gross in ((star, 900), (dud, 10)):
        ProductTotals.objects.create(product=product, window=365, gross=gross)
    update_inventory_predictions(now=NOW)
    assign_product_classes(now=NOW)
    assert not AuditEntry.objects.exists()

    ProductTotals.objects.filter(product=dud).update(gross=2_000)
    assign_product_classes(now=NOW + timedelta(days=7))

    # Dud earns 2,000 of 2,900, 69 %: it is A, and star comes after it at 69 %, still A.
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject_id) == ("product.classify", dud.pk)
    assert (entry.before["abc_class"], entry.after["abc_class"]) == ("C", "A")
    assert AlertEvent.objects.filter(kind="classified").count() == 2


def test_a_suggestion_names_the_rows_it_came_from() -> None:
    product = steady_product(2, stock=5)
    order = create_order(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, 1)], actor=None, now=NOW
    )
    send_order(order_id=order.pk, actor=None, now=NOW - timedelta(days=5))
    receive_line(line_id=order.lines.get().pk, quantity=1, actor=None, now=NOW)
    predict_and_plan()

    sources = ReorderSuggestion.objects.get().arithmetic["sources"]

    prediction = InventoryPrediction.objects.get()
    assert sources["prediction"] == {
        "run": prediction.run_id,
        "computed_at": prediction.computed_at.isoformat(),
    }
    assert sources["demand_days"][1] == YESTERDAY.isoformat()
    assert sources["receipts"] == {"product": 1, "supplier": 1}
    # A receipt moved its cost.
    assert (sources["product_version"], sources["supplier_version"]) == (2, 1)


def test_the_planner_renews_classes_once_a_week() -> None:
    for days in (0, 6, 7, 8):
        generate_reorder_suggestions(now=NOW + timedelta(days=days))

    started = ForecastRun.objects.filter(kind=RunKind.CLASSES).order_by("started_at")
    assert [run.started_at for run in started] == [NOW, NOW + timedelta(days=7)]
