"""Drift between rows is found, told and ended; stock at any past moment is a sum."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from alerts.choices import LIVE_STATES
from alerts.models import Alert
from inventory.choices import MovementKind
from inventory.models import Product, StockMovement
from inventory.services.ledger import InsufficientStock, post_movements
from inventory.services.orders import LineInput, create_order, send_order
from inventory.services.reconciliation import (
    Invariant,
    reconcile_ledger,
    stock_differences,
)
from tests.inventory.factories import NOW, entry, make_product, sell

pytestmark = pytest.mark.django_db


def inbound_product() -> Product:
    """Return a product with 10 in stock, 4 sold, 40 on order."""
    product = make_product(stock=10)
    sell(product, 4)
    order = create_order(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, 40)], actor=None, now=NOW
    )
    send_order(order_id=order.pk, actor=None, now=NOW)
    return product


def test_services_leave_nothing_to_find() -> None:
    inbound_product()
    make_product()

    assert stock_differences() == []
    out = StringIO()
    call_command("audit_stock", stdout=out)
    assert "2 products agree" in out.getvalue()


def test_stock_changed_behind_the_ledger_is_found() -> None:
    product = inbound_product()
    Product.objects.filter(pk=product.pk).update(stock_quantity=7)

    found = stock_differences()

    assert [(each.invariant, each.stored, each.expected) for each in found] == [
        (Invariant.STOCK, 7, 6),
        (Invariant.BALANCE, 7, 6),
    ]


def test_stock_without_a_ledger_is_found() -> None:
    Product.objects.filter(pk=make_product().pk).update(stock_quantity=3)

    assert [each.expected for each in stock_differences()] == [0, 0]


def test_inbound_that_no_order_backs_is_found() -> None:
    product = inbound_product()
    Product.objects.filter(pk=product.pk).update(on_order_quantity=41)

    [found] = stock_differences()

    assert (found.invariant, found.stored, found.expected) == (Invariant.ON_ORDER, 41, 40)


def test_the_command_lists_differences_and_fails() -> None:
    product = inbound_product()
    Product.objects.filter(pk=product.pk).update(stock_quantity=7)
    out = StringIO()

    with pytest.raises(CommandError, match="2 differences"):
        call_command("audit_stock", stdout=out)

    assert f"{product.sku}: stock is not the sum of the ledger" in out.getvalue()


def test_drift_is_raised_once_and_ends_when_put_right() -> None:
    product = inbound_product()
    Product.objects.filter(pk=product.pk).update(stock_quantity=7)

    reconcile_ledger(now=NOW)

    alert = Alert.objects.get()
    assert (alert.dedupe_key, alert.severity) == (f"stock.drift:{product.pk}", "critical")
    assert alert.facts["invariant"] == "stock"

    Product.objects.filter(pk=product.pk).update(stock_quantity=6)
    reconcile_ledger(now=NOW)

    assert not Alert.objects.filter(state__in=LIVE_STATES, clearing_since=None).exists()


kinds = st.sampled_from(
    [
        (MovementKind.RECEIPT, 1),
        (MovementKind.RETURN, 1),
        (MovementKind.COUNT_GAIN, 1),
        (MovementKind.SALE, -1),
        (MovementKind.WRITE_OFF, -1),
    ]
)
histories = st.lists(
    st.tuples(kinds, st.integers(1, 9), st.integers(0, 40)), min_size=1, max_size=12
)


class AnyHistory(TestCase):
    """Whatever is posted, and refused, the invariants hold."""

    @settings(max_examples=25, deadline=None)
    @given(histories)
    def test_stock_at_any_past_moment_is_the_sum_until_then(
        self, history: list[tuple[tuple[MovementKind, int], int, int]]
    ) -> None:
        product = make_product()
        posted: list[tuple[int, int]] = []
        for (kind, sign), units, hour in history:
            at = NOW + timedelta(hours=hour)
            try:
                post_movements([entry(product, kind, sign * units, at=at)], now=NOW)
            except InsufficientStock:
                continue
            posted.append((hour, sign * units))

        assert stock_differences() == []
        product.refresh_from_db()
        assert product.stock_quantity == sum(units for _, units in posted) >= 0
        for hour in (-1, 0, 20, 40):
            then = NOW + timedelta(hours=hour)
            expected = sum(units for at, units in posted if at <= hour)
            assert StockMovement.objects.stock_at(product.pk, moment=then) == expected
