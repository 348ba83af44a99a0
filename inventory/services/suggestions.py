"""What people decide of suggestions: accepted, changed, rejected, put off.

Locks come in the order supplier, open suggestions, draft, each by key. Services of orders lock an
order first and suggestions behind its lines last: none of those is open, so nobody waits in a ring.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from alerts.choices import Topic
from alerts.services import publish
from inventory.choices import SuggestionState
from inventory.models import PurchaseOrder, PurchaseOrderLine, ReorderSuggestion, Supplier
from inventory.services.drafts import add_to_draft
from inventory.services.orders import LineInput
from inventory.services.quantities import check_quantity
from techmart.core.audit import record_audit
from techmart.core.corrections import required_reason
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal
from techmart.lib.cache import Tag, bump_on_commit

SUBJECT = "reorder_suggestion"
# Whoever waits for the supplier's minimum may order all the same; a cap blocks until it is raised.
UNDECIDED = (SuggestionState.PROPOSED, SuggestionState.WAITING_MOV, SuggestionState.BLOCKED)
# A suggestion is put off for a season at most: later figures will say something else.
LONGEST_SNOOZE = timedelta(days=90)


class SuggestionDecided(Refusal):
    """Somebody or the planner was first: it is no longer open; nothing was changed."""

    def __init__(self, suggestion: ReorderSuggestion | None) -> None:
        if suggestion is None:
            detail = "This suggestion is gone."
        else:
            label = suggestion.get_state_display().lower()
            detail = f"The suggestion for {suggestion.product.name} is already {label}."
            if suggestion.decided_by:
                detail = f"{detail[:-1]}, by {suggestion.decided_by}."
        super().__init__(detail, code="suggestion_decided", status=409)


class NothingToOrder(Refusal):
    """The suggestion comes to no units: its stock cap leaves no room."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is nothing to order of {name}: its stock cap leaves no room. Raise the cap, or "
            "change the quantity.",
            code="nothing_to_order",
            status=409,
        )


class BadSnooze(Refusal):
    """A suggestion is put off until a moment to come."""

    def __init__(self) -> None:
        message = f"Give a moment within the next {LONGEST_SNOOZE.days} days."
        super().__init__(
            message, code="bad_moment", errors=[FieldError("until", "invalid", message)]
        )


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of accepted suggestions: the drafts they are in, by supplier."""

    orders: tuple[PurchaseOrder, ...]
    suggestions: int


@transaction.atomic
def accept_suggestions(
    *, suggestion_ids: Sequence[int], actor: User | None, now: datetime
) -> Accepted:
    """Put suggestions into one draft a supplier, merged with what stands in it.

    All or nothing. Raises SuggestionDecided for one that is no longer open, NothingToOrder,
    OrderRefused for a supplier or product out of use.
    """
    wanted = sorted(set(suggestion_ids))
    suppliers = (
        ReorderSuggestion.objects.filter(pk__in=wanted)
        .order_by()
        .values_list("product__supplier_id", flat=True)
        .distinct()
    )
    list(
        Supplier.objects.filter(pk__in=list(suppliers))
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    suggestions = _locked(wanted)
    groups: dict[int, list[ReorderSuggestion]] = defaultdict(list)
    for suggestion in suggestions:
        if not suggestion.order_quantity:
            raise NothingToOrder(suggestion.product.name)
        groups[suggestion.product.supplier_id].append(suggestion)
    orders = [
        _into_draft(supplier_id, group, actor=actor, now=now)
        for supplier_id, group in sorted(groups.items())
    ]
    _announce(now=now)
    return Accepted(tuple(orders), len(suggestions))


def _into_draft(
    supplier_id: int, group: list[ReorderSuggestion], *, actor: User | None, now: datetime
) -> PurchaseOrder:
    order = add_to_draft(
        supplier_id=supplier_id,
        lines=[LineInput(each.product_id, each.order_quantity) for each in group],
        actor=actor,
        now=now,
    )
    lines = dict(PurchaseOrderLine.objects.filter(order=order).values_list("product_id", "pk"))
    for suggestion in group:
        suggestion.state = SuggestionState.ACCEPTED
        suggestion.order_line_id = lines[suggestion.product_id]
        suggestion.snoozed_until = None
        _decide(suggestion, "suggestion.accept", actor=actor, now=now)
    return order


@transaction.atomic
def edit_suggestion(
    *, suggestion_id: int, quantity: int, actor: User | None, now: datetime
) -> ReorderSuggestion:
    """Order another quantity than the planner found; a rerun of the planner leaves it.

    The planner's own quantity takes the change back. Raises SuggestionDecided, QuantityRefused.
    """
    [suggestion] = _locked([suggestion_id])
    product = suggestion.product
    check_quantity(
        quantity,
        pack=product.pack_size,
        least=product.minimum_order_quantity,
        room=(
            None if product.stock_cap is None else product.stock_cap - product.inventory_position
        ),
    )
    before = suggestion.order_quantity
    suggestion.edited_quantity = None if quantity == suggestion.quantity else quantity
    suggestion.updated_at = now
    suggestion.save(update_fields=["edited_quantity", "updated_at"])
    _audit(
        suggestion,
        "suggestion.change",
        before={"quantity": before},
        after={"quantity": quantity},
        actor=actor,
        now=now,
    )
    _announce(now=now)
    return suggestion


@transaction.atomic
def reject_suggestion(
    *, suggestion_id: int, reason: str, actor: User | None, now: datetime
) -> ReorderSuggestion:
    """Decide against an order; see inventory.planner.rejections for how long that holds.

    Raises SuggestionDecided, ReasonMissing.
    """
    reason = required_reason(reason)[:300]
    [suggestion] = _locked([suggestion_id])
    suggestion.state = SuggestionState.REJECTED
    suggestion.reason = reason
    _decide(suggestion, "suggestion.reject", actor=actor, now=now)
    _announce(now=now)
    return suggestion


@transaction.atomic
def snooze_suggestions(
    *, suggestion_ids: Sequence[int], until: datetime, actor: User | None, now: datetime
) -> int:
    """Take suggestions out of the list to decide on until a moment; returns how many.

    They stay open and the planner keeps them up to date. Raises SuggestionDecided, BadSnooze.
    """
    if not now < until <= now + LONGEST_SNOOZE:
        raise BadSnooze
    suggestions = _locked(sorted(set(suggestion_ids)))
    for suggestion in suggestions:
        suggestion.snoozed_until = until
        suggestion.updated_at = now
        suggestion.save(update_fields=["snoozed_until", "updated_at"])
        _audit(suggestion, "suggestion.snooze", after={"until": until}, actor=actor, now=now)
    _announce(now=now)
    return len(suggestions)


@transaction.atomic
def wake_suggestion(*, suggestion_id: int, actor: User | None, now: datetime) -> ReorderSuggestion:
    """Put a snoozed suggestion back into the list. Raises SuggestionDecided."""
    [suggestion] = _locked([suggestion_id])
    suggestion.snoozed_until = None
    suggestion.updated_at = now
    suggestion.save(update_fields=["snoozed_until", "updated_at"])
    _audit(suggestion, "suggestion.wake", actor=actor, now=now)
    _announce(now=now)
    return suggestion


def _locked(suggestion_ids: Sequence[int]) -> list[ReorderSuggestion]:
    """Return open suggestions, locked, by key. Raises SuggestionDecided when one is not."""
    rows = {
        row.pk: row
        for row in ReorderSuggestion.objects.select_for_update(of=("self",))
        .filter(pk__in=suggestion_ids)
        .select_related("product", "decided_by")
        .order_by("pk")
    }
    for key in suggestion_ids:
        row = rows.get(key)
        if row is None or row.state not in UNDECIDED:
            raise SuggestionDecided(row)
    return list(rows.values())


def _decide(
    suggestion: ReorderSuggestion, action: str, *, actor: User | None, now: datetime
) -> None:
    suggestion.decided_by = actor
    suggestion.decided_at = now
    suggestion.updated_at = now
    suggestion.save(
        update_fields=[
            *("state", "reason", "order_line", "snoozed_until"),
            *("decided_by", "decided_at", "updated_at"),
        ]
    )
    _audit(
        suggestion,
        action,
        after={"state": suggestion.state, "quantity": suggestion.order_quantity},
        actor=actor,
        now=now,
    )


def _audit(
    suggestion: ReorderSuggestion,
    action: str,
    *,
    actor: User | None,
    now: datetime,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    record_audit(
        action=action,
        subject_kind=SUBJECT,
        subject_id=suggestion.pk,
        now=now,
        actor=actor,
        before=before,
        after=after,
        reason=suggestion.reason if action == "suggestion.reject" else "",
    )


def _announce(*, now: datetime) -> None:
    publish(topic=Topic.STOCK, kind="decided", payload={}, now=now)
    bump_on_commit(Tag.STOCK)
