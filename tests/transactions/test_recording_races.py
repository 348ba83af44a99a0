"""The last units, references sent again, and both at once."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from inventory.models import Product, StockMovement
from inventory.services.ledger import InsufficientStock
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, make_customer, sale_of
from transactions.models import Transaction, TransactionEvent
from transactions.services import (
    ReferenceConflict,
    SaleOutcome,
    record_sales,
)

pytestmark = pytest.mark.django_db


def test_all_shortages_are_told_and_nothing_is_kept() -> None:
    short, enough, shorter = (make_product(stock=n) for n in (1, 9, 2))
    lines = [
        sale_of(short.sku),
        sale_of(short.sku),
        sale_of(enough.sku, quantity=9),
        sale_of(shorter.sku, quantity=5),
    ]

    with pytest.raises(InsufficientStock) as refusal:
        record_sales(lines, now=NOW)

    told = [(s.sku, s.requested, s.available) for s in refusal.value.shortages]
    assert told == [(short.sku, 2, 1), (shorter.sku, 5, 2)]
    assert refusal.value.status == 409
    assert [(e.row, e.field) for e in refusal.value.errors] == [
        (0, "quantity"),
        (1, "quantity"),
        (3, "quantity"),
    ]
    assert not Transaction.objects.exists()
    assert set(Product.objects.values_list("stock_quantity", flat=True)) == {1, 2, 9}


def in_parallel(count: int, act: Callable[[int], None]) -> list[Exception]:
    """Run an act at once on connections of their own; return what they raised."""
    raised: list[Exception] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=10)
            act(number)
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return raised


@pytest.mark.django_db(transaction=True)
def test_of_many_buyers_of_the_last_unit_one_gets_it() -> None:
    product = make_product(stock=1)
    customers = [make_customer() for _ in range(8)]

    raised = in_parallel(
        8,
        lambda n: void(
            record_sales([sale_of(product.sku, customer_code=customers[n].code)], now=NOW)
        ),
    )

    assert [type(error) for error in raised] == [InsufficientStock] * 7
    product.refresh_from_db()
    assert product.stock_quantity == 0
    assert Transaction.objects.count() == 1
    assert StockMovement.objects.filter(kind="sale").count() == 1


@pytest.mark.django_db(transaction=True)
def test_baskets_in_opposite_order_do_not_wait_for_each_other() -> None:
    one, other = make_product(stock=50), make_product(stock=50)
    skus = [one.sku, other.sku]

    raised = in_parallel(
        8,
        lambda n: void(
            record_sales([sale_of(sku) for sku in (skus if n % 2 else skus[::-1])], now=NOW)
        ),
    )

    assert raised == []
    assert set(Product.objects.values_list("stock_quantity", flat=True)) == {42}


def void(_: object) -> None:
    """Drop an answer nobody reads."""


def test_the_same_sale_is_answered_again() -> None:
    product = make_product(stock=5)
    sale = sale_of(product.sku, unit_price=Decimal("4.50"), timestamp=NOW)
    [first] = record_sales([sale], now=NOW)
    Product.objects.filter(pk=product.pk).update(active=False)
    written_otherwise = replace(
        sale, unit_price=Decimal("4.5"), timestamp=NOW.astimezone(), ship_country=""
    )

    [again] = record_sales([written_otherwise], now=NOW + timedelta(hours=1))

    assert again == SaleOutcome(first.transaction, replayed=True)
    product.refresh_from_db()
    assert product.stock_quantity == 4
    assert TransactionEvent.objects.count() == 1


def test_the_same_reference_for_another_sale_is_a_conflict() -> None:
    product = make_product(stock=5)
    sale = sale_of(product.sku)
    record_sales([sale], now=NOW)
    fresh = sale_of(product.sku)

    with pytest.raises(ReferenceConflict) as refusal:
        record_sales([fresh, replace(sale, quantity=2)], now=NOW)

    [error] = refusal.value.errors
    assert (refusal.value.status, error.row, error.field) == (409, 1, "reference")
    assert Transaction.objects.count() == 1


def test_a_refused_reference_can_be_used() -> None:
    product = make_product(stock=1)
    with pytest.raises(InsufficientStock):
        record_sales([sale_of(product.sku, reference="r", quantity=2)], now=NOW)

    [outcome] = record_sales([sale_of(product.sku, reference="r", quantity=1)], now=NOW)

    assert not outcome.replayed


def test_known_and_new_lines_can_come_together() -> None:
    product = make_product(stock=5)
    old, new = sale_of(product.sku), sale_of(product.sku)
    record_sales([old], now=NOW)

    outcomes = record_sales([new, old], now=NOW)

    assert [o.transaction.reference for o in outcomes] == [new.reference, old.reference]
    assert [o.replayed for o in outcomes] == [False, True]


@pytest.mark.django_db(transaction=True)
def test_a_sale_sent_twice_at_once_is_recorded_once() -> None:
    product = make_product(stock=20)
    sale = sale_of(product.sku)
    answers: list[SaleOutcome] = []

    raised = in_parallel(6, lambda n: answers.extend(record_sales([sale], now=NOW)))

    assert raised == []
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 5
    assert len({answer.transaction.pk for answer in answers}) == 1
    product.refresh_from_db()
    assert product.stock_quantity == 19
