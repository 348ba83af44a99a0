"""Predictions, classes and suggestions from rows to rows, once and again."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from alerts.models import Alert, AlertEvent
from inventory.choices import RunKind, RunStatus, SuggestionState
from inventory.models import (
    ForecastRun,
    InventoryPrediction,
    Product,
    ProductDaily,
    ProductTotals,
    Receipt,
    ReorderSuggestion,
)
from inventory.planner import (
    RunRefused,
    Scope,
    assign_product_classes,
    generate_reorder_suggestions,
    proposals,
    request_run,
    update_inventory_predictions,
)
from inventory.planner.demand_rows import load_demand
from inventory.planner.loading import load_range
from inventory.reorder.arithmetic import recompute
from inventory.services.orders import LineInput, create_order, receive_line, send_order
from techmart.core.models import AuditEntry, Outbox, ShopSettings
from techmart.lib.locks import lock_key
from tests.inventory.factories import NOW, make_product, make_supplier, make_user, sell

pytestmark = pytest.mark.django_db

YESTERDAY = timezone.localdate(NOW) - timedelta(days=1)


def sold(product: Product, *units: int, last_day: date = YESTERDAY) -> None:
    """Write the demand of successive days, the last of them on last_day."""
    first_day = last_day - timedelta(days=len(units) - 1)
    ProductDaily.objects.bulk_create(
        ProductDaily(
            product=product, day=first_day + timedelta(days=n), demand_units=day, units=day
        )
        for n, day in enumerate(units)
        if day
    )


def steady_product(units: int = 2, *, days: int = 120, **fields: Any) -> Product:
    """Return a product that sold the same each day."""
    product = make_product(**fields)
    sold(product, *[units] * days)
    return product


def predict_and_plan() -> None:
    """Run both, as the schedule does."""
    update_inventory_predictions(now=NOW)
    generate_reorder_suggestions(now=NOW)


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


# --- runs -----------------------------------------------------------------------------------


def test_a_run_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    steady_product()
    monkeypatch.setattr("inventory.planner.predictions.predict", lambda *_args, **_kwargs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        update_inventory_predictions(now=NOW)

    run = ForecastRun.objects.get()
    assert run.status == RunStatus.FAILED
    assert run.error == "ZeroDivisionError: division by zero"


def test_a_second_run_at_the_same_time_is_skipped() -> None:
    steady_product()
    settings = connection.get_connection_params()
    known = {"dbname", "user", "password", "host", "port"}
    with psycopg.connect(**{key: settings[key] for key in known & set(settings)}) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock_key("inventory.predictions")])

        run = update_inventory_predictions(now=NOW)

    assert run.status == RunStatus.SKIPPED
    assert not InventoryPrediction.objects.exists()


def test_a_run_whose_worker_was_lost_is_failed_by_the_next() -> None:
    lost = ForecastRun.objects.create(kind=RunKind.PREDICTIONS, as_of=NOW)

    update_inventory_predictions(now=NOW)

    lost.refresh_from_db()
    assert (lost.status, lost.error) == (RunStatus.FAILED, "Its worker was lost.")


def test_a_run_that_a_person_asks_for_is_queued_and_taken_up() -> None:
    product = steady_product()
    other = steady_product()
    actor = make_user()

    run = request_run(
        kind=RunKind.PREDICTIONS, scope=Scope(product_ids=(product.pk,)), actor=actor, now=NOW
    )

    message = Outbox.objects.get()
    assert (run.status, run.products_total, run.triggered_by) == ("queued", 1, "Planner")
    assert message.payload["task"] == "inventory.update_inventory_predictions"
    assert message.payload["kwargs"] == {"run_id": run.pk}

    taken_up = update_inventory_predictions(now=NOW, run_id=run.pk)

    assert (taken_up.pk, taken_up.status) == (run.pk, RunStatus.DONE)
    assert InventoryPrediction.objects.get().product == product
    assert not InventoryPrediction.objects.filter(product=other).exists()


def test_a_run_delivered_twice_is_done_once() -> None:
    steady_product()
    run = request_run(kind=RunKind.PREDICTIONS, scope=Scope(), actor=make_user(), now=NOW)
    update_inventory_predictions(now=NOW, run_id=run.pk)
    InventoryPrediction.objects.update(model="kept")

    update_inventory_predictions(now=NOW, run_id=run.pk)

    assert InventoryPrediction.objects.get().model == "kept"


def test_the_whole_range_runs_every_five_minutes_at_most() -> None:
    actor = make_user()
    update_inventory_predictions(now=NOW)

    with pytest.raises(RunRefused) as refused:
        request_run(
            kind=RunKind.PREDICTIONS, scope=Scope(), actor=actor, now=NOW + timedelta(minutes=4)
        )

    assert refused.value.retry_after_seconds == 60
    request_run(
        kind=RunKind.PREDICTIONS, scope=Scope(), actor=actor, now=NOW + timedelta(minutes=5)
    )
    with pytest.raises(RunRefused):
        request_run(
            kind=RunKind.PREDICTIONS, scope=Scope(), actor=actor, now=NOW + timedelta(minutes=11)
        )
    # Suggestions have a rate of their own.
    request_run(kind=RunKind.SUGGESTIONS, scope=Scope(), actor=actor, now=NOW)


def test_parts_run_six_times_a_minute_at_most() -> None:
    actor = make_user()
    for second in range(6):
        request_run(
            kind=RunKind.PREDICTIONS,
            scope=Scope(category="Tea"),
            actor=actor,
            now=NOW + timedelta(seconds=second),
        )

    with pytest.raises(RunRefused) as refused:
        request_run(
            kind=RunKind.PREDICTIONS,
            scope=Scope(category="Tea"),
            actor=actor,
            now=NOW + timedelta(seconds=10),
        )

    assert refused.value.retry_after_seconds == 50
    assert ForecastRun.objects.count() == 6


def test_no_receipt_is_needed_to_plan() -> None:
    steady_product(2, stock=10)

    predict_and_plan()

    assert not Receipt.objects.exists()
    assert ReorderSuggestion.objects.get().arithmetic["inputs"]["lead_time_days"] == 7
