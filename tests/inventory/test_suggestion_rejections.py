"""Suggestions put aside: rejected, snoozed, in a draft; and planning meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from inventory.choices import SuggestionState
from inventory.models import (
    PurchaseOrderLine,
    ReorderSuggestion,
)
from inventory.planner.planning import plan_company
from inventory.services.drafts import add_to_draft
from inventory.services.orders import (
    LineInput,
    cancel_order,
    send_order,
)
from inventory.services.suggestions import (
    BadSnooze,
    SuggestionDecided,
    reject_suggestion,
    snooze_suggestions,
    wake_suggestion,
)
from techmart.core.corrections import ReasonMissing
from tests.inventory.factories import NOW, make_product, make_user, sell
from tests.inventory.planned import predict_and_plan, steady_product
from tests.inventory.suggested import accept, low_product, open_of, plan, reject, state_of, suggest

pytestmark = pytest.mark.django_db


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
