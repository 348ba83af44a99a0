"""What people take of suggestions, and what becomes of it."""

import pytest

from inventory.choices import OrderState, SuggestionState
from inventory.models import (
    PurchaseOrder,
    PurchaseOrderLine,
)
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
    NothingToOrder,
    SuggestionDecided,
    accept_suggestions,
    edit_suggestion,
)
from techmart.core.models import AuditEntry
from tests.inventory.factories import NOW, make_product, make_supplier, make_user
from tests.inventory.suggested import accept, state_of, suggest

pytestmark = pytest.mark.django_db


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
