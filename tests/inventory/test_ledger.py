"""Stock moves only with an entry, never below zero, and each source once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.choices import MovementKind
from inventory.models import Product, StockMovement
from inventory.services.ledger import (
    CannotReverse,
    InsufficientStock,
    MovementAlreadyPosted,
    MovementEntry,
    Shortage,
    UnknownProducts,
    post_movements,
    reverse_movement,
)
from tests.inventory.factories import NOW, entry, make_product, make_user, sell

pytestmark = pytest.mark.django_db


def balances(product: Product) -> list[tuple[str, int, int]]:
    """Return kind, quantity and balance of a product's entries in order of writing."""
    rows = StockMovement.objects.filter(product=product).order_by("pk")
    return [(row.kind, row.quantity, row.balance_after) for row in rows]


def test_a_sale_takes_stock_and_writes_its_entry() -> None:
    product = make_product(stock=10)
    actor = make_user()
    sale = MovementEntry(
        product_id=product.pk,
        kind=MovementKind.SALE,
        quantity=-4,
        source_type="transaction",
        source_id=77,
        occurred_at=NOW - timedelta(hours=1),
        reason="till 3",
        unit_cost=Decimal("2.5000"),
    )

    [change] = post_movements([sale], now=NOW, actor=actor)

    product.refresh_from_db()
    written = StockMovement.objects.get(source_type="transaction")
    assert (change.before, change.after, product.stock_quantity) == (10, 6, 6)
    assert (written.quantity, written.balance_after, written.source_id) == (-4, 6, 77)
    assert (written.occurred_at, written.recorded_at) == (NOW - timedelta(hours=1), NOW)
    assert (written.actor, written.reason, written.unit_cost) == (actor, "till 3", Decimal("2.5"))


def test_several_entries_of_one_product_carry_a_running_balance() -> None:
    product = make_product(stock=2)

    [change] = post_movements(
        [
            entry(product, MovementKind.SALE, -4),
            entry(product, MovementKind.SALE, -1),
            entry(product, MovementKind.RECEIPT, 5),
        ],
        now=NOW,
    )

    # 2 + 5 - 4 - 1: the receipt is written first, so no step is below zero.
    assert change.after == 2
    assert balances(product)[1:] == [("receipt", 5, 7), ("sale", -4, 3), ("sale", -1, 2)]


def test_every_shortage_is_reported_once_and_nothing_moves() -> None:
    first, second, third = make_product(stock=3), make_product(stock=1), make_product(stock=9)

    with pytest.raises(InsufficientStock) as refused:
        post_movements(
            [
                entry(second, MovementKind.SALE, -2),
                entry(first, MovementKind.SALE, -2),
                entry(first, MovementKind.SALE, -2),
                entry(third, MovementKind.SALE, -9),
            ],
            now=NOW,
        )

    assert refused.value.shortages == (
        Shortage(first.pk, first.sku, requested=4, available=3),
        Shortage(second.pk, second.sku, requested=2, available=1),
    )
    assert first.sku in str(refused.value)
    third.refresh_from_db()
    assert third.stock_quantity == 9
    assert StockMovement.objects.filter(kind=MovementKind.SALE).count() == 0


def test_an_unknown_product_is_named() -> None:
    product = make_product(stock=3)
    unknown = entry(Product(pk=987654), MovementKind.SALE, -1)

    with pytest.raises(UnknownProducts, match="987654"):
        post_movements([entry(product, MovementKind.SALE, -1), unknown], now=NOW)

    product.refresh_from_db()
    assert product.stock_quantity == 3


def test_a_source_posts_a_kind_once() -> None:
    product = make_product(stock=10)
    sale = entry(product, MovementKind.SALE, -1, source_id=5)
    post_movements([sale], now=NOW)

    with pytest.raises(MovementAlreadyPosted):
        post_movements([sale], now=NOW)

    product.refresh_from_db()
    assert product.stock_quantity == 9


def test_a_kind_has_its_sign() -> None:
    product = make_product(stock=10)

    with pytest.raises(IntegrityError, match="movements_sign"):
        post_movements([entry(product, MovementKind.RECEIPT, -1)], now=NOW)


def test_no_entries_move_nothing() -> None:
    assert post_movements([], now=NOW) == []


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE stock_movements SET quantity = 1", "stock_movements"),
        ("DELETE FROM stock_movements", "stock_movements"),
    ],
)
def test_the_ledger_refuses_to_be_rewritten(statement: str, table: str) -> None:
    product = make_product(stock=10)

    with (
        pytest.raises(IntegrityError, match=f"{table} is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert balances(product) == [("opening", 10, 10)]


def test_the_database_refuses_stock_below_zero() -> None:
    product = make_product()

    with pytest.raises(IntegrityError, match="products_stock_not_negative"), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock_quantity=-1)


def test_a_reversal_is_the_opposite_and_names_its_target() -> None:
    product = make_product(stock=10)
    opening = StockMovement.objects.get(product=product)

    change = reverse_movement(movement_id=opening.pk, reason=" typo ", actor=None, now=NOW)

    written = StockMovement.objects.get(kind=MovementKind.REVERSAL)
    assert (change.after, written.quantity, written.reversal_of) == (0, -10, opening)
    assert written.reason == "typo"


def test_a_movement_is_reversed_once() -> None:
    product = make_product(stock=10)
    post_movements([entry(product, MovementKind.RECEIPT, 30)], now=NOW)
    receipt = StockMovement.objects.get(kind=MovementKind.RECEIPT)
    reverse_movement(movement_id=receipt.pk, reason="twice", actor=None, now=NOW)

    with pytest.raises(MovementAlreadyPosted):
        reverse_movement(movement_id=receipt.pk, reason="twice", actor=None, now=NOW)


def test_goods_already_sold_cannot_be_taken_back() -> None:
    product = make_product(stock=10)
    sell(product, 4)
    opening = StockMovement.objects.get(kind=MovementKind.OPENING)

    with pytest.raises(InsufficientStock):
        reverse_movement(movement_id=opening.pk, reason="typo", actor=None, now=NOW)


def test_what_follows_a_sale_is_not_reversed_by_hand() -> None:
    product = make_product(stock=10)
    sell(product, 4)
    sale = StockMovement.objects.get(kind=MovementKind.SALE)

    with pytest.raises(CannotReverse, match="refund the sale"):
        reverse_movement(movement_id=sale.pk, reason="typo", actor=None, now=NOW)


def test_a_reversal_needs_a_reason_and_is_final() -> None:
    product = make_product(stock=10)
    opening = StockMovement.objects.get(product=product)
    with pytest.raises(CannotReverse, match="why"):
        reverse_movement(movement_id=opening.pk, reason=" ", actor=None, now=NOW)
    reverse_movement(movement_id=opening.pk, reason="typo", actor=None, now=NOW)
    reversal = StockMovement.objects.get(kind=MovementKind.REVERSAL)

    with pytest.raises(CannotReverse, match="not reversed"):
        reverse_movement(movement_id=reversal.pk, reason="typo", actor=None, now=NOW)


def test_a_call_costs_the_same_queries_for_one_product_and_for_ten() -> None:
    one = [make_product(stock=10)]
    ten = [make_product(stock=10) for _ in range(10)]

    counts = []
    for products in (one, ten):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            post_movements([entry(p, MovementKind.SALE, -1) for p in products], now=NOW)
        counts.append(len(queries))

    # The lock is one query more: a single row needs no order.
    assert counts[1] == counts[0] + 1


def run_together(*jobs: Callable[[], None]) -> None:
    """Run each job on a thread with a connection of its own."""

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


@pytest.mark.django_db(transaction=True)
def test_of_many_buyers_of_the_last_unit_one_gets_it() -> None:
    product = make_product(stock=1)
    outcomes: list[str] = []

    def buy() -> None:
        try:
            sell(product, 1)
            outcomes.append("sold")
        except InsufficientStock:
            outcomes.append("refused")

    run_together(*[buy] * 8)

    product.refresh_from_db()
    assert sorted(outcomes) == ["refused"] * 7 + ["sold"]
    assert product.stock_quantity == 0


@pytest.mark.django_db(transaction=True)
def test_baskets_with_the_same_products_in_any_order_do_not_deadlock() -> None:
    first, second = make_product(stock=100), make_product(stock=100)
    failures: list[BaseException] = []

    def buy(*products: Product) -> None:
        try:
            for _ in range(10):
                post_movements([entry(p, MovementKind.SALE, -1) for p in products], now=NOW)
        except Exception as error:
            failures.append(error)

    run_together(*[lambda: buy(first, second), lambda: buy(second, first)] * 2)

    assert failures == []
    for product in (first, second):
        product.refresh_from_db()
        assert product.stock_quantity == 60
        assert balances(product)[-1][2] == 60
