"""The invariants of stock, checked: ledger against stock, order lines against inbound."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection, transaction

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert
from alerts.services import AlertSpec, clear_alerts, raise_alerts
from inventory.choices import INBOUND_ORDER_STATES
from inventory.paths import product_path
from techmart.core.check_results import record_check
from techmart.core.choices import CheckName


class Invariant(StrEnum):
    """What should be equal."""

    STOCK = "stock"
    BALANCE = "balance"
    ON_ORDER = "on_order"


LABELS = {
    Invariant.STOCK: "stock is not the sum of the ledger",
    Invariant.BALANCE: "stock is not the balance of the newest entry",
    Invariant.ON_ORDER: "on order is not what open orders still miss",
}


@dataclass(frozen=True, slots=True)
class StockDifference:
    """A product where an invariant does not hold; units."""

    product_id: int
    sku: str
    name: str
    invariant: Invariant
    stored: int
    expected: int

    def __str__(self) -> str:
        return (
            f"{self.sku}: {LABELS[self.invariant]}: stored {self.stored}, expected {self.expected}"
        )


# One pass over the ledger; the newest entry in order of writing is the one with the highest key.
_STOCK = """
SELECT p.id, p.sku, p.name, p.stock_quantity, coalesce(l.total, 0), coalesce(l.newest, 0)
FROM products p
LEFT JOIN (
    SELECT product_id, sum(quantity)::bigint AS total,
        (array_agg(balance_after ORDER BY id DESC))[1] AS newest
    FROM stock_movements GROUP BY product_id
) AS l ON l.product_id = p.id
WHERE p.stock_quantity <> coalesce(l.total, 0) OR p.stock_quantity <> coalesce(l.newest, 0)
ORDER BY p.id
"""
_ON_ORDER = """
SELECT p.id, p.sku, p.name, p.on_order_quantity, coalesce(o.missing, 0)
FROM products p
LEFT JOIN (
    SELECT l.product_id, sum(l.quantity - l.received_quantity)::bigint AS missing
    FROM purchase_order_lines l JOIN purchase_orders o ON o.id = l.order_id
    WHERE o.state = ANY(%s) AND l.received_quantity < l.quantity
    GROUP BY l.product_id
) AS o ON o.product_id = p.id
WHERE p.on_order_quantity <> coalesce(o.missing, 0)
ORDER BY p.id
"""


def stock_differences() -> list[StockDifference]:
    """Return every product whose stock or inbound is not what its rows say, by key.

    Each comparison is one statement, so that sales committed meanwhile do not show as drift.
    """
    differences: list[StockDifference] = []
    with connection.cursor() as cursor:
        cursor.execute(_STOCK)
        for key, sku, name, stored, total, newest in cursor.fetchall():
            for invariant, expected in ((Invariant.STOCK, total), (Invariant.BALANCE, newest)):
                if stored != expected:
                    differences.append(StockDifference(key, sku, name, invariant, stored, expected))
        cursor.execute(_ON_ORDER, [[str(state) for state in INBOUND_ORDER_STATES]])
        differences += [
            StockDifference(key, sku, name, Invariant.ON_ORDER, stored, expected)
            for key, sku, name, stored, expected in cursor.fetchall()
        ]
    return differences


@transaction.atomic
def reconcile_ledger(*, now: datetime) -> list[StockDifference]:
    """Find differences, raise stock.drift for each product and end it where it is put right."""
    differences = stock_differences()
    record_check(CheckName.LEDGER, differences=len(differences), now=now)
    drifting = {difference.product_id: difference for difference in reversed(differences)}
    if drifting:
        raise_alerts([_drift(difference) for difference in drifting.values()], now=now)
    ended = (
        Alert.objects.filter(kind=AlertKind.STOCK_DRIFT, state__in=LIVE_STATES)
        .exclude(subject_id__in=list(drifting))
        .values_list("dedupe_key", flat=True)
    )
    clear_alerts(list(ended), now=now)
    return differences


def _drift(difference: StockDifference) -> AlertSpec:
    return AlertSpec(
        kind=AlertKind.STOCK_DRIFT,
        severity=Severity.CRITICAL,
        dedupe_key=f"stock.drift:{difference.product_id}",
        subject_kind="product",
        subject_id=difference.product_id,
        title=f"{difference.name}: ledger and stock differ",
        message=f"{difference}.",
        path=product_path(difference.sku),
        facts={
            "sku": difference.sku,
            "invariant": str(difference.invariant),
            "stored": difference.stored,
            "expected": difference.expected,
        },
    )
