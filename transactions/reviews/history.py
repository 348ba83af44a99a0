"""What else is known around a sale: its customer's orders, its device, and all in time order."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import Count, Min
from django.utils import timezone

from techmart.core.models import AuditEntry
from transactions.choices import LabelSource, TransactionStatus
from transactions.models import FraudLabel, ReviewDecision, Transaction
from transactions.paths import transaction_path
from transactions.reviews.linked import BURST_WITHIN, known_labels

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_ORDERS = 12
SHOWN_DEVICE_LINES = 8
# Sales before this one that belong to what the customer was just doing.
SESSION = timedelta(hours=1)
_MOST_STEPS = 40
# Lines that the usual amount and the usual hours are taken from.
_USUAL_LINES = 200
_LEAST_USUAL = 5


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A line of the customer's or the device's. known_device: used by the customer before this
    day. burst: held or suspicious within a day of the case. verdict: what a label says, None
    without one."""

    at: datetime
    reference: str
    url: str
    product_name: str
    customer_name: str
    device: str
    known_device: bool
    ship_country: str
    amount: Decimal
    status: str
    current: bool
    burst: bool
    verdict: bool | None


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What was bought from a device. frauds: its orders that are known to be fraud."""

    device: str
    first_seen: datetime
    lines: int
    customers: int
    frauds: int
    rows: list[HistoryRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Usual:
    """What a customer usually does: median amount of a line, and the hours of the shop's clock
    that hold the middle eight tenths of the lines, last hour excluded; of `lines` lines."""

    lines: int
    median_amount: Decimal
    from_hour: int
    to_hour: int


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened, for the timeline. strong: of the sale itself."""

    at: datetime
    title: str
    detail: str
    who: str
    strong: bool = False
    url: str = ""


def customer_history(sale: Transaction) -> list[HistoryRow]:
    """Return the customer's newest lines, this sale among them; the burst is on top."""
    if sale.customer is None:
        return []
    lines = list(
        Transaction.objects.filter(customer=sale.customer_id)
        .listed()
        .order_by("-timestamp", "-pk")[:SHOWN_ORDERS]
    )
    if sale.pk not in {line.pk for line in lines}:
        lines = [sale, *lines[: SHOWN_ORDERS - 1]]
        lines.sort(key=lambda line: (line.timestamp, line.pk), reverse=True)
    devices = {line.device for line in lines if line.device}
    first_used = dict(
        Transaction.objects.filter(customer=sale.customer_id, device__in=devices)
        .values_list("device")
        .annotate(Min("timestamp"))
        .order_by()
    )
    return _rows(lines, sale, first_used)


def device_facts(sale: Transaction) -> DeviceFacts | None:
    """Return what was bought from the sale's device, newest first; None without a device."""
    if not sale.device:
        return None
    same = Transaction.objects.filter(device=sale.device)
    known = same.aggregate(
        first=Min("timestamp"), lines=Count("pk"), customers=Count("customer", distinct=True)
    )
    lines = list(same.listed().order_by("-timestamp", "-pk")[:SHOWN_DEVICE_LINES])
    accused = FraudLabel.objects.filter(is_fraud=True, order_ref__in=same.values("order_ref"))
    frauds = sum(known_labels(accused.values_list("order_ref", flat=True)).values())
    return DeviceFacts(
        device=sale.device,
        first_seen=known["first"],
        lines=known["lines"],
        customers=known["customers"],
        frauds=frauds,
        rows=_rows(lines, sale, {}),
    )


def usual(sale: Transaction) -> Usual | None:
    """Return what the customer usually does, from completed lines before the sale; None of few."""
    if sale.customer_id is None:
        return None
    before = list(
        Transaction.objects.filter(
            customer=sale.customer_id, timestamp__lt=sale.timestamp, completed_at__isnull=False
        )
        .order_by("-timestamp", "-pk")
        .values_list("total_amount", "timestamp")[:_USUAL_LINES]
    )
    if len(before) < _LEAST_USUAL:
        return None
    zone = timezone.get_default_timezone()
    begin, end = middle_hours([at.astimezone(zone).hour for _, at in before])
    return Usual(len(before), median(amount for amount, _ in before), begin, end)


def middle_hours(hours: "Iterable[int]") -> tuple[int, int]:
    """Return the shortest stretch of the clock that holds eight tenths of the hours: [from, to).

    hours: 0 to 23, one or more. The stretch may pass midnight.
    """
    counts = Counter(hours)
    wanted = 0.8 * counts.total()
    for length in range(1, 25):
        for begin in range(24):
            if sum(counts[(begin + step) % 24] for step in range(length)) >= wanted:
                return begin, (begin + length) % 24
    raise AssertionError("24 hours hold all")


def timeline(sale: Transaction) -> list[Step]:
    """Return what led to the sale and what became of it, oldest first."""
    steps = [*_session(sale), *_labels(sale), *_decisions(sale), *_arrangements(sale)]
    steps.sort(key=lambda step: step.at)
    return steps


def _session(sale: Transaction) -> list[Step]:
    """The customer's or the device's other sales of the hour before."""
    if sale.customer_id is not None:
        whose = {"customer": sale.customer_id}
    elif sale.device:
        whose = {"device": sale.device}  # type: ignore[dict-item]  # lookups of either kind
    else:
        return []
    lines = (
        Transaction.objects.filter(
            timestamp__gte=sale.timestamp - SESSION, timestamp__lte=sale.timestamp, **whose
        )
        .exclude(pk=sale.pk)
        .listed()
        .order_by("-timestamp", "-pk")[:_MOST_STEPS]
    )
    return [
        Step(
            line.timestamp,
            f"{line.reference}: {line.product.name}",
            line.device,
            line.get_payment_method_display(),
            url=transaction_path(line.pk),
        )
        for line in lines
    ]


def _labels(sale: Transaction) -> list[Step]:
    labels = FraudLabel.objects.filter(order_ref=sale.order_ref).select_related("actor")
    return [
        Step(
            label.known_at,
            f"Known to be {'fraud' if label.is_fraud else 'genuine'}",
            f"Source: {LabelSource(label.source).label.lower()}",
            str(label.actor) if label.actor else "",
        )
        for label in labels.order_by("known_at", "pk")
    ]


def _decisions(sale: Transaction) -> list[Step]:
    decisions = ReviewDecision.objects.filter(transaction=sale).select_related("actor")
    steps = []
    for decision in decisions.order_by("pk"):
        verb = "approve" if decision.verdict == "approve" else "decline"
        who = str(decision.actor)
        steps.append(Step(decision.decided_at, f"Decided to {verb}", decision.words, who))
        if decision.withdrawn_at:
            steps.append(Step(decision.withdrawn_at, "Undone", "", who))
        if decision.failed_at:
            failed = "Decision not carried out"
            steps.append(Step(decision.failed_at, failed, decision.result, "System", strong=True))
    return steps


def _arrangements(sale: Transaction) -> list[Step]:
    entries = AuditEntry.objects.filter(
        subject_kind="transaction", subject_id=sale.pk, action__startswith="review."
    ).select_related("actor")
    return [
        Step(
            entry.at, _arranged(entry), entry.reason, str(entry.actor) if entry.actor else "System"
        )
        for entry in entries.order_by("pk")[:_MOST_STEPS]
    ]


def _arranged(entry: AuditEntry) -> str:
    match entry.action:
        case "review.assign":
            return f"Assigned to {entry.after.get('assigned_to') or 'nobody'}"
        case "review.snooze":
            return "Snoozed"
        case "review.customer":
            return f"The customer {'denies' if entry.after.get('is_fraud') else 'confirms'} it"
    return "Back in the queue"


def _rows(
    lines: list[Transaction], sale: Transaction, first_used: dict[str, datetime]
) -> list[HistoryRow]:
    labels = known_labels({line.order_ref for line in lines})
    return [
        HistoryRow(
            at=line.timestamp,
            reference=line.reference,
            url=transaction_path(line.pk),
            product_name=line.product.name,
            customer_name=str(line.customer) if line.customer else "Anonymous",
            device=line.device,
            known_device=line.device in first_used
            and line.timestamp - first_used[line.device] > BURST_WITHIN,
            ship_country=line.ship_country,
            amount=line.total_amount,
            status=line.status,
            current=line.pk == sale.pk,
            burst=(line.is_suspicious or line.status == TransactionStatus.IN_REVIEW)
            and abs(line.timestamp - sale.timestamp) <= BURST_WITHIN,
            verdict=labels.get(line.order_ref),
        )
        for line in lines
    ]
