"""The rows of the list of sales and what they come to, both from one predicate."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import SALES_TOTALS
from techmart.lib.keyset import Keyset, KeysetPage
from transactions.choices import AdjustmentKind, TransactionStatus
from transactions.list_filters import Basis
from transactions.models import Adjustment, Transaction
from transactions.querysets import DEFAULT_SORT, SORTS, SalesFilter, TransactionQuerySet

PAGE_SIZE = 50
# Where somebody has something to do, and few enough to be counted each time.
WAITING = (TransactionStatus.IN_REVIEW, TransactionStatus.PENDING, TransactionStatus.DISPUTED)

_COMPLETED = {
    DEFAULT_SORT: Keyset("-completed_at", "-pk"),
    DEFAULT_SORT.removeprefix("-"): Keyset("completed_at", "pk"),
}
# A sale's key counts up from 1 and an adjustment's down from −1, so that no two are alike.
_BOOKED = {
    DEFAULT_SORT: Keyset("-moment", "-entry"),
    DEFAULT_SORT.removeprefix("-"): Keyset("moment", "entry"),
}
_SIGNED = Case(
    When(kind=AdjustmentKind.CHARGEBACK_REVERSED, then=F("amount")), default=-F("amount")
)
_NOTHING = Decimal(0)

Entry = Transaction | Adjustment


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """What all rows of a filtered list come to.

    rows: sales, and adjustments where they are listed. amount: total of the sales, whatever
    became of them. refunds: money that went back less what came again; None where adjustments
    are not listed. orders, customers: distinct ones among the sales.
    """

    rows: int
    amount: Decimal
    refunds: Decimal | None
    orders: int
    customers: int

    @property
    def net(self) -> Decimal | None:
        """Sum of the amounts of all rows, where adjustments are among them."""
        return None if self.refunds is None else self.amount - self.refunds


def entries_page(
    sales: SalesFilter, *, basis: Basis, sort: str, cursor: str, size: int = PAGE_SIZE
) -> KeysetPage[Entry]:
    """Return one page of what the list shows. Raises BadCursor."""
    lines = _lines(sales, basis).listed()
    if basis is Basis.BOOKED:
        return _BOOKED[sort].page_across(
            [
                lines.annotate(moment=F("completed_at"), entry=F("pk")),
                _adjustments(sales)
                .select_related("transaction__product", "transaction__customer")
                .annotate(moment=F("booked_at"), entry=-F("pk")),
            ],
            size=size,
            cursor=cursor,
        )
    keysets = _COMPLETED if basis is Basis.COMPLETED and sort in _COMPLETED else SORTS
    return keysets[sort].page(lines, size=size, cursor=cursor)


def control_totals(sales: SalesFilter, *, basis: Basis) -> ControlTotals:
    """Return what the rows come to, kept until sales or products change."""
    key = hashlib.blake2b(repr((basis.value, sales)).encode(), digest_size=16).hexdigest()
    return get_or_compute(
        SALES_TOTALS, {"variant": key}, lambda: computed_totals(sales, basis=basis)
    ).value


def computed_totals(sales: SalesFilter, *, basis: Basis) -> ControlTotals:
    """Return what the rows come to."""
    sold = _lines(sales, basis).aggregate(
        rows=Count("pk"),
        amount=Coalesce(Sum("total_amount"), _NOTHING),
        orders=Count("order_ref", distinct=True),
        customers=Count("customer_id", distinct=True),
    )
    if basis is not Basis.BOOKED:
        return ControlTotals(refunds=None, **sold)
    booked = _adjustments(sales).aggregate(rows=Count("pk"), back=Coalesce(Sum(_SIGNED), _NOTHING))
    return ControlTotals(refunds=-booked["back"], **{**sold, "rows": sold["rows"] + booked["rows"]})


def waiting_counts(sales: SalesFilter, *, basis: Basis) -> dict[str, int]:
    """Return how many of the sales stand in each status that waits for somebody.

    sales: without a status. Served by idx_transactions_status_timestamp.
    """
    counts = (
        _lines(sales, basis)
        .filter(status__in=WAITING)
        .order_by()
        .values_list("status")
        .annotate(Count("pk"))
    )
    return {status.value: 0 for status in WAITING} | dict(counts)


def _lines(sales: SalesFilter, basis: Basis) -> TransactionQuerySet:
    lines = Transaction.objects.narrowed(sales)
    return lines if basis is Basis.PLACED else lines.filter(completed_at__isnull=False)


def _adjustments(sales: SalesFilter) -> QuerySet[Adjustment]:
    """What was booked in the window, of sales that the other conditions fit."""
    when: dict[str, Any] = {}
    if sales.completed_since is not None:
        when["booked_at__gte"] = sales.completed_since
    if sales.completed_until is not None:
        when["booked_at__lt"] = sales.completed_until
    booked = Adjustment.objects.filter(**when)
    whose = sales.whenever()
    if whose.empty:
        return booked
    return booked.filter(transaction__in=Transaction.objects.narrowed(whose))
