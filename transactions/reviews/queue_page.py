"""The review queue as its page shows it: finished values for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from inventory.range_options import choice
from techmart.core.models import User
from techmart.lib import formats
from techmart.lib.columns import columns_context
from techmart.lib.keyset import BadCursor, Keyset
from techmart.lib.page_parts import (
    AsOf,
    Chip,
    Column,
    Link,
    Option,
    Pager,
    keyset_pager,
    row_summary,
)
from transactions.choices import Channel, Verdict
from transactions.forms import DecisionForm, SnoozeForm
from transactions.fraud.stored import review_threshold
from transactions.models import ReviewDecision, Transaction
from transactions.paths import REVIEW_PATH, transaction_path
from transactions.reviews.case import assignees, case_url, undo_of
from transactions.reviews.filters import ReviewFilters, Tab
from transactions.reviews.queue import QueueCase, count_failed, page_of, read_queue

FRESH_SECONDS = 60
PAGE_SIZE = 50
_AMOUNTS = (100, 500, 1000, 5000)
_SCORES = (50, 75, 90)
TAB_LABELS = {
    Tab.OPEN: "To review",
    Tab.MINE: "Mine",
    Tab.SNOOZED: "Snoozed",
    Tab.DECIDED: "Decided",
}
_EMPTY = {
    Tab.OPEN: "Nothing waits for review",
    Tab.MINE: "Nothing is assigned to you",
    Tab.SNOOZED: "Nothing is snoozed",
    Tab.DECIDED: "Nothing was decided yet",
}
_CASE_COLUMNS = (
    Column("Order", name="order"),
    Column("Expected loss", align="r", name="loss"),
    Column("Amount", align="r", hide="opt-m", name="amount"),
    Column("Score", align="r", name="score"),
    Column("Customer", name="customer"),
    Column("Main reason", hide="opt-l", name="reason"),
    Column("Waits", align="r", name="waits"),
    Column("Who", name="who"),
)
_DECISION_COLUMNS = (
    Column("Transaction", name="transaction"),
    Column("Decision", name="decision"),
    Column("By", hide="opt-m", name="by"),
    Column("Decided", name="decided"),
    Column("Amount", align="r", name="amount"),
    Column("Score", align="r", hide="opt-m", name="score"),
    Column("What became of it", name="outcome"),
)
# Parameters that the form has a field of its own for; the others it carries along.
_FIELDS_OF_FORM = {"amount_min", "score_min", "channel", "free"}
NEWEST = Keyset("-decided_at", "-pk")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One open case. holder: who has it open, "you" for the viewer, "" when nobody has."""

    order_ref: str
    url: str
    lines: int
    loss: Decimal
    amount: Decimal
    score: float
    customer_name: str
    product_name: str
    why: str
    since: datetime
    holder: str
    assigned_to: str
    snoozed_until: datetime | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision. state: waiting, applied, failed or withdrawn."""

    pk: int
    reference: str
    url: str
    verdict: str
    words: str
    who: str
    at: datetime
    amount: Decimal
    score: float
    state: str
    result: str


def queue_context(
    filters: ReviewFilters, *, cursor: str, user: User, now: datetime
) -> dict[str, Any]:
    """Return everything that `transactions/_queue.html` asks for."""
    queue = read_queue(filters, user=user, now=now)
    rows: Sequence[CaseRow | DecisionRow]
    if filters.tab is Tab.DECIDED:
        rows, pager = _decided(filters, cursor)
    else:
        rows, pager = _open(filters, queue.cases, cursor, user)
    here = filters.url(REVIEW_PATH)
    page_url = filters.url(REVIEW_PATH, cursor=cursor)
    columns = _DECISION_COLUMNS if filters.tab is Tab.DECIDED else _CASE_COLUMNS
    return {
        "page_url": page_url,
        "clear_url": filters.whole.url(REVIEW_PATH),
        "first_url": case_url(queue.cases[0].pk, filters) if queue.cases else "",
        "freshness": AsOf(now, FRESH_SECONDS),
        "tabs": _tabs(filters, queue.counts, failed=count_failed(now=now)),
        "selects": _selects(filters),
        "chips": _chips(filters, here),
        "hidden": [
            (name, value)
            for name, value in filters.parameters().items()
            if name not in _FIELDS_OF_FORM
        ],
        "free": filters.free,
        **columns_context(columns, filters.columns, page_url=page_url),
        "decided": filters.tab is Tab.DECIDED,
        "rows": rows,
        "pager": pager,
        "total_loss": sum((case.loss for case in queue.cases), Decimal(0)),
        "cases": len(queue.cases),
        "review_threshold": review_threshold(),
        "filtered": filters.narrows,
        "empty_title": _EMPTY[filters.tab],
        "may_decide": user.has_perm("transactions.change_transaction"),
        "bulk_url": f"{REVIEW_PATH}bulk/",
        "decision_form": DecisionForm(),
        "snooze_form": SnoozeForm(),
        "assignees": assignees(),
        "undo": undo_of(user),
    }


def _open(
    filters: ReviewFilters, cases: Sequence[QueueCase], cursor: str, user: User
) -> tuple[list[CaseRow], Pager]:
    shown, following, before = page_of(cases, cursor=cursor, size=PAGE_SIZE)
    rows = case_rows(shown, filters, user)
    pager = Pager(
        row_summary(len(rows), len(cases)),
        None if before is None else filters.url(REVIEW_PATH, cursor=before),
        filters.url(REVIEW_PATH, cursor=following) if following else None,
        "Dearer",
        "Cheaper",
    )
    return rows, pager


def case_rows(cases: Sequence[QueueCase], filters: ReviewFilters, user: User) -> list[CaseRow]:
    """Return cases as lists show them to one person; one query."""
    if not cases:
        return []
    sales = Transaction.objects.select_related("customer", "product").in_bulk([c.pk for c in cases])
    return [_row(case, sales[case.pk], filters, user) for case in cases if case.pk in sales]


def _row(case: QueueCase, sale: Transaction, filters: ReviewFilters, user: User) -> CaseRow:
    main = max(
        (reason for reason in sale.reasons if reason["code"] != "base"),
        key=lambda reason: reason["contribution"],
        default=None,
    )
    holder = ""
    if case.holder is not None:
        holder = "you" if case.holder.pk == user.pk else str(case.holder)
    return CaseRow(
        order_ref=case.order_ref,
        url=case_url(case.pk, filters),
        lines=len(case.lines),
        loss=case.loss,
        amount=case.amount,
        score=case.score,
        customer_name=str(sale.customer) if sale.customer else "Anonymous",
        product_name=sale.product.name,
        why=f"{main['label']}: {main['fact']}" if main else "",
        since=case.since,
        holder=holder,
        assigned_to=str(case.assigned_to) if case.assigned_to else "",
        snoozed_until=case.snoozed_until,
    )


def _decided(filters: ReviewFilters, cursor: str) -> tuple[list[DecisionRow], Pager]:
    found = decisions_of(filters)
    try:
        page = NEWEST.page(found, size=PAGE_SIZE, cursor=cursor)
    except BadCursor:
        page = NEWEST.page(found, size=PAGE_SIZE)
    rows = [decision_row(each) for each in page.rows]
    return rows, keyset_pager(page, lambda cursor: filters.url(REVIEW_PATH, cursor=cursor))


def decisions_of(filters: ReviewFilters) -> QuerySet[ReviewDecision]:
    """Return the decisions that the filters leave, each with its sale and who made it."""
    found = ReviewDecision.objects.select_related("actor", "transaction")
    if filters.channel:
        found = found.filter(transaction__channel=filters.channel)
    if filters.amount_min is not None:
        found = found.filter(transaction__total_amount__gte=filters.amount_min)
    if filters.score_min:
        found = found.filter(transaction__fraud_score__gte=filters.score_min / 100)
    return found


def decision_row(decision: ReviewDecision) -> DecisionRow:
    """Return one decision as lists show it; its sale and actor must be loaded."""
    return DecisionRow(
        pk=decision.pk,
        reference=decision.transaction.reference,
        url=transaction_path(decision.transaction_id),
        verdict=Verdict(decision.verdict).label,
        words=decision.words,
        who=str(decision.actor),
        at=decision.decided_at,
        amount=decision.transaction.total_amount,
        score=decision.transaction.fraud_score,
        state=_state(decision),
        result=decision.result,
    )


def _state(decision: ReviewDecision) -> str:
    if decision.withdrawn_at:
        return "withdrawn"
    if decision.failed_at:
        return "failed"
    return "applied" if decision.applied_at else "waiting"


def _tabs(filters: ReviewFilters, counts: dict[Tab, int], *, failed: int) -> list[Link]:
    return [
        Link(
            label,
            filters.on_tab(tab).url(REVIEW_PATH),
            filters.tab is tab,
            # Beside what was decided stands what could not be carried out.
            counts.get(tab, failed or None),
            "bad" if tab is Tab.DECIDED or (tab is Tab.OPEN and counts[tab]) else "",
        )
        for tab, label in TAB_LABELS.items()
    ]


def _selects(filters: ReviewFilters) -> list[Any]:
    parameters = filters.parameters()
    return [
        choice(
            "amount_min",
            "Amount",
            "Any amount",
            [Option(str(least), f"{_money(least)} or more") for least in _AMOUNTS],
            parameters.get("amount_min", ""),
        ),
        choice(
            "score_min",
            "Score",
            "Any score",
            [Option(str(least), f"Score {least} or more") for least in _SCORES],
            parameters.get("score_min", ""),
        ),
        choice(
            "channel",
            "Channel",
            "All channels",
            [Option(value, label) for value, label in Channel.choices],
            filters.channel,
        ),
    ]


def _chips(filters: ReviewFilters, here: str) -> list[Chip]:
    chips = [
        Chip(label, filters.without(name).url(REVIEW_PATH))
        for name, label in _named(filters).items()
    ]
    return chips + [
        Chip(f"ignored: {name}={value}", here, ignored=True) for name, value in filters.ignored
    ]


def filter_words(filters: ReviewFilters) -> list[str]:
    """Say what narrows the list: its tab, and the words of its chips."""
    return [TAB_LABELS[filters.tab], *_named(filters).values()]


def _named(filters: ReviewFilters) -> dict[str, str]:
    """Return the filters in force: their words by parameter."""
    named = {
        "amount_min": f"{_money(filters.amount_min)} or more" if filters.amount_min else "",
        "score_min": f"Score {filters.score_min} or more" if filters.score_min else "",
        "channel": Channel(filters.channel).label if filters.channel else "",
        "free": "Free for me" if filters.free else "",
    }
    return {name: label for name, label in named.items() if label}


def _money(amount: Decimal | int) -> str:
    return formats.money(
        amount, settings.SHOP_CURRENCY, places=0 if amount == int(amount) else None
    )
