"""Other orders that share something with a case: customer, device, card, address, goods.

Each link is one query by an index, of the thirty days around the case.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from transactions.choices import Decision, TransactionStatus
from transactions.fraud.labels import Label, verdicts
from transactions.models import FraudLabel, Transaction

LINK_DAYS = 30
# A burst is what one customer or device does within a day.
BURST_WITHIN = timedelta(hours=24)
_MOST_LINES = 40
_MOST_CASES = 12
_SUSPECT = Q(status=TransactionStatus.IN_REVIEW) | ~Q(decision=Decision.ALLOW)


@dataclass(frozen=True, slots=True)
class Link:
    """What two cases may share. strong: enough to be one burst."""

    name: str
    strong: bool
    sharing: Callable[[Transaction], dict[str, object] | None]


def _device(sale: Transaction) -> dict[str, object] | None:
    return {"device": sale.device} if sale.device else None


def _customer(sale: Transaction) -> dict[str, object] | None:
    return {"customer_id": sale.customer_id} if sale.customer_id else None


def _mark(column: str) -> Callable[[Transaction], dict[str, object] | None]:
    """Return what finds other sales with a sale's card, address or e-mail stem."""

    def sharing(sale: Transaction) -> dict[str, object] | None:
        value = getattr(sale, column)
        return {column: value} if value else None

    return sharing


def _goods_and_country(sale: Transaction) -> dict[str, object] | None:
    if not sale.ship_country:
        return None
    return {"product_id": sale.product_id, "ship_country": sale.ship_country}


LINKS: tuple[Link, ...] = (
    Link("customer", True, _customer),
    Link("device", True, _device),
    Link("card", True, _mark("card_hash")),
    Link("shipping address", True, _mark("ship_address_hash")),
    Link("billing address", True, _mark("bill_address_hash")),
    Link("e-mail stem", True, _mark("email_stem")),
    Link("product and country", False, _goods_and_country),
)


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """An order linked to a case. shared: names of what they share. verdict: what a label says,
    None where none is known. in_burst: undecided, strongly linked, within a day of the case."""

    order_ref: str
    pk: int
    placed_at: datetime
    amount: Decimal
    score: float
    status: str
    shared: tuple[str, ...]
    verdict: bool | None
    in_burst: bool


def linked_cases(sale: Transaction) -> list[LinkedCase]:
    """Return orders that share something with the sale's and were held, blocked or fraud.

    Those of the burst come first, then the newest.
    """
    shared: dict[str, list[str]] = {}
    strong: set[str] = set()
    lines: dict[str, list[Transaction]] = {}
    for link in LINKS:
        wanted = link.sharing(sale)
        if wanted is None:
            continue
        for line in _suspect_lines(sale, wanted):
            if link.name not in shared.setdefault(line.order_ref, []):
                shared[line.order_ref].append(link.name)
            if link.strong:
                strong.add(line.order_ref)
            known = lines.setdefault(line.order_ref, [])
            if line.pk not in {each.pk for each in known}:
                known.append(line)
    labels = known_labels(lines)
    undecided = set(
        Transaction.objects.undecided()
        .filter(order_ref__in=list(lines))
        .values_list("order_ref", flat=True)
    )
    found = [
        _linked(sale, order, lines[order], shared[order], labels.get(order), strong & undecided)
        for order in lines
    ]
    found.sort(key=lambda case: (not case.in_burst, -case.placed_at.timestamp()))
    return found[:_MOST_CASES]


def burst_orders(sale: Transaction) -> list[str]:
    """Return the undecided orders of the sale's burst, its own first."""
    others = [case.order_ref for case in linked_cases(sale) if case.in_burst]
    return [sale.order_ref, *others]


def known_labels(order_refs: Iterable[str]) -> dict[str, bool]:
    """Return whether orders are held to be fraud by now; those without a label are left out."""
    rows = FraudLabel.objects.filter(order_ref__in=list(order_refs)).order_by("known_at", "pk")
    told = [Label(row.order_ref, row.is_fraud, row.source, row.known_at) for row in rows]
    return {each.order_ref: each.is_fraud for each in verdicts(told) if each.until is None}


def _suspect_lines(sale: Transaction, wanted: dict[str, object]) -> QuerySet[Transaction]:
    around = timedelta(days=LINK_DAYS)
    return (
        Transaction.objects.filter(
            _SUSPECT,
            timestamp__gte=sale.timestamp - around,
            timestamp__lte=sale.timestamp + around,
            **wanted,
        )
        .exclude(order_ref=sale.order_ref)
        .defer("reasons")
        .order_by("-timestamp", "-pk")[:_MOST_LINES]
    )


def _linked(
    sale: Transaction,
    order: str,
    lines: list[Transaction],
    shared: list[str],
    verdict: bool | None,
    burst: set[str],
) -> LinkedCase:
    worst = max(lines, key=lambda line: (line.fraud_score, -line.pk))
    near = any(abs(line.timestamp - sale.timestamp) <= BURST_WITHIN for line in lines)
    return LinkedCase(
        order_ref=order,
        pk=worst.pk,
        placed_at=min(line.timestamp for line in lines),
        amount=sum((line.total_amount for line in lines), Decimal(0)),
        score=worst.fraud_score,
        status=worst.status,
        shared=tuple(shared),
        verdict=verdict,
        in_burst=near and order in burst,
    )
