"""A caller with a token, and a small shop to call about."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from inventory.choices import MovementKind
from inventory.models import Product, Supplier
from inventory.services.ledger import MovementEntry, post_movements
from techmart.core.models import User
from techmart.core.tokens import issue_token
from transactions.models import Customer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def user(db: None) -> User:
    """A program's user that may read and record sales, and change nothing."""
    user = User.objects.create_user("feed@shop.example", name="Feed")
    for label, codename in [
        ("transactions", "add_transaction"),
        ("transactions", "view_transaction"),
        ("transactions", "view_customer"),
        ("inventory", "view_product"),
        ("inventory", "view_stockmovement"),
    ]:
        user.user_permissions.add(
            Permission.objects.get(codename=codename, content_type__app_label=label)
        )
    return user


@pytest.fixture
def api(user: User) -> APIClient:
    """A client that signs in with a token, as programs do."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_token(user=user, name='feed', now=NOW)}")
    return client


@pytest.fixture
def product(db: None) -> Product:
    """A product with 10 in stock."""
    supplier = Supplier.objects.create(code="S1", name="Northfield Foods")
    product = Product.objects.create(
        sku="TEA-1",
        name="Green tea",
        category="Tea",
        supplier=supplier,
        price=Decimal("4.00"),
        unit_cost=Decimal("2.5"),
    )
    post_movements(
        [
            MovementEntry(
                product_id=product.pk,
                kind=MovementKind.OPENING,
                quantity=10,
                source_type="opening",
                source_id=product.pk,
                occurred_at=NOW,
            )
        ],
        now=NOW,
    )
    return product


@pytest.fixture
def customer(db: None) -> Customer:
    """A known customer."""
    return Customer.objects.create(code="C1", name="Ada Baker", country="GB")


@pytest.fixture
def sale(product: Product, customer: Customer) -> Callable[..., dict[str, Any]]:
    """The body of a sale of two teas, with changes."""

    def body(**changes: Any) -> dict[str, Any]:
        return {
            "reference": "R1",
            "order_ref": "O1",
            "customer_code": "C1",
            "sku": "TEA-1",
            "quantity": 2,
            "unit_price": "4.00",
            "total_amount": "8.00",
            "channel": "store",
            "payment_method": "cash",
            **changes,
        }

    return body
