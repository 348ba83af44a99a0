"""Rows for the inventory tests, each with the least that the database accepts."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from inventory.choices import MovementKind
from inventory.models import Product, Supplier
from inventory.services.ledger import MovementEntry, StockChange, post_movements
from techmart.core.models import User

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
_numbers = count(1)


def make_user(email: str = "planner@example.test") -> User:
    """Return a person to name as actor."""
    return User.objects.create_user(email, name="Planner")


def make_supplier(**fields: Any) -> Supplier:
    """Create a supplier that delivers in 7 days and has no minimum."""
    number = next(_numbers)
    return Supplier.objects.create(**{"code": f"S{number}", "name": f"Supplier {number}"} | fields)


def make_product(*, stock: int = 0, **fields: Any) -> Product:
    """Create a product, its stock written by an opening entry."""
    number = next(_numbers)
    product = Product.objects.create(
        **{
            "sku": f"P{number}",
            "name": f"Product {number}",
            "category": "Dairy",
            "supplier": fields.pop("supplier", None) or make_supplier(),
            "price": Decimal("5.00"),
            "unit_cost": Decimal("3.0000"),
        }
        | fields
    )
    if stock:
        post_movements([entry(product, MovementKind.OPENING, stock)], now=NOW)
        product.refresh_from_db()
    return product


def entry(
    product: Product, kind: MovementKind, quantity: int, *, at: datetime = NOW, source_id: int = 0
) -> MovementEntry:
    """Return a ledger entry with a source of its own."""
    return MovementEntry(
        product_id=product.pk,
        kind=kind,
        quantity=quantity,
        source_type="test",
        source_id=source_id or next(_numbers),
        occurred_at=at,
    )


def sell(product: Product, units: int, *, at: datetime = NOW) -> StockChange:
    """Take units out as a sale does."""
    [change] = post_movements([entry(product, MovementKind.SALE, -units, at=at)], now=NOW)
    return change
