"""The cases that wait for an analyst, the dearest expected loss first.

A case is an order with held lines that nobody has decided on. Its expected loss is the sum over
these lines of score × amount. All open cases are read at once: they are as many as people can
review in days, and a partial index holds them alone.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, DecimalField, F, Max, Min, Sum
from django.db.models.functions import Cast, Round

from techmart.core.models import User
from transactions.models import ReviewCase, ReviewClaim, ReviewDecision, Transaction
from transactions.reviews.filters import ReviewFilters, Tab

# A longer backlog is cut here; its dearest cases are what people work on.
MOST_CASES: Final = 5_000
FAILED_SHOWN: Final = timedelta(days=7)
_SCORE: "Final[DecimalField[Decimal, Decimal]]" = DecimalField(max_digits=12, decimal_places=10)


@dataclass(frozen=True, slots=True)
class QueueCase:
    """One open case. lines: keys of its held lines, riskiest first. loss, amount: money.

    score: of the riskiest line, 0 to 1. since: when the first line was held. holder: who else or
    oneself has it open now, with since when.
    """

    order_ref: str
    lines: tuple[int, ...]
    loss: Decimal
    amount: Decimal
    score: float
    since: datetime
    assigned_to: User | None
    snoozed_until: datetime | None
    holder: User | None
    held_since: datetime | None

    @property
    def pk(self) -> int:
        """Return the key of the line that the case's page opens with."""
        return self.lines[0]

    @property
    def place(self) -> tuple[Decimal, str]:
        """Return what cases are sorted by, ascending."""
        return -self.loss, self.order_ref


@dataclass(frozen=True, slots=True)
class Queue:
    """The cases of one tab in order, and how many each tab has with the same filters."""

    cases: tuple[QueueCase, ...]
    counts: dict[Tab, int]

    def index(self, order_ref: str) -> int | None:
        """Return where a case stands, counted from 0; None when it is not among them."""
        places = (at for at, case in enumerate(self.cases) if case.order_ref == order_ref)
        return next(places, None)

    def after(self, place: tuple[Decimal, str]) -> QueueCase | None:
        """Return the next case behind a place that need not be taken; the first at the end."""
        behind = (case for case in self.cases if case.place > place)
        return next(behind, self.cases[0] if self.cases else None)


def page_of(
    cases: Sequence[QueueCase], *, cursor: str, size: int
) -> tuple[Sequence[QueueCase], str, str | None]:
    """Return a page of cases, the cursor of the next, and of the one before ("" is the first).

    A cursor names the case before the page, so that a page stays put while cases come and go. One
    made by hand begins at the top; "" or None: there is no such page.
    """
    begin = bisect_right([case.place for case in cases], _place(cursor)) if cursor else 0
    shown = cases[begin : begin + size]
    following = cursor_of(shown[-1]) if begin + size < len(cases) else ""
    if not begin:
        return shown, following, None
    return shown, following, cursor_of(cases[begin - size - 1]) if begin > size else ""


def cursor_of(case: QueueCase) -> str:
    """Return the cursor of the page behind a case."""
    return f"{case.loss}:{case.order_ref}"


def _place(cursor: str) -> tuple[Decimal, str]:
    loss, _, order_ref = cursor.partition(":")
    try:
        return -Decimal(loss), order_ref
    except InvalidOperation:
        return Decimal("-Infinity"), ""


def read_queue(filters: ReviewFilters, *, user: User, now: datetime) -> Queue:
    """Return the cases of the filters' tab; three queries."""
    found = _open_cases(filters, now=now)
    if filters.free:
        found = [case for case in found if case.holder is None or case.holder.pk == user.pk]
    snoozed = [case for case in found if case.snoozed_until is not None]
    awake = [case for case in found if case.snoozed_until is None]
    mine = [case for case in awake if case.assigned_to and case.assigned_to.pk == user.pk]
    tabs = {Tab.OPEN: awake, Tab.MINE: mine, Tab.SNOOZED: snoozed, Tab.DECIDED: []}
    counts: dict[Tab, int] = {
        tab: len(cases) for tab, cases in tabs.items() if tab is not Tab.DECIDED
    }
    return Queue(tuple(tabs[filters.tab]), counts)


def case_place(lines: Sequence[Transaction]) -> tuple[Decimal, str]:
    """Return where the case of these lines stands in the queue, or stood."""
    loss = sum((line.total_amount * Decimal(line.fraud_score) for line in lines), Decimal(0))
    return -round(loss, 2), lines[0].order_ref


def count_open(*, now: datetime) -> int:
    """Return how many cases wait in the queue."""
    resting = ReviewCase.objects.filter(snoozed_until__gt=now).values("order_ref")
    held = Transaction.objects.undecided().exclude(order_ref__in=resting)
    cases: int = held.aggregate(cases=Count("order_ref", distinct=True))["cases"]
    return cases


def count_failed(*, now: datetime) -> int:
    """Return how many decisions of the past week could not be carried out."""
    lately = ReviewDecision.objects.filter(decided_at__gte=now - FAILED_SHOWN)
    return lately.filter(failed_at__isnull=False).count()


def _open_cases(filters: ReviewFilters, *, now: datetime) -> list[QueueCase]:
    rows = (
        Transaction.objects.undecided()
        .values("order_ref")
        .annotate(
            lines=ArrayAgg("pk", order_by=("-fraud_score", "pk")),
            loss=Round(Sum(F("total_amount") * Cast("fraud_score", _SCORE)), 2),
            amount=Sum("total_amount"),
            score=Max("fraud_score"),
            since=Min("recorded_at"),
        )
        .order_by("-loss", "order_ref")
    )
    if filters.channel:
        rows = rows.filter(channel=filters.channel)
    if filters.amount_min is not None:
        rows = rows.filter(amount__gte=filters.amount_min)
    if filters.score_min:
        rows = rows.filter(score__gte=filters.score_min / 100)
    found = list(rows[:MOST_CASES])
    orders = [row["order_ref"] for row in found]
    arranged = {
        case.order_ref: case
        for case in ReviewCase.objects.filter(order_ref__in=orders).select_related("assigned_to")
    }
    claims = {
        claim.order_ref: claim
        for claim in ReviewClaim.objects.filter(
            order_ref__in=orders, expires_at__gt=now
        ).select_related("actor")
    }
    return sorted(
        (
            _case(row, arranged.get(row["order_ref"]), claims.get(row["order_ref"]), now=now)
            for row in found
        ),
        # As texts compare here, which is not as the database's language compares them.
        key=lambda case: case.place,
    )


def _case(
    row: dict[str, object],
    arranged: ReviewCase | None,
    claim: ReviewClaim | None,
    *,
    now: datetime,
) -> QueueCase:
    until = arranged.snoozed_until if arranged else None
    values = {**row, "lines": tuple(row["lines"])}  # type: ignore[arg-type]  # an array
    return QueueCase(
        **values,  # type: ignore[arg-type]  # annotated above
        assigned_to=arranged.assigned_to if arranged else None,
        snoozed_until=until if until and until > now else None,
        holder=claim.actor if claim else None,
        held_since=claim.claimed_at if claim else None,
    )
