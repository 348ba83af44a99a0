"""Rows for the analytics tests, written straight into the base tables."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from inventory.models import Product
from tests.inventory.factories import make_product
from transactions.choices import AdjustmentKind, Channel, Decision, TransactionStatus
from transactions.models import Adjustment, Customer, Transaction

# A Tuesday, 10:00 in New York.
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
_numbers = count(1)


def make_customer() -> Customer:
    """Create a customer."""
    number = next(_numbers)
    return Customer.objects.create(code=f"A{number}", name=f"Customer {number}")


def sale_row(product: Product, *, at: datetime, **fields: Any) -> Transaction:
    """Return an unsaved completed line of one unit at 5.00 that cost 3, in an order of its own.

    at: when it was made, recorded and became revenue.
    """
    number = next(_numbers)
    quantity = fields.get("quantity", 1)
    price = Decimal(fields.pop("price", "5.00"))
    status = fields.get("status", TransactionStatus.COMPLETED)
    earned = status in (TransactionStatus.COMPLETED, TransactionStatus.DISPUTED)
    return Transaction(
        **{
            "reference": f"sale-{number}",
            "order_ref": f"order-{number}",
            "product": product,
            "quantity": quantity,
            "unit_price": price,
            "unit_cost": Decimal("3"),
            "total_amount": quantity * price,
            "currency": "USD",
            "status": status,
            "channel": Channel.STORE,
            "timestamp": at,
            "recorded_at": at,
            "completed_at": at if earned else None,
            "request_hash": "",
            "fraud_score": 0.1,
            "is_suspicious": False,
            "decision": Decision.ALLOW,
            "score_version": "test",
        }
        | fields
    )


def make_sale(product: Product | None = None, *, at: datetime = NOW, **fields: Any) -> Transaction:
    """Create a line; see sale_row."""
    txn = sale_row(product or make_product(), at=at, **fields)
    txn.save()
    return txn


def give_back(
    txn: Transaction,
    amount: str,
    *,
    at: datetime = NOW,
    kind: AdjustmentKind = AdjustmentKind.REFUND,
    units: int = 0,
) -> Adjustment:
    """Book a refund or chargeback of a line."""
    return Adjustment.objects.create(
        transaction=txn,
        kind=kind,
        amount=Decimal(amount),
        units_returned=units,
        booked_at=at,
        recorded_at=at,
        reference=f"back-{next(_numbers)}",
    )
