"""What labels say of devices, written down so that scoring finds it by index."""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from transactions.fraud.columns import AMOUNT_CODES
from transactions.fraud.devices import MEMORY_DAYS
from transactions.fraud.label_history import Told, counts, load_verdicts
from transactions.models import DeviceFact, FraudLabel, Transaction

_BATCH = 5_000


@transaction.atomic
def refresh_device_facts(orders: Iterable[str]) -> int:
    """Make the facts of these orders' lines anew from their labels; return how many there are.

    How much of a fraud its amount explains is judged by the score that the sale was given.
    """
    told = load_verdicts(orders)
    if not told:
        return 0
    lines = list(
        Transaction.objects.filter(order_ref__in=list(told))
        .exclude(device="")
        .only("device", "timestamp", "order_ref", "reasons")
    )
    DeviceFact.objects.filter(transaction__in=[line.pk for line in lines]).delete()
    facts = [fact for line in lines for fact in _facts_of(line, told)]
    DeviceFact.objects.bulk_create(facts, batch_size=_BATCH)
    return len(facts)


def rebuild_device_facts(*, now: datetime) -> int:
    """Make the facts of all labels that can still matter anew; return how many there are."""
    since = now - timedelta(days=MEMORY_DAYS)
    orders = FraudLabel.objects.filter(known_at__gte=since).values_list("order_ref", flat=True)
    found, batch = 0, set[str]()
    for order in orders.order_by("order_ref").distinct().iterator(_BATCH):
        batch.add(order)
        if len(batch) == _BATCH:
            found += refresh_device_facts(batch)
            batch.clear()
    return found + refresh_device_facts(batch)


def unexplained_of(reasons: Iterable[dict[str, Any]]) -> float:
    """Return the share of a sale's odds that its amount leaves open, from its stored reasons."""
    parts = [part["contribution"] for part in reasons if part["code"] in AMOUNT_CODES]
    return math.exp(-sum(parts))


def _facts_of(line: Transaction, told: Told) -> Iterator[DeviceFact]:
    unexplained = unexplained_of(line.reasons)
    for verdict in told[line.order_ref]:
        if counts(verdict, unexplained):
            yield DeviceFact(
                transaction=line,
                device=line.device,
                sale_at=line.timestamp,
                is_fraud=verdict.is_fraud,
                unexplained=unexplained if verdict.is_fraud else 1.0,
                known_at=verdict.known_at,
                until_at=verdict.until,
            )
