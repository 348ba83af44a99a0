"""The review queue and what was decided as a file: the rows of the tab that is shown."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib import formats
from techmart.lib.export import Cell, Column, Kind, Table, pages_of
from transactions.paths import REVIEW_PATH
from transactions.reviews.filters import ReviewFilters, Tab, parse_filters
from transactions.reviews.queue import MOST_CASES, read_queue
from transactions.reviews.queue_page import (
    NEWEST,
    case_rows,
    decision_row,
    decisions_of,
    filter_words,
)

_PAGE = 1_000
CASE_FILE = (
    Column("Order", width=18, of="order"),
    Column("Held lines", Kind.COUNT, 8, of="order"),
    Column("Expected loss", Kind.MONEY, 12, of="loss"),
    Column("Amount", Kind.MONEY, 12, of="amount"),
    Column("Score", Kind.NUMBER, 8, of="score"),
    Column("Customer", width=22, of="customer"),
    Column("Product", width=26, of="order"),
    Column("Main reason", width=36, of="reason"),
    Column("Waits since", Kind.MOMENT, 19, of="waits"),
    Column("Open at", width=16, of="who"),
    Column("Assigned to", width=16, of="who"),
    Column("Snoozed until", Kind.MOMENT, 19, of="who"),
)
DECISION_FILE = (
    Column("Transaction", width=20, of="transaction"),
    Column("Decision", width=12, of="decision"),
    Column("Reason", width=36, of="decision"),
    Column("By", width=18, of="by"),
    Column("Decided", Kind.MOMENT, 19, of="decided"),
    Column("Amount", Kind.MONEY, 12, of="amount"),
    Column("Score", Kind.NUMBER, 8, of="score"),
    Column("What became of it", width=16, of="outcome"),
    Column("Result", width=30, of="outcome"),
)


def register_lists() -> None:
    """Offer the review queue; its address says whether open cases or decisions are meant."""
    register(
        ExportList(
            key="review",
            title="Review",
            permission="transactions.view_transaction",
            path=REVIEW_PATH,
            build=review_table,
        )
    )


def review_table(query: Query, user: User, now: datetime) -> Table:
    """Return the cases, or the decisions, that the page's address asks for."""
    filters = parse_filters(query)
    if filters.tab is Tab.DECIDED:
        return _decisions(filters, now)
    return _cases(filters, user, now)


def _cases(filters: ReviewFilters, user: User, now: datetime) -> Table:
    queue = read_queue(filters, user=user, now=now)
    words = filter_words(filters)
    if queue.counts[Tab.OPEN] + queue.counts[Tab.SNOOZED] >= MOST_CASES:
        words.append(f"of the {formats.count(MOST_CASES)} dearest cases")

    def rows() -> Iterator[Sequence[Cell]]:
        for row in case_rows(queue.cases, filters, user):
            yield (
                row.order_ref,
                row.lines,
                row.loss,
                row.amount,
                round(100 * row.score, 1),
                row.customer_name,
                row.product_name,
                row.why,
                row.since,
                row.holder,
                row.assigned_to,
                row.snoozed_until,
            )

    return shop_table(
        title="Cases to review",
        columns=CASE_FILE,
        rows=rows,
        row_count=len(queue.cases),
        totals=[
            ("Expected loss", sum((case.loss for case in queue.cases), Decimal(0))),
            ("Amount", sum((case.amount for case in queue.cases), Decimal(0))),
        ],
        filters=words,
        as_of=now,
        url=filters.url(REVIEW_PATH),
    ).in_columns(filters.columns)


def _decisions(filters: ReviewFilters, now: datetime) -> Table:
    decisions = decisions_of(filters)
    amount = decisions.aggregate(amount=Sum("transaction__total_amount", default=Decimal(0)))

    def rows() -> Iterator[Sequence[Cell]]:
        for page in pages_of(lambda cursor: NEWEST.page(decisions, size=_PAGE, cursor=cursor)):
            for decision in page:
                row = decision_row(decision)
                yield (
                    row.reference,
                    row.verdict,
                    row.words,
                    row.who,
                    row.at,
                    row.amount,
                    round(100 * row.score, 1),
                    row.state,
                    row.result,
                )

    return shop_table(
        title="Review decisions",
        columns=DECISION_FILE,
        rows=rows,
        row_count=decisions.count(),
        totals=[("Amount", amount["amount"])],
        filters=filter_words(filters),
        as_of=now,
        url=filters.url(REVIEW_PATH),
    ).in_columns(filters.columns)
