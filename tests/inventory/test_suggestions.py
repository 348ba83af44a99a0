"""What people decide of suggestions, and what becomes of it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections

from inventory.choices import OrderState, RunKind, SuggestionState
from inventory.models import (
    ForecastRun,
    Product,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderSuggestion,
)
from inventory.planner import generate_reorder_suggestions
from inventory.planner.planning import plan_company
from inventory.services.drafts import add_to_draft, change_draft_line, remove_draft_line
from inventory.services.orders import (
    LineInput,
    OrderRefused,
    cancel_order,
    close_order,
    receive_line,
    send_order,
)
from inventory.services.quantities import QuantityRefused
from inventory.services.suggestions import (
    BadSnooze,
    NothingToOrder,
    SuggestionDecided,
    accept_suggestions,
    edit_suggestion,
    reject_suggestion,
    snooze_suggestions,
    wake_suggestion,
)
from techmart.core.corrections import ReasonMissing
from techmart.core.models import AuditEntry
from tests.inventory.factories import NOW, make_product, make_supplier, make_user, sell
from tests.inventory.test_planner import predict_and_plan, steady_product

pytestmark = pytest.mark.django_db


def suggest(product: Product, quantity: int = 40, **fields: Any) -> ReorderSuggestion:
    """Write an open suggestion."""
    run = ForecastRun.objects.create(kind=RunKind.SUGGESTIONS, as_of=NOW)
    return ReorderSuggestion.objects.create(
        **{
            "product": product,
            "run": run,
            "quantity": quantity,
            "unit_cost": product.unit_cost,
            "expected_lost_margin": Decimal("10"),
            "lost_revenue_per_day": Decimal("5"),
            "p_stockout": 0.4,
            "confidence": 0.7,
            "created_at": NOW,
            "updated_at": NOW,
        }
        | fields
    )


def accept(*suggestions: ReorderSuggestion) -> list[PurchaseOrder]:
    accepted = accept_suggestions(
        suggestion_ids=[each.pk for each in suggestions], actor=None, now=NOW
    )
    return list(accepted.orders)


def state_of(suggestion: ReorderSuggestion) -> str:
    suggestion.refresh_from_db()
    return str(suggestion.state)


# --- accepting ------------------------------------------------------------------------------


def test_accepted_suggestions_are_one_draft_a_supplier() -> None:
    first, second = make_supplier(), make_supplier()
    milk, bread = make_product(supplier=first), make_product(supplier=first)
    soap = make_product(supplier=second)
    actor = make_user()
    rows = [suggest(milk, 40), suggest(bread, 7), suggest(soap, 3)]

    accepted = accept_suggestions(suggestion_ids=[row.pk for row in rows], actor=actor, now=NOW)

    lines = {
        order.supplier_id: dict(order.lines.values_list("product_id", "quantity"))
        for order in accepted.orders
    }
    assert lines == {first.pk: {milk.pk: 40, bread.pk: 7}, second.pk: {soap.pk: 3}}
    rows[0].refresh_from_db()
    assert (rows[0].state, rows[0].decided_by, rows[0].decided_at) == ("accepted", actor, NOW)
    assert rows[0].order_line == PurchaseOrderLine.objects.get(product=milk)


def test_a_draft_that_is_there_takes_more_of_the_same_product() -> None:
    product = make_product()
    draft = add_to_draft(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, 5)], actor=None, now=NOW
    )

    [order] = accept(suggest(product, 40))

    assert order.pk == draft.pk
    assert order.lines.get().quantity == 45


def test_a_sent_order_is_left_and_a_new_draft_begun() -> None:
    supplier = make_supplier()
    [order] = accept(suggest(make_product(supplier=supplier)))
    send_order(order_id=order.pk, actor=None, now=NOW)

    [other] = accept(suggest(make_product(supplier=supplier)))

    assert other.pk != order.pk


def test_accepting_is_all_or_nothing() -> None:
    taken, free = suggest(make_product()), suggest(make_product())
    accept(taken)

    with pytest.raises(SuggestionDecided, match="already accepted"):
        accept(free, taken)

    assert state_of(free) == SuggestionState.PROPOSED
    assert PurchaseOrder.objects.count() == 1


def test_what_the_cap_blocks_cannot_be_accepted() -> None:
    with pytest.raises(NothingToOrder):
        accept(suggest(make_product(), 0, state=SuggestionState.BLOCKED))


def test_an_inactive_supplier_gets_no_order() -> None:
    suggestion = suggest(make_product(supplier=make_supplier(active=False)))

    with pytest.raises(OrderRefused, match="no longer used"):
        accept(suggestion)

    assert state_of(suggestion) == SuggestionState.PROPOSED


def test_a_person_s_quantity_is_ordered() -> None:
    suggestion = suggest(make_product(pack_size=10), 40)
    edit_suggestion(suggestion_id=suggestion.pk, quantity=20, actor=None, now=NOW)
    suggestion.refresh_from_db()

    [order] = accept(suggestion)

    assert order.lines.get().quantity == 20
    entry = AuditEntry.objects.get(action="suggestion.change")
    assert (entry.before, entry.after) == ({"quantity": 40}, {"quantity": 20})


@pytest.mark.parametrize(
    ("quantity", "message"),
    [
        (0, "Order 20 or more, whole packs of 10"),
        (10, "Order 20 or more"),
        (25, "whole packs of 10: 20 or 30"),
        (70, "room for 65: order 60 or fewer"),
    ],
)
def test_a_quantity_that_is_not_delivered_is_refused(quantity: int, message: str) -> None:
    product = make_product(stock=15, pack_size=10, minimum_order_quantity=12, stock_cap=80)
    suggestion = suggest(product, 40)

    with pytest.raises(QuantityRefused, match=message) as refused:
        edit_suggestion(suggestion_id=suggestion.pk, quantity=quantity, actor=None, now=NOW)

    assert refused.value.errors[0].field == "quantity"


def test_the_planner_s_own_quantity_takes_a_change_back() -> None:
    suggestion = suggest(make_product(), 40)
    for quantity in (20, 40):
        edit_suggestion(suggestion_id=suggestion.pk, quantity=quantity, actor=None, now=NOW)

    suggestion.refresh_from_db()
    assert suggestion.edited_quantity is None


# --- following the order --------------------------------------------------------------------


def test_a_suggestion_follows_its_order_to_the_end() -> None:
    product = make_product()
    suggestion = suggest(product, 40)
    [order] = accept(suggestion)
    line = order.lines.get()

    send_order(order_id=order.pk, actor=None, now=NOW)
    states = [state_of(suggestion)]
    for units in (15, 25):
        receive_line(line_id=line.pk, quantity=units, actor=None, now=NOW)
        states.append(state_of(suggestion))

    assert states == ["ordered", "partially_received", "closed"]


def test_a_short_order_closes_its_suggestions() -> None:
    suggestion = suggest(make_product(), 40)
    [order] = accept(suggestion)
    send_order(order_id=order.pk, actor=None, now=NOW)
    receive_line(line_id=order.lines.get().pk, quantity=15, actor=None, now=NOW)

    close_order(order_id=order.pk, reason="rest is gone", actor=None, now=NOW)

    assert state_of(suggestion) == SuggestionState.CLOSED


def test_a_cancelled_order_lets_its_suggestions_go() -> None:
    suggestion = suggest(make_product(), 40)
    [order] = accept(suggestion)
    send_order(order_id=order.pk, actor=None, now=NOW)

    cancel_order(order_id=order.pk, reason="strike", actor=None, now=NOW)

    assert state_of(suggestion) == SuggestionState.SUPERSEDED
    assert suggestion.reason == f"{order.number} was cancelled: strike"


def test_a_line_taken_off_its_draft_is_open_to_decide_again() -> None:
    supplier = make_supplier()
    kept, off = (suggest(make_product(supplier=supplier)) for _ in range(2))
    [order] = accept(kept, off)
    off.refresh_from_db()

    remove_draft_line(line_id=off.order_line_id or 0, actor=None, now=NOW)

    assert (state_of(off), off.order_line, off.decided_at) == ("proposed", None, None)
    assert state_of(kept) == SuggestionState.ACCEPTED
    order.refresh_from_db()
    assert order.state == OrderState.DRAFT


def test_the_last_line_takes_its_draft_along() -> None:
    [order] = accept(suggest(make_product()))

    remove_draft_line(line_id=order.lines.get().pk, actor=None, now=NOW)

    order.refresh_from_db()
    assert (order.state, order.closed_at) == (OrderState.CANCELLED, NOW)


def test_a_line_of_a_sent_order_is_not_changed() -> None:
    [order] = accept(suggest(make_product()))
    line = order.lines.get()
    change_draft_line(line_id=line.pk, quantity=12, actor=None, now=NOW)
    send_order(order_id=order.pk, actor=None, now=NOW)

    with pytest.raises(OrderRefused, match="is sent"):
        change_draft_line(line_id=line.pk, quantity=50, actor=None, now=NOW)
    with pytest.raises(OrderRefused, match="is sent"):
        remove_draft_line(line_id=line.pk, actor=None, now=NOW)

    line.refresh_from_db()
    assert line.quantity == 12


# --- rejecting, putting off -----------------------------------------------------------------


def low_product(**fields: Any) -> Product:
    """A product that sells 2 a day, with less than it needs."""
    return steady_product(2, stock=5, **fields)


def open_of(product: Product) -> ReorderSuggestion | None:
    return ReorderSuggestion.objects.open().filter(product=product).first()


def reject(product: Product) -> ReorderSuggestion:
    suggestion = open_of(product)
    assert suggestion is not None
    return reject_suggestion(
        suggestion_id=suggestion.pk, reason="new packaging comes", actor=None, now=NOW
    )


def plan(*, days_later: float = 0) -> None:
    generate_reorder_suggestions(now=NOW + timedelta(days=days_later, minutes=1))


def test_a_rejected_suggestion_does_not_come_back_with_the_next_run() -> None:
    product = low_product()
    predict_and_plan()
    reject(product)

    plan()

    assert open_of(product) is None


def test_it_comes_back_once_the_rejection_is_old() -> None:
    product = low_product()
    predict_and_plan()
    reject(product)

    plan(days_later=13.9)
    before = open_of(product)
    plan(days_later=14.1)

    assert before is None
    assert open_of(product) is not None


def test_it_comes_back_when_running_out_becomes_likelier() -> None:
    # 2 a day for 7 days of lead time: 14 are needed; of 15 in stock one more is sold out late.
    product = steady_product(2, stock=15)
    predict_and_plan()
    suggestion = reject(product)
    assert suggestion.p_stockout < 0.5
    sell(product, 13)

    plan()

    again = open_of(product)
    assert again is not None
    assert again.p_stockout >= suggestion.p_stockout + 0.25


def test_it_comes_back_when_much_more_is_needed() -> None:
    product = low_product()
    predict_and_plan()
    suggestion = reject(product)
    need = suggestion.arithmetic["steps"][4]["need"]
    suggestion.arithmetic["steps"][4]["need"] = need / 1.5
    suggestion.save()

    plan()

    assert open_of(product) is not None


def test_what_was_ordered_after_a_rejection_ends_it() -> None:
    product = low_product()
    predict_and_plan()
    reject(product)
    later = suggest(product, 5, created_at=NOW + timedelta(seconds=1))
    [order] = accept(later)
    send_order(order_id=order.pk, actor=None, now=NOW)
    cancel_order(order_id=order.pk, reason="wrong supplier", actor=None, now=NOW)
    ReorderSuggestion.objects.filter(pk=later.pk).update(state=SuggestionState.CLOSED)

    plan()

    assert open_of(product) is not None


def test_a_rejection_says_why() -> None:
    suggestion = suggest(make_product())

    with pytest.raises(ReasonMissing):
        reject_suggestion(suggestion_id=suggestion.pk, reason=" ", actor=None, now=NOW)

    assert state_of(suggestion) == SuggestionState.PROPOSED


def test_a_decided_suggestion_says_who_was_first() -> None:
    suggestion = suggest(make_product(name="Milk"))
    reject_suggestion(suggestion_id=suggestion.pk, reason="no", actor=make_user(), now=NOW)

    with pytest.raises(SuggestionDecided, match="Milk is already rejected, by Planner"):
        reject_suggestion(suggestion_id=suggestion.pk, reason="no", actor=None, now=NOW)
    with pytest.raises(SuggestionDecided, match="gone"):
        reject_suggestion(suggestion_id=suggestion.pk + 1, reason="no", actor=None, now=NOW)


def test_a_snoozed_suggestion_stays_open_and_a_rerun_leaves_it_so() -> None:
    product = low_product()
    predict_and_plan()
    suggestion = open_of(product)
    assert suggestion is not None
    until = NOW + timedelta(days=3)

    snooze_suggestions(suggestion_ids=[suggestion.pk], until=until, actor=None, now=NOW)
    plan()

    suggestion.refresh_from_db()
    assert (suggestion.snoozed_until, suggestion.reruns) == (until, 1)
    assert wake_suggestion(suggestion_id=suggestion.pk, actor=None, now=NOW).snoozed_until is None


@pytest.mark.parametrize("days", [-1, 0, 91])
def test_snoozed_until_a_moment_to_come(days: int) -> None:
    suggestion = suggest(make_product())

    with pytest.raises(BadSnooze):
        snooze_suggestions(
            suggestion_ids=[suggestion.pk], until=NOW + timedelta(days=days), actor=None, now=NOW
        )


# --- never twice ----------------------------------------------------------------------------


def test_what_stands_in_a_draft_is_not_suggested_again() -> None:
    product = low_product()
    predict_and_plan()
    suggestion = open_of(product)
    assert suggestion is not None
    # Drafted by hand, beside the suggestion.
    add_to_draft(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, 500)], actor=None, now=NOW
    )

    plan()

    assert state_of(suggestion) == SuggestionState.SUPERSEDED


def test_a_run_leaves_accepted_ones_and_orders_nothing_more() -> None:
    product = low_product()
    predict_and_plan()
    suggestion = open_of(product)
    assert suggestion is not None
    [order] = accept(suggestion)

    plan()
    send_order(order_id=order.pk, actor=None, now=NOW)
    plan()

    assert state_of(suggestion) == SuggestionState.ORDERED
    assert open_of(product) is None
    assert PurchaseOrderLine.objects.filter(product=product).count() == 1


def test_a_rejection_while_the_plan_was_made_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    product = low_product()
    predict_and_plan()
    suggestion = open_of(product)
    assert suggestion is not None

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        company = plan_company(*args, **kwargs)
        reject_suggestion(
            suggestion_id=suggestion.pk,
            reason="no",
            actor=None,
            now=NOW + timedelta(minutes=2),
        )
        return company

    monkeypatch.setattr("inventory.planner.suggestions.plan_company", meanwhile)

    plan()

    assert open_of(product) is None


def at_once(*acts: Callable[[], object]) -> list[BaseException | None]:
    """Run acts in threads of their own that start together; what each raised."""
    barrier = Barrier(len(acts))
    raised: list[BaseException | None] = [None] * len(acts)

    def run(index: int, act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except Exception as error:
            raised[index] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_order_once() -> None:
    suggestion = suggest(make_product())

    raised = at_once(*[lambda: accept(suggestion)] * 4)

    assert sum(error is None for error in raised) == 1
    assert all(isinstance(error, SuggestionDecided) for error in raised if error)
    assert PurchaseOrderLine.objects.get().quantity == 40


@pytest.mark.django_db(transaction=True)
def test_suggestions_of_one_supplier_at_once_share_one_draft() -> None:
    supplier = make_supplier()
    rows = [suggest(make_product(supplier=supplier)) for _ in range(4)]

    raised = at_once(*[lambda row=row: accept(row) for row in rows])

    assert raised == [None] * 4
    assert PurchaseOrder.objects.get().lines.count() == 4


@pytest.mark.django_db(transaction=True)
def test_planning_and_sending_at_once_never_order_twice() -> None:
    product = low_product()
    predict_and_plan()
    suggestion = open_of(product)
    assert suggestion is not None
    [order] = accept(suggestion)

    raised = at_once(plan, lambda: send_order(order_id=order.pk, actor=None, now=NOW), plan)

    assert raised == [None] * 3
    assert open_of(product) is None
    product.refresh_from_db()
    assert product.on_order_quantity == suggestion.quantity
