"""Decisions on held sales: stored at once, carried out ten seconds later, undone before that.

Locks are taken in one order everywhere: sales by key, then decisions.
"""

import logging
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from techmart.core.models import User
from techmart.core.problems import Refusal
from transactions.choices import REASONS, ReviewReason, TransactionStatus, Verdict
from transactions.models import ReviewClaim, ReviewDecision, Transaction
from transactions.services import life_cycle
from transactions.services.refusals import (
    CaseClaimed,
    NotYours,
    ReasonDoesNotFit,
    TooLateToUndo,
    UnknownBatch,
    UnknownSale,
)
from transactions.services.review_cases import tell, why_closed
from transactions.services.states import announce, require

UNDO_WINDOW = timedelta(seconds=10)
_AT_ONCE = timedelta(0)
# Decisions carried out by one run; the next follows in seconds.
_MOST_A_RUN = 500
_TARGETS = {
    Verdict.APPROVE: TransactionStatus.COMPLETED,
    Verdict.DECLINE: TransactionStatus.CANCELLED,
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is decided and why. reason: a ReviewReason; the usual one of the verdict when empty."""

    verdict: Verdict
    reason: str = ""
    note: str = ""

    def settled(self) -> "Choice":
        """Return the choice with its reason. Raises ReasonDoesNotFit."""
        fitting = REASONS[self.verdict]
        if self.reason and self.reason not in fitting:
            names = ", ".join(reason.value for reason in fitting)
            raise ReasonDoesNotFit(f"To {self.verdict.label.lower()}, give one of: {names}.")
        return Choice(
            verdict=self.verdict, reason=self.reason or fitting[0].value, note=self.note.strip()
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """One act: the lines it decided, under one batch, and the orders it was refused for."""

    batch: uuid.UUID
    takes_effect_at: datetime
    decisions: tuple[ReviewDecision, ...]
    refused: dict[str, Refusal]

    @property
    def orders(self) -> list[str]:
        """Return the orders decided, in the order of their lines."""
        return list(dict.fromkeys(each.transaction.order_ref for each in self.decisions))


@transaction.atomic
def decide(
    *,
    order_refs: Collection[str],
    choice: Choice,
    actor: User,
    now: datetime,
    request_id: str = "",
    undo_for: timedelta = UNDO_WINDOW,
) -> Decided:
    """Decide all held lines of orders; it takes effect after `undo_for`.

    An order that somebody else holds or has decided is left as it is and named in `refused`.
    Raises its refusal when there is nothing else: UnknownCase, CaseClosed, CaseClaimed; and
    ReasonDoesNotFit.
    """
    choice = choice.settled()
    lines = _locked_undecided(order_refs)
    refused = _refusals(order_refs, lines, actor=actor, now=now)
    kept = [line for line in lines if line.order_ref not in refused]
    if not kept:
        raise next(iter(refused.values()))
    decided = _store(kept, choice, actor=actor, now=now, request_id=request_id, undo_for=undo_for)
    return Decided(decided[0].batch, now + undo_for, tuple(decided), refused)


@transaction.atomic
def decide_at_once(
    *, transaction_id: int, choice: Choice, actor: User, now: datetime, request_id: str = ""
) -> Transaction:
    """Decide one held line with effect now and nothing to undo, as programs ask for.

    A decision of somebody's that waits on the line goes first: it is refused with CaseClosed.
    Raises UnknownSale, IllegalTransition, CaseClaimed, ReasonDoesNotFit.
    """
    choice = choice.settled()
    line = Transaction.objects.filter(pk=transaction_id).select_for_update().first()
    if line is None:
        raise UnknownSale(transaction_id)
    require(line, {TransactionStatus.IN_REVIEW}, _TARGETS[choice.verdict])
    if line.decisions.waiting().exists():
        raise why_closed(line.order_ref)
    for refusal in _claimed_by_others([line.order_ref], actor=actor, now=now).values():
        raise refusal
    [decision] = _store(
        [line], choice, actor=actor, now=now, request_id=request_id, undo_for=_AT_ONCE
    )
    return _effect(decision, now=now)


@transaction.atomic
def undo(*, batch: uuid.UUID, actor: User, now: datetime) -> list[ReviewDecision]:
    """Take an act back before it takes effect: its orders are in the queue again.

    Raises UnknownBatch, NotYours, TooLateToUndo; then nothing was changed.
    """
    sales = ReviewDecision.objects.filter(batch=batch).values("transaction")
    list(Transaction.objects.filter(pk__in=sales).select_for_update().order_by("pk").only("pk"))
    decisions = list(
        ReviewDecision.objects.filter(batch=batch)
        .select_related("transaction", "actor")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    if not decisions:
        raise UnknownBatch
    for decision in decisions:
        if decision.actor_id != actor.pk:
            raise NotYours(str(decision.actor))
        if decision.withdrawn_at is not None:
            raise TooLateToUndo("This was undone before.")
        if decision.applied_at is not None or decision.failed_at is not None:
            raise TooLateToUndo("It has taken effect and cannot be undone.")
    for decision in decisions:
        decision.withdrawn_at = now
    ReviewDecision.objects.bulk_update(decisions, ["withdrawn_at"])
    tell("withdrawn", cases=len({each.transaction.order_ref for each in decisions}), now=now)
    return decisions


def apply_due_decisions(*, now: datetime) -> int:
    """Carry out what is due, each line in a transaction of its own; return how many were.

    Safe to run twice and at once: a line that another worker is at is left to it, and a crash
    leaves the decision waiting for the next run. One that cannot be carried out stops no other.
    """
    due = ReviewDecision.objects.due(now=now).values_list("pk", "transaction_id")
    settled = 0
    for decision_id, transaction_id in list(due[:_MOST_A_RUN]):
        try:
            settled += _apply(decision_id, transaction_id, now=now)
        except Exception:
            # The database or a bug; it stays waiting, and is tried again in seconds.
            logger.exception("decision %s was not carried out", decision_id)
    return settled


@transaction.atomic
def _apply(decision_id: int, transaction_id: int, *, now: datetime) -> bool:
    held = Transaction.objects.filter(pk=transaction_id).select_for_update(skip_locked=True)
    if held.first() is None:
        return False
    decision = (
        ReviewDecision.objects.due(now=now)
        .filter(pk=decision_id)
        .select_related("actor", "transaction")
        .select_for_update(of=("self",))
        .first()
    )
    if decision is None:
        return False
    try:
        with transaction.atomic():
            _effect(decision, now=now)
    except Refusal as refusal:
        # The sale has moved on meanwhile. The decision is kept, with what came of it.
        decision.failed_at, decision.result = now, refusal.detail[:300]
        decision.save(update_fields=["failed_at", "result"])
        announce(decision.transaction, now=now)
    return True


def _effect(decision: ReviewDecision, *, now: datetime) -> Transaction:
    """Move the sale, label its order, end its alert; units of a declined one go back."""
    carry_out = life_cycle.approve if decision.verdict == Verdict.APPROVE else life_cycle.decline
    txn = carry_out(
        transaction_id=decision.transaction_id,
        actor=decision.actor,
        reason=decision.words,
        now=now,
        request_id=decision.request_id,
    )
    decision.applied_at = now
    decision.result = f"The sale is {TransactionStatus(txn.status).label.lower()}."
    decision.save(update_fields=["applied_at", "result"])
    return txn


def _locked_undecided(order_refs: Collection[str]) -> list[Transaction]:
    held = Transaction.objects.filter(order_ref__in=order_refs, status=TransactionStatus.IN_REVIEW)
    lines = list(held.select_for_update().order_by("pk"))
    # Asked after the lock: who held it before may just have decided.
    waiting = ReviewDecision.objects.waiting().filter(transaction__in=lines)
    decided = set(waiting.values_list("transaction_id", flat=True))
    return [line for line in lines if line.pk not in decided]


def _refusals(
    order_refs: Collection[str], lines: Iterable[Transaction], *, actor: User, now: datetime
) -> dict[str, Refusal]:
    open_orders = {line.order_ref for line in lines}
    refused = _claimed_by_others(order_refs, actor=actor, now=now)
    return {
        order: refused[order] if order in refused and order in open_orders else why_closed(order)
        for order in dict.fromkeys(order_refs)
        if order in refused or order not in open_orders
    }


def _claimed_by_others(
    order_refs: Collection[str], *, actor: User, now: datetime
) -> dict[str, Refusal]:
    claims = (
        ReviewClaim.objects.filter(order_ref__in=order_refs, expires_at__gt=now)
        .exclude(actor=actor)
        .select_related("actor")
    )
    return {
        claim.order_ref: CaseClaimed(
            claim.order_ref, str(claim.actor), claim.claimed_at, claim.expires_at
        )
        for claim in claims
    }


def _store(
    lines: Sequence[Transaction],
    choice: Choice,
    *,
    actor: User,
    now: datetime,
    request_id: str,
    undo_for: timedelta,
) -> list[ReviewDecision]:
    orders = {line.order_ref for line in lines}
    # Those of others have run out, or the order would have been refused.
    claims = ReviewClaim.objects.filter(order_ref__in=orders)
    taken_on = dict(claims.filter(actor=actor).values_list("order_ref", "claimed_at"))
    batch = uuid.uuid4()
    decisions = ReviewDecision.objects.bulk_create(
        [
            ReviewDecision(
                transaction=line,
                batch=batch,
                verdict=choice.verdict,
                reason=ReviewReason(choice.reason),
                note=choice.note,
                actor=actor,
                claimed_at=taken_on.get(line.order_ref),
                decided_at=now,
                takes_effect_at=now + undo_for,
                request_id=request_id,
            )
            for line in lines
        ]
    )
    claims.delete()
    tell("decided", cases=len(orders), now=now)
    return decisions
