"""Purchase orders: what is inbound, what came, at what cost; and the steps that are refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError

from alerts.choices import LIVE_STATES
from alerts.models import Alert
from inventory.choices import OrderState
from inventory.models import Product, PurchaseOrder, PurchaseOrderLine, Receipt, StockMovement
from inventory.services.orders import (
    LineInput,
    OrderRefused,
    cancel_order,
    close_order,
    create_order,
    moving_average_cost,
    receive_line,
    receive_rest,
    send_order,
)
from inventory.services.stock_alerts import review_all_stock_alerts
from techmart.core.corrections import ReasonMissing
from tests.inventory.factories import NOW, make_product, make_supplier, make_user

pytestmark = pytest.mark.django_db


def draft(product: Product, units: int = 40) -> PurchaseOrder:
    """Draft an order of one line."""
    return create_order(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, units)], actor=None, now=NOW
    )


def sent(product: Product, units: int = 40) -> PurchaseOrder:
    """Send an order of one line."""
    return send_order(order_id=draft(product, units).pk, actor=None, now=NOW)


def receive(order: PurchaseOrder, units: int, unit_cost: Decimal | None = None) -> Receipt:
    """Receive units of an order's only line."""
    return receive_line(
        line_id=order.lines.get().pk, quantity=units, unit_cost=unit_cost, actor=None, now=NOW
    )


def levels(product: Product) -> tuple[int, int]:
    """Return stock and inbound as stored."""
    product.refresh_from_db()
    return product.stock_quantity, product.on_order_quantity


def test_a_draft_is_not_inbound() -> None:
    product = make_product(stock=5)

    order = draft(product)

    line = order.lines.get()
    assert order.number == f"PO-{order.pk:06d}"
    assert (order.state, line.quantity, line.unit_cost) == ("draft", 40, Decimal("3"))
    assert levels(product) == (5, 0)


def test_an_order_is_inbound_once_sent() -> None:
    supplier = make_supplier(lead_time_days=Decimal("6.5"))
    product = make_product(stock=5, supplier=supplier)
    # 02:00 UTC on the 11th is still the 10th in the shop, New York.
    night = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)

    order = send_order(order_id=draft(product).pk, actor=None, now=night)

    assert (order.state, order.ordered_at) == (OrderState.SENT, night)
    assert order.promised_date == date(2026, 3, 17)
    assert levels(product) == (5, 40)


def test_sending_an_order_ends_low() -> None:
    product = make_product(stock=5, reorder_threshold=10, order_up_to=45)
    review_all_stock_alerts(now=NOW)

    sent(product)

    assert not Alert.objects.filter(state__in=LIVE_STATES, clearing_since=None).exists()


def test_a_receipt_moves_inbound_into_stock() -> None:
    product = make_product(stock=5)
    order = sent(product)
    actor = make_user()

    receipt = receive_line(line_id=order.lines.get().pk, quantity=40, actor=actor, now=NOW)

    order.refresh_from_db()
    movement = StockMovement.objects.get(kind="receipt")
    assert levels(product) == (45, 0)
    assert (order.state, order.closed_at) == (OrderState.RECEIVED, NOW)
    assert (movement.source_type, movement.source_id) == ("receipt", receipt.pk)
    assert (movement.unit_cost, movement.actor) == (Decimal("3"), actor)


def test_a_delivery_in_two_parts() -> None:
    product = make_product(stock=5)
    order = sent(product)

    receive(order, 15)

    order.refresh_from_db()
    assert order.state == OrderState.PARTIALLY_RECEIVED
    assert levels(product) == (20, 25)

    receive(order, 25)

    order.refresh_from_db()
    assert order.state == OrderState.RECEIVED
    assert levels(product) == (45, 0)
    assert order.lines.get().received_quantity == 40


def test_more_than_ordered_is_stock_but_was_never_inbound() -> None:
    product = make_product(stock=5)
    order = sent(product)
    receive(order, 30)

    receive(order, 15)

    order.refresh_from_db()
    assert levels(product) == (50, 0)
    assert order.state == OrderState.RECEIVED
    assert order.lines.get().received_quantity == 45


def test_a_short_delivery_is_closed_and_nothing_stays_inbound() -> None:
    product = make_product(stock=5)
    order = sent(product)
    receive(order, 30)

    close_order(order_id=order.pk, reason="rest cancelled", actor=None, now=NOW)

    order.refresh_from_db()
    assert order.state == OrderState.CLOSED
    assert levels(product) == (35, 0)
    with pytest.raises(OrderRefused, match="closed"):
        receive(order, 10)


def test_all_that_an_order_misses_is_received_at_once() -> None:
    supplier = make_supplier()
    milk, bread = make_product(supplier=supplier), make_product(supplier=supplier)
    order = create_order(
        supplier_id=supplier.pk,
        lines=[LineInput(bread.pk, 7, Decimal("2.5")), LineInput(milk.pk, 5)],
        actor=None,
        now=NOW,
    )
    send_order(order_id=order.pk, actor=None, now=NOW)
    receive_line(
        line_id=order.lines.get(product=milk).pk,
        quantity=2,
        unit_cost=Decimal(9),
        actor=None,
        now=NOW,
    )
    # What was seen before the two came is not what is missing now.
    with pytest.raises(OrderRefused, match="2 are received by now, not 0"):
        receive_rest(order_id=order.pk, actor=None, now=NOW, received_before=0)
    assert levels(bread) == (0, 7)

    receipts = receive_rest(order_id=order.pk, actor=None, now=NOW, received_before=2)

    assert [(row.line.product, row.quantity, row.unit_cost) for row in receipts] == [
        (milk, 3, milk.unit_cost),
        (bread, 7, Decimal("2.5")),
    ]
    order.refresh_from_db()
    assert order.state == OrderState.RECEIVED
    assert (levels(milk), levels(bread)) == ((5, 0), (7, 0))
    with pytest.raises(OrderRefused, match="is received"):
        receive_rest(order_id=order.pk, actor=None, now=NOW)


def test_an_order_of_two_lines_is_received_with_the_last() -> None:
    supplier = make_supplier()
    milk, bread = make_product(supplier=supplier), make_product(supplier=supplier)
    order = create_order(
        supplier_id=supplier.pk,
        lines=[LineInput(milk.pk, 5), LineInput(bread.pk, 7, Decimal("2.5"))],
        actor=None,
        now=NOW,
    )
    send_order(order_id=order.pk, actor=None, now=NOW)
    first, second = order.lines.order_by("pk")

    receive_line(line_id=second.pk, quantity=7, actor=None, now=NOW)
    order.refresh_from_db()
    assert order.state == OrderState.PARTIALLY_RECEIVED
    receive_line(line_id=first.pk, quantity=5, actor=None, now=NOW)

    order.refresh_from_db()
    assert order.state == OrderState.RECEIVED
    assert (levels(milk), levels(bread)) == ((5, 0), (7, 0))


def test_cost_becomes_the_moving_average_of_stock_and_receipt() -> None:
    product = make_product(stock=10, unit_cost=Decimal("3"))

    receive(sent(product, 30), 30, unit_cost=Decimal("5"))

    product.refresh_from_db()
    # (10 x 3 + 30 x 5) / 40
    assert product.unit_cost == Decimal("4.5")
    assert product.version == 2


@pytest.mark.parametrize(
    ("old_units", "old", "new_units", "new", "mean"),
    [
        (0, "9", 5, "2", "2.0000"),
        (10, "2", 10, "3", "2.5000"),
        # (1 x 1 + 2 x 2) / 3
        (1, "1", 2, "2", "1.6667"),
    ],
)
def test_moving_average(old_units: int, old: str, new_units: int, new: str, mean: str) -> None:
    cost = moving_average_cost(
        old_units=old_units, old_cost=Decimal(old), new_units=new_units, new_cost=Decimal(new)
    )

    assert cost == Decimal(mean)


def test_an_order_called_off_is_no_longer_inbound() -> None:
    product = make_product(stock=5)
    order = sent(product)

    cancel_order(order_id=order.pk, reason="too dear", actor=None, now=NOW)

    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert levels(product) == (5, 0)


def test_a_draft_called_off_leaves_inbound_alone() -> None:
    product = make_product()
    sent(product, 3)

    cancel_order(order_id=draft(product).pk, reason="typo", actor=None, now=NOW)

    assert levels(product) == (0, 3)


@pytest.mark.parametrize(
    "lines",
    [
        lambda product: [],
        lambda product: [LineInput(product.pk, 0)],
        lambda product: [LineInput(product.pk, 1), LineInput(product.pk, 2)],
        lambda product: [LineInput(make_product().pk, 1)],
        lambda product: [LineInput(make_product(active=False, supplier=product.supplier).pk, 1)],
    ],
    ids=["no lines", "no units", "twice", "another supplier's", "out of the range"],
)
def test_lines_that_cannot_be_ordered(lines: Callable[[Product], list[LineInput]]) -> None:
    product = make_product()

    with pytest.raises(OrderRefused):
        create_order(supplier_id=product.supplier_id, lines=lines(product), actor=None, now=NOW)

    assert not PurchaseOrder.objects.exists()


def test_a_supplier_no_longer_used_gets_no_order() -> None:
    product = make_product(supplier=make_supplier(active=False))

    with pytest.raises(OrderRefused, match="no longer used"):
        draft(product)


def test_steps_that_do_not_fit_are_refused() -> None:
    product = make_product()
    order = draft(product)

    with pytest.raises(OrderRefused, match="draft"):
        receive(order, 1)
    with pytest.raises(OrderRefused, match="draft"):
        close_order(order_id=order.pk, reason="x", actor=None, now=NOW)
    send_order(order_id=order.pk, actor=None, now=NOW)
    with pytest.raises(OrderRefused, match="sent"):
        send_order(order_id=order.pk, actor=None, now=NOW)
    receive(order, 1)
    with pytest.raises(OrderRefused, match="partly received"):
        cancel_order(order_id=order.pk, reason="x", actor=None, now=NOW)
    assert levels(product) == (1, 39)


def test_a_receipt_has_units_and_lies_in_the_past() -> None:
    order = sent(make_product())
    line_id = order.lines.get().pk

    with pytest.raises(OrderRefused, match="1 unit"):
        receive_line(line_id=line_id, quantity=0, actor=None, now=NOW)
    with pytest.raises(OrderRefused, match="later than now"):
        receive_line(
            line_id=line_id, quantity=1, received_at=NOW + timedelta(hours=1), actor=None, now=NOW
        )

    assert not Receipt.objects.exists()


def test_calling_off_and_closing_need_a_reason() -> None:
    order = sent(make_product())

    with pytest.raises(ReasonMissing):
        cancel_order(order_id=order.pk, reason="", actor=None, now=NOW)
    with pytest.raises(ReasonMissing):
        close_order(order_id=order.pk, reason="", actor=None, now=NOW)


def test_a_receipt_is_not_rewritten() -> None:
    receive(sent(make_product()), 1)

    with pytest.raises(IntegrityError, match="receipts is append-only"):
        Receipt.objects.update(quantity=2)


def test_an_order_has_a_product_once() -> None:
    order = draft(make_product())
    line = order.lines.get()

    with pytest.raises(IntegrityError, match="order_lines_product_once"):
        PurchaseOrderLine.objects.create(
            order=order, product_id=line.product_id, quantity=1, unit_cost=1
        )
