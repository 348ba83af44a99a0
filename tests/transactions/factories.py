"""Rows for the transactions tests, each with the least that the database accepts."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from techmart.core.models import User
from tests.inventory.factories import make_product
from transactions.choices import StatisticKind, TransactionStatus
from transactions.models import Customer, FraudStatistic, Transaction
from transactions.services import SaleInput, record_sales

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
_numbers = count(1)


def make_analyst(email: str = "analyst@example.test") -> User:
    """Return a person who reviews sales."""
    return User.objects.create_user(email, name="Analyst")


def make_customer(**fields: Any) -> Customer:
    """Create a customer."""
    number = next(_numbers)
    return Customer.objects.create(**{"code": f"C{number}", "name": f"Customer {number}"} | fields)


def sale_of(sku: str, **fields: Any) -> SaleInput:
    """Return one unit to record, under a reference of its own."""
    defaults: dict[str, Any] = {"reference": f"ref-{next(_numbers)}", "sku": sku, "quantity": 1}
    return SaleInput(**defaults | fields)


def recorded(*, stock: int = 10, now: datetime = NOW, **fields: Any) -> Transaction:
    """Record one sale of a new product and return it as stored."""
    product = make_product(stock=stock, price=fields.pop("price", Decimal("5.00")))
    [outcome] = record_sales([sale_of(product.sku, **fields)], now=now)
    return Transaction.objects.get(pk=outcome.transaction.pk)


def held(*, now: datetime = NOW, **fields: Any) -> Transaction:
    """Record one sale that waits for an analyst: with a threshold of 0 any is held."""
    threshold, _ = FraudStatistic.objects.get_or_create(
        kind=StatisticKind.REVIEW_THRESHOLD,
        defaults={"as_of_date": now.date(), "lines": 0, "value": 0.0},
    )
    txn = recorded(now=now, **fields)
    threshold.delete()
    assert txn.status == TransactionStatus.IN_REVIEW
    return txn
