"""Counts and write-offs put stock right through the ledger."""

import pytest
from django.db import IntegrityError

from inventory.models import StockCount, StockMovement
from inventory.services.counts import CountRefused, post_count, write_off
from inventory.services.ledger import InsufficientStock
from techmart.core.corrections import ReasonMissing
from techmart.core.models import AuditEntry
from tests.inventory.factories import NOW, make_product, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("counted", "kind", "quantity"), [(13, "count_gain", 3), (4, "count_loss", -6)]
)
def test_a_count_books_its_difference(counted: int, kind: str, quantity: int) -> None:
    product = make_product(stock=10)
    actor = make_user()

    count = post_count(
        product_id=product.pk, counted_units=counted, reason="cycle", actor=actor, now=NOW
    )

    product.refresh_from_db()
    movement = StockMovement.objects.get(source_type="count")
    assert product.stock_quantity == counted
    assert (movement.kind, movement.quantity, movement.source_id) == (kind, quantity, count.pk)
    assert (count.booked_units, count.counted_units, count.actor) == (10, counted, actor)


def test_a_count_that_agrees_is_kept_and_moves_nothing() -> None:
    product = make_product(stock=10)

    post_count(product_id=product.pk, counted_units=10, reason="", actor=None, now=NOW)

    assert StockCount.objects.get().counted_units == 10
    assert not StockMovement.objects.filter(source_type="count").exists()


def test_a_count_below_zero_is_refused() -> None:
    product = make_product(stock=10)

    with pytest.raises(CountRefused):
        post_count(product_id=product.pk, counted_units=-1, reason="", actor=None, now=NOW)


def test_a_count_is_not_rewritten() -> None:
    product = make_product(stock=10)
    post_count(product_id=product.pk, counted_units=10, reason="", actor=None, now=NOW)

    with pytest.raises(IntegrityError, match="append-only"):
        StockCount.objects.update(counted_units=1)


def test_a_write_off_takes_units_with_the_reason() -> None:
    product = make_product(stock=10)

    change = write_off(product_id=product.pk, units=4, reason="spoilt", actor=None, now=NOW)

    movement = StockMovement.objects.get(kind="write_off")
    audit = AuditEntry.objects.get(action="product.write_off")
    assert change.after == 6
    assert (movement.quantity, movement.reason) == (-4, "spoilt")
    assert (movement.source_type, movement.source_id) == ("audit", audit.pk)


def test_a_write_off_of_more_than_there_is_leaves_no_trace() -> None:
    product = make_product(stock=3)

    with pytest.raises(InsufficientStock):
        write_off(product_id=product.pk, units=4, reason="spoilt", actor=None, now=NOW)

    assert not AuditEntry.objects.filter(action="product.write_off").exists()


def test_a_write_off_needs_units_and_a_reason() -> None:
    product = make_product(stock=3)

    with pytest.raises(CountRefused):
        write_off(product_id=product.pk, units=0, reason="spoilt", actor=None, now=NOW)
    with pytest.raises(ReasonMissing):
        write_off(product_id=product.pk, units=1, reason="", actor=None, now=NOW)
