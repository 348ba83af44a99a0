"""What every rollup must hold, worked out from all base rows in plain Python."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from analytics.models import CategoryDaily, CustomerStats, SalesHourly
from inventory.choices import TotalsWindow
from inventory.models import ProductDaily, ProductTotals
from transactions.choices import NO_DEMAND_STATUSES, AdjustmentKind
from transactions.models import Adjustment, Transaction

ZONE: tzinfo = ZoneInfo(settings.TIME_ZONE)
Bucket = tuple[Hashable, ...]
Rollups = dict[str, dict[Bucket, dict[str, Any]]]


@dataclass
class _Sums:
    lines: int = 0
    order_refs: set[str] = field(default_factory=set)
    units: int = 0
    units_returned: int = 0
    gross: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    demand_units: int = 0
    moments: list[datetime] = field(default_factory=list)

    def value(self, name: str) -> Any:
        if name == "orders":
            return len(self.order_refs)
        if name.endswith("order_at"):
            pick = min if name.startswith("first") else max
            return pick(self.moments) if self.moments else None
        return getattr(self, name)


_VALUES = {
    "hourly": ("lines", "orders", "units", "units_returned", "gross", "refunds", "cost"),
    "category": ("lines", "orders", "units", "units_returned", "gross", "refunds", "cost"),
    "daily": ("demand_units", "units", "units_returned", "orders", "gross", "refunds", "cost"),
    "customer": (
        "lines",
        "orders",
        "units",
        "gross",
        "refunds",
        "first_order_at",
        "last_order_at",
    ),
}


def shop_day(at: datetime) -> date:
    """Return the shop day of a moment."""
    return at.astimezone(ZONE).date()


def shop_hour(at: datetime) -> datetime:
    """Return the start of the shop hour of a moment; offsets of the zone are whole hours."""
    return at.replace(minute=0, second=0, microsecond=0)


def expected(*, window_day: date) -> Rollups:
    """Return every bucket in which something counts, and the totals by window."""
    sums: dict[str, dict[Bucket, _Sums]] = {
        name: defaultdict(_Sums) for name in ("hourly", "category", "daily", "customer")
    }
    for txn in Transaction.objects.select_related("product"):
        if txn.status not in NO_DEMAND_STATUSES:
            sums["daily"][txn.product_id, shop_day(txn.timestamp)].demand_units += txn.quantity
        if txn.completed_at is None:
            continue
        for bucket in _buckets(sums, txn, txn.completed_at):
            bucket.lines += 1
            bucket.order_refs.add(txn.order_ref)
            bucket.units += txn.quantity
            bucket.gross += txn.total_amount
            bucket.cost += txn.quantity * txn.unit_cost
            bucket.moments.append(txn.completed_at)
    for back in Adjustment.objects.select_related("transaction__product"):
        sign = -1 if back.kind == AdjustmentKind.CHARGEBACK_REVERSED else 1
        for bucket in _buckets(sums, back.transaction, back.booked_at):
            bucket.units_returned += sign * back.units_returned
            bucket.refunds += sign * back.amount
            bucket.cost -= sign * back.units_returned * back.transaction.unit_cost
    rollups = {
        name: _kept({key: {v: one.value(v) for v in _VALUES[name]} for key, one in buckets.items()})
        for name, buckets in sums.items()
    }
    rollups["totals"] = _totals(rollups["daily"], window_day=window_day)
    return rollups


def stored() -> Rollups:
    """Return the rollups as the database holds them."""
    return {
        "hourly": {
            (row.hour, row.channel): _read(row, "hourly") for row in SalesHourly.objects.all()
        },
        "category": {
            (row.day, row.category): _read(row, "category") for row in CategoryDaily.objects.all()
        },
        "daily": {
            (row.product_id, row.day): _read(row, "daily") for row in ProductDaily.objects.all()
        },
        "customer": {
            (row.customer_id,): _read(row, "customer") for row in CustomerStats.objects.all()
        },
        "totals": {
            (row.product_id, row.window): {
                name: getattr(row, name)
                for name in (*_VALUES["daily"], "first_sold_on", "last_sold_on")
            }
            for row in ProductTotals.objects.all()
        },
    }


def _buckets(
    sums: dict[str, dict[Bucket, _Sums]], txn: Transaction, at: datetime
) -> Iterable[_Sums]:
    yield sums["hourly"][shop_hour(at), txn.channel]
    yield sums["category"][shop_day(at), txn.product.category]
    yield sums["daily"][txn.product_id, shop_day(at)]
    if txn.customer_id is not None:
        yield sums["customer"][txn.customer_id,]


def _totals(
    daily: dict[Bucket, dict[str, Any]], *, window_day: date
) -> dict[Bucket, dict[str, Any]]:
    totals: dict[Bucket, dict[str, Any]] = {}
    for (product_id, day), values in daily.items():
        assert isinstance(day, date)
        for window in TotalsWindow.values:
            if window and not window_day - timedelta(days=window) < day <= window_day:
                continue
            row = totals.setdefault(
                (product_id, window),
                dict.fromkeys(values, 0) | {"first_sold_on": None, "last_sold_on": None},
            )
            for name, value in values.items():
                row[name] += value
            if window == 0 and values["units"] > 0:
                row["first_sold_on"] = min(row["first_sold_on"] or day, day)
                row["last_sold_on"] = max(row["last_sold_on"] or day, day)
    return _kept(totals)


def _kept(rows: dict[Bucket, dict[str, Any]]) -> dict[Bucket, dict[str, Any]]:
    return {key: row for key, row in rows.items() if any(row.values())}


def _read(row: Any, rollup: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _VALUES[rollup]}
