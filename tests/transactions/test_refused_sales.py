"""Sales that are not recorded: every error of every line, named by its field."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from inventory.models import StockMovement
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, make_customer, recorded, sale_of
from transactions.models import Transaction
from transactions.services import (
    SaleInput,
    SaleRefused,
    record_sales,
)

pytestmark = pytest.mark.django_db


def refused(sales: list[SaleInput], **options: Any) -> set[tuple[int | None, str, str]]:
    """Return row, field and code of every error; nothing may have been written."""
    with pytest.raises(SaleRefused) as refusal:
        record_sales(sales, now=NOW, **options)
    assert not Transaction.objects.exists()
    assert not StockMovement.objects.filter(kind="sale").exists()
    assert refusal.value.status == 422
    return {(error.row, error.field, error.code) for error in refusal.value.errors}


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"reference": " "}, "reference", "required"),
        ({"reference": "x" * 121}, "reference", "invalid"),
        ({"reference": "a\x00b"}, "reference", "invalid"),
        ({"order_ref": "x" * 81}, "order_ref", "invalid"),
        ({"sku": "no such"}, "sku", "unknown"),
        ({"sku": ""}, "sku", "required"),
        ({"customer_code": "no such"}, "customer_code", "unknown"),
        ({"customer_code": ""}, "customer_code", "invalid"),
        ({"quantity": 0}, "quantity", "invalid"),
        ({"quantity": -1}, "quantity", "invalid"),
        ({"quantity": 2**31}, "quantity", "invalid"),
        ({"quantity": 2**31 - 1, "unit_price": Decimal("9e8")}, "quantity", "invalid"),
        ({"unit_price": Decimal("-0.01")}, "unit_price", "invalid"),
        ({"unit_price": Decimal("1.00001")}, "unit_price", "invalid"),
        ({"unit_price": Decimal("NaN")}, "unit_price", "invalid"),
        ({"unit_price": Decimal("Infinity")}, "unit_price", "invalid"),
        ({"discount": Decimal("-1")}, "discount", "invalid"),
        ({"discount": Decimal("0.001")}, "discount", "invalid"),
        ({"discount": Decimal("5.01")}, "discount", "invalid"),
        ({"total_amount": Decimal("5.01")}, "total_amount", "mismatch"),
        ({"currency": "EUR"}, "currency", "mismatch"),
        ({"channel": "pigeon"}, "channel", "invalid"),
        ({"payment_method": "shells"}, "payment_method", "invalid"),
        ({"payment_status": "maybe"}, "payment_status", "invalid"),
        ({"ship_country": "GBR"}, "ship_country", "invalid"),
        ({"ip_country": "1A"}, "ip_country", "invalid"),
        ({"store": "x" * 41}, "store", "invalid"),
        ({"device": "x" * 81}, "device", "invalid"),
        ({"timestamp": NOW + timedelta(minutes=6)}, "timestamp", "future"),
        ({"timestamp": NOW.replace(tzinfo=None)}, "timestamp", "invalid"),
    ],
)
def test_what_is_wrong_is_named_by_field(fields: dict[str, Any], field: str, code: str) -> None:
    product = make_product(stock=10, price=Decimal("5.00"))
    good = sale_of(product.sku)

    assert refused([good, replace(sale_of(product.sku), **fields)]) == {(1, field, code)}


def test_what_is_no_longer_sold_or_served_is_refused() -> None:
    product = make_product(stock=1, active=False)
    customer = make_customer(active=False)

    errors = refused([sale_of(product.sku, customer_code=customer.code)])

    assert errors == {(0, "sku", "inactive"), (0, "customer_code", "inactive")}


def test_every_error_of_every_line_is_told_at_once() -> None:
    errors = refused([sale_of("none", customer_code="nobody"), sale_of("nothing")])

    assert errors == {(0, "sku", "unknown"), (0, "customer_code", "unknown"), (1, "sku", "unknown")}


def test_anonymous_sales_are_refused_on_request() -> None:
    product = make_product(stock=1)

    errors = refused([sale_of(product.sku)], allow_anonymous=False)

    assert errors == {(0, "customer_code", "required")}


def test_a_clock_that_runs_a_little_ahead_is_forgiven() -> None:
    assert recorded(timestamp=NOW + timedelta(minutes=5)).pk


def test_one_call_has_each_reference_once() -> None:
    product = make_product(stock=5)
    sale = sale_of(product.sku)

    assert refused([sale, sale]) == {(1, "reference", "duplicate")}
