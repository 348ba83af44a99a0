"""What is known of how well a supplier delivers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from scipy.special import betaincinv

from inventory.models import Receipt, Supplier

# Receipts that count half as much, and how many the prior is worth. Domain 3.6.
HALF_LIFE_DAYS = 180
PRIOR_RECEIPTS = 10
# The newest receipts that "on time and in full" counts.
NEWEST = 10
# Older or further receipts weigh next to nothing.
MOST_RECEIPTS = 400
_TAIL = 0.05


@dataclass(frozen=True, slots=True)
class Delivery:
    """One receipt of an order line."""

    age_days: float
    on_time: bool
    in_full: bool


@dataclass(frozen=True, slots=True)
class Reliability:
    """Share of deliveries on time and in full with its 90 % interval, 0 to 1 each.

    on_time_of: of the newest deliveries, how many were so; None without any.
    """

    share: float
    low: float
    high: float
    on_time_of: tuple[int, int] | None


def reliability(share: float, deliveries: Sequence[Delivery]) -> Reliability:
    """Return a supplier's share with the interval that its deliveries leave.

    share: as kept with the supplier, 0 to 1. deliveries: newest first. Beta distribution with
    the share as its mean and worth 10 + Σ 0.5^(age/180) deliveries; domain 3.6.
    """
    weight = PRIOR_RECEIPTS + sum(0.5 ** (each.age_days / HALF_LIFE_DAYS) for each in deliveries)
    # A share of exactly 0 or 1 has no interval.
    if 0 < share < 1:
        shape = (share * weight, (1 - share) * weight)
        low, high = (float(betaincinv(*shape, tail)) for tail in (_TAIL, 1 - _TAIL))
    else:
        low = high = share
    newest = deliveries[:NEWEST]
    good = sum(each.on_time and each.in_full for each in newest)
    return Reliability(share, low, high, (good, len(newest)) if newest else None)


def load_deliveries(supplier: Supplier, *, now: datetime) -> list[Delivery]:
    """Return the supplier's newest receipts; promised late is later than its tolerance."""
    rows = (
        Receipt.objects.filter(line__order__supplier=supplier, received_at__lte=now)
        .order_by("-received_at", "-pk")
        .values_list("received_at", "line__order__promised_date", "quantity", "line__quantity")
    )[:MOST_RECEIPTS]
    tolerance = timedelta(days=supplier.tolerance_days)
    return [
        Delivery(
            age_days=(now - received_at).total_seconds() / 86_400,
            on_time=_in_time(received_at, promised, tolerance),
            in_full=received >= ordered,
        )
        for received_at, promised, received, ordered in rows
    ]


def _in_time(received_at: datetime, promised: date | None, tolerance: timedelta) -> bool:
    return promised is None or timezone.localdate(received_at) <= promised + tolerance
