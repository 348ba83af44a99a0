"""Goods that go back: out of stock, at the cost of the line they came by."""

from decimal import Decimal

import pytest
from django.db import InternalError, transaction
from django.db.utils import IntegrityError

from inventory.ledger_sources import sources_of
from inventory.models import Product, PurchaseOrder, StockMovement, SupplierReturn
from inventory.services.ledger import InsufficientStock
from inventory.services.orders import LineInput, create_order, receive_line, send_order
from inventory.services.supplier_returns import ReturnRefused, return_to_supplier
from techmart.core.corrections import ReasonMissing
from tests.inventory.factories import NOW, make_product

pytestmark = pytest.mark.django_db


def delivered(product: Product, units: int, cost: str = "4") -> PurchaseOrder:
    order = create_order(
        supplier_id=product.supplier_id,
        lines=[LineInput(product.pk, units, Decimal(cost))],
        actor=None,
        now=NOW,
    )
    send_order(order_id=order.pk, actor=None, now=NOW)
    receive_line(line_id=order.lines.get().pk, quantity=units, actor=None, now=NOW)
    return order


def give_back(product: Product, units: int, line_id: int | None = None) -> SupplierReturn:
    return return_to_supplier(
        product_id=product.pk, quantity=units, reason="mould", actor=None, now=NOW, line_id=line_id
    )


def test_a_return_takes_stock_and_names_its_order() -> None:
    product = make_product()
    order = delivered(product, 10)

    row = give_back(product, 4, order.lines.get().pk)

    movement = StockMovement.objects.get(kind="supplier_return")
    product.refresh_from_db()
    assert (product.stock_quantity, product.on_order_quantity) == (6, 0)
    assert (movement.quantity, movement.unit_cost, movement.reason) == (-4, Decimal(4), "mould")
    assert sources_of([movement])[movement.pk].reference == f"Return of {order.number}"
    assert row.supplier_id == product.supplier_id


def test_no_more_go_back_than_came() -> None:
    product = make_product(stock=50)
    line = delivered(product, 10).lines.get()
    give_back(product, 7, line.pk)

    with pytest.raises(ReturnRefused, match="3 came and did not go back"):
        give_back(product, 4, line.pk)

    assert SupplierReturn.objects.count() == 1


def test_refused_returns_change_nothing() -> None:
    product, other = make_product(stock=3), make_product(stock=3)
    line = delivered(other, 10).lines.get()

    with pytest.raises(ReturnRefused, match="1 unit or more"):
        give_back(product, 0)
    with pytest.raises(ReturnRefused, match="not of"):
        give_back(product, 1, line.pk)
    with pytest.raises(InsufficientStock):
        give_back(product, 4)
    with pytest.raises(ReasonMissing):
        return_to_supplier(product_id=product.pk, quantity=1, reason="", actor=None, now=NOW)

    assert not SupplierReturn.objects.exists()


def test_a_return_is_never_changed() -> None:
    row = give_back(make_product(stock=3), 1)

    with pytest.raises((InternalError, IntegrityError), match="append-only"), transaction.atomic():
        SupplierReturn.objects.filter(pk=row.pk).update(quantity=2)
