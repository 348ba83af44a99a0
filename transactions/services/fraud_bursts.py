"""Bursts: many suspicious orders in a few minutes that share a device or a customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Sum

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert
from alerts.notifying.routing import HIDES
from alerts.services import AlertSpec, clear_alerts, raise_alerts
from transactions.models import Transaction
from transactions.paths import LIST_PATH
from transactions.querysets import TransactionQuerySet
from transactions.services.fraud_alerts import fraud_alert_key

# Domain 6.1: five in ten minutes; over when there was none for an hour.
LEAST_ORDERS = 5
WINDOW = timedelta(minutes=10)
QUIET = timedelta(hours=1)

# What fraudsters reuse, as the model names it, with the word for people.
_ATTRIBUTES = {"device": "device", "customer__code": "customer"}


@dataclass(frozen=True, slots=True)
class Burst:
    """Suspicious orders that share a value. amount: money at stake, shop currency.

    order_refs: of the orders, whose own alerts tell nothing beside this one.
    """

    attribute: str
    value: str
    orders: int
    amount: float
    order_refs: tuple[str, ...] = ()

    @property
    def dedupe_key(self) -> str:
        """The key of its alert."""
        return f"{AlertKind.FRAUD_BURST}:{self.attribute}:{self.value}"


def report_bursts(*, now: datetime) -> list[Burst]:
    """Raise an alert for each burst, and end those that have been quiet for an hour."""
    bursts = list(_bursts(now - WINDOW, now))
    raise_alerts([_spec(burst, now) for burst in bursts], now=now)
    active = {
        f"{AlertKind.FRAUD_BURST}:{word}:{value}"
        for field, word in _ATTRIBUTES.items()
        for value in _suspicious(now - QUIET, now).values_list(field, flat=True).distinct()
    }
    live = Alert.objects.filter(kind=AlertKind.FRAUD_BURST, state__in=LIVE_STATES)
    clear_alerts(sorted(set(live.values_list("dedupe_key", flat=True)) - active), now=now)
    return bursts


def _bursts(start: datetime, end: datetime) -> Iterator[Burst]:
    for field, word in _ATTRIBUTES.items():
        found = (
            _suspicious(start, end)
            .exclude(**{field: ""})
            .exclude(**{f"{field}__isnull": True})
            .values(field)
            .annotate(
                orders=Count("order_ref", distinct=True),
                amount=Sum("total_amount"),
                order_refs=ArrayAgg("order_ref", distinct=True),
            )
            .filter(orders__gte=LEAST_ORDERS)
            .order_by(field)
        )
        for row in found:
            yield Burst(
                word,
                row[field],
                row["orders"],
                float(row["amount"]),
                tuple(row["order_refs"]),
            )


def _suspicious(start: datetime, end: datetime) -> TransactionQuerySet:
    return Transaction.objects.filter(is_suspicious=True, timestamp__gt=start, timestamp__lte=end)


def _spec(burst: Burst, now: datetime) -> AlertSpec:
    since = (now - WINDOW).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = {"suspicious": "1", "from": since}
    query |= {"customer": burst.value} if burst.attribute == "customer" else {}
    return AlertSpec(
        kind=AlertKind.FRAUD_BURST,
        severity=Severity.CRITICAL,
        dedupe_key=burst.dedupe_key,
        subject_kind=burst.attribute,
        subject_id=None,
        title=f"{burst.orders} suspicious orders from one {burst.attribute}",
        message=f"Within ten minutes, all with the {burst.attribute} {burst.value}.",
        path=f"{LIST_PATH}?{urlencode(query)}",
        audience="transactions.view_transaction",
        facts={
            "Orders": burst.orders,
            burst.attribute.title(): burst.value,
            HIDES: [fraud_alert_key(order_ref) for order_ref in burst.order_refs],
        },
    )
