"""A held order as its page shows it: who has it, what can be decided, what comes next."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from alerts.pages import assignable
from techmart.core.models import User
from techmart.lib.page_parts import Option
from transactions.choices import TransactionStatus, Verdict
from transactions.forms import DecisionForm, SnoozeForm
from transactions.models import ReviewCase, ReviewClaim, ReviewDecision, Transaction
from transactions.paths import REVIEW_PATH, transaction_path
from transactions.reviews.filters import ReviewFilters
from transactions.reviews.history import customer_history, device_facts, timeline, usual
from transactions.reviews.linked import LinkedCase, linked_cases
from transactions.reviews.past import past_reviews
from transactions.reviews.queue import Queue, case_place, read_queue

# The parameter of a case's page that carries the queue's filters along.
REVIEW = "review"
_VERBS = {Verdict.APPROVE: "Approved", Verdict.DECLINE: "Declined"}


@dataclass(frozen=True, slots=True)
class Undo:
    """An act of this person's that has not taken effect. url: a POST there takes it back."""

    title: str
    takes_effect_at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on the sale last. state: waiting, applied or failed; see ReviewDecision."""

    title: str
    words: str
    who: str
    at: datetime
    takes_effect_at: datetime
    state: str
    result: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where the case stands in the queue it was opened from. at: from 1; None once it left."""

    at: int | None
    total: int
    previous_url: str
    next_url: str
    queue_url: str


@dataclass(frozen=True, slots=True)
class ClaimState:
    """Who has a case open. holder: somebody else, "" for nobody; mine: this person has."""

    holder: str
    mine: bool
    since: datetime | None
    free_at: datetime | None


@dataclass(frozen=True, slots=True)
class Case:
    """The sale's order as a case. open: lines of it wait for a decision. loss, amount: of these
    lines, money. burst: orders of the burst with this one, and what they come to."""

    order_ref: str
    open: bool
    lines: int
    amount: Decimal
    loss: Decimal
    assigned_to: str
    assigned_id: str
    snoozed_until: datetime | None
    burst: int
    burst_amount: Decimal


def case_url(
    transaction_id: int, review: ReviewFilters | None, *, act: str = "", queue: str = ""
) -> str:
    """Return the address of a sale's page or of an act on it, keeping the way it was reached.

    review: filters of the review queue; queue: query string of the list of sales.
    """
    path = f"{transaction_path(transaction_id)}{f'{act}/' if act else ''}"
    if review is not None:
        return f"{path}?{urlencode({REVIEW: review.query_string()})}"
    return f"{path}?{urlencode({'queue': queue})}" if queue else path


def case_context(
    sale: Transaction,
    *,
    review: ReviewFilters | None,
    user: User,
    now: datetime,
    form: DecisionForm | None,
) -> dict[str, Any]:
    """Return what the page shows around a sale beside the sale itself."""
    held = sale.status == TransactionStatus.IN_REVIEW
    links = linked_cases(sale)
    lines = list(Transaction.objects.undecided().filter(order_ref=sale.order_ref)) if held else []
    return {
        "case": _case(sale, lines, links, now=now) if held else None,
        "claim": claim_state(sale.order_ref, user=user, now=now) if lines else None,
        "decision": last_decision(sale),
        "position": _position(sale, lines, review, user=user, now=now) if review else None,
        "past": past_reviews(sale.fraud_score, now=now),
        "history": customer_history(sale),
        "device_facts": device_facts(sale),
        "linked": links,
        "timeline": timeline(sale),
        "usual": usual(sale),
        "undo": undo_of(user),
        "decision_form": form or DecisionForm(),
        "snooze_form": SnoozeForm(),
        "assignees": assignees() if held else [],
    }


def assignees() -> list[Option]:
    """Return whom a case can be given to."""
    return [Option(str(person.pk), str(person)) for person in assignable()]


def claim_state(order_ref: str, *, user: User, now: datetime) -> ClaimState:
    """Return who has a case open now."""
    claim = (
        ReviewClaim.objects.filter(order_ref=order_ref, expires_at__gt=now)
        .select_related("actor")
        .first()
    )
    if claim is None:
        return ClaimState("", mine=False, since=None, free_at=None)
    mine = claim.actor_id == user.pk
    return ClaimState("" if mine else str(claim.actor), mine, claim.claimed_at, claim.expires_at)


def last_decision(sale: Transaction) -> Decision | None:
    """Return what was decided on a sale last and was not taken back."""
    row = (
        ReviewDecision.objects.filter(transaction=sale, withdrawn_at=None)
        .select_related("actor")
        .order_by("-pk")
        .first()
    )
    if row is None:
        return None
    state = "failed" if row.failed_at else "applied" if row.applied_at else "waiting"
    return Decision(
        title=_VERBS[Verdict(row.verdict)],
        words=row.words,
        who=str(row.actor),
        at=row.decided_at,
        takes_effect_at=row.takes_effect_at,
        state=state,
        result=row.result,
    )


def undo_of(user: User) -> Undo | None:
    """Return this person's newest act that has not taken effect; one of few that wait."""
    rows = list(
        ReviewDecision.objects.waiting()
        .filter(actor=user)
        .select_related("transaction")
        .order_by("-takes_effect_at", "-pk")[:500]
    )
    if not rows:
        return None
    newest = rows[0]
    orders = {row.transaction.order_ref for row in rows if row.batch == newest.batch}
    what = f"order {newest.transaction.order_ref}" if len(orders) == 1 else f"{len(orders)} orders"
    title = f"{_VERBS[Verdict(newest.verdict)]} {what}"
    return Undo(title, newest.takes_effect_at, undo_url(newest.batch))


def undo_url(batch: uuid.UUID) -> str:
    """Return where an act is undone."""
    return f"{REVIEW_PATH}undo/{batch}/"


def next_case_url(
    lines: Sequence[Transaction], review: ReviewFilters, *, user: User, now: datetime
) -> str:
    """Return the page of the case behind that of these lines; the queue when none is left."""
    queue = read_queue(review, user=user, now=now)
    free = Queue(
        tuple(c for c in queue.cases if c.holder is None or c.holder.pk == user.pk), queue.counts
    )
    following = free.after(case_place(lines))
    return case_url(following.pk, review) if following else review.url(REVIEW_PATH)


def _case(
    sale: Transaction,
    lines: Sequence[Transaction],
    links: Sequence[LinkedCase],
    *,
    now: datetime,
) -> Case:
    arranged = (
        ReviewCase.objects.filter(order_ref=sale.order_ref).select_related("assigned_to").first()
    )
    burst = [link for link in links if link.in_burst]
    amount = sum((line.total_amount for line in lines), Decimal(0))
    owner = arranged.assigned_to if arranged else None
    until = arranged.snoozed_until if arranged else None
    return Case(
        order_ref=sale.order_ref,
        open=bool(lines),
        lines=len(lines),
        amount=amount,
        loss=-case_place(lines)[0] if lines else Decimal(0),
        assigned_to=str(owner) if owner else "",
        assigned_id=str(owner.pk) if owner else "",
        snoozed_until=until if until and until > now else None,
        burst=len(burst) + 1,
        burst_amount=amount + sum((link.amount for link in burst), Decimal(0)),
    )


def _position(
    sale: Transaction,
    lines: Sequence[Transaction],
    review: ReviewFilters,
    *,
    user: User,
    now: datetime,
) -> Position:
    queue = read_queue(review, user=user, now=now)
    at = queue.index(sale.order_ref)
    if at is None:
        place = case_place(lines or [sale])
        before = [case for case in queue.cases if case.place < place]
        behind = [case for case in queue.cases if case.place > place]
    else:
        before, behind = list(queue.cases[:at]), list(queue.cases[at + 1 :])
    return Position(
        at=None if at is None else at + 1,
        total=len(queue.cases),
        previous_url=case_url(before[-1].pk, review) if before else "",
        next_url=case_url(behind[0].pk, review) if behind else "",
        queue_url=review.url(REVIEW_PATH),
    )
