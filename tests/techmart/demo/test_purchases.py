"""Orders laid behind deliveries: what they say of suppliers, and that they move no stock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.utils import timezone

from inventory.choices import INBOUND_ORDER_STATES, OrderState
from inventory.ledger_sources import sources_of
from inventory.models import (
    Product,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    StockMovement,
    Supplier,
)
from inventory.order_pages.detail import detail_context
from inventory.planner.loading import load_range
from inventory.scorecards import load_scorecards
from inventory.services import bulk_ledger
from inventory.services.orders import LineInput, create_order, send_order
from inventory.services.reconciliation import stock_differences
from techmart.demo import purchases
from techmart.demo.finishing import keep_supplied, settle_stock
from techmart.demo.purchases import MOST_LINES, NOTE, comes_on, sent_at, with_orders
from tests.inventory.factories import make_product, make_supplier
from transactions.importing.engine import MOVEMENTS_SCHEMA

pytestmark = pytest.mark.django_db

# A Monday at midnight, as deliveries come; the shop opened half a year before.
MONDAY = datetime(2026, 3, 9, tzinfo=timezone.get_default_timezone())
OPENED = datetime(2025, 9, 8, tzinfo=timezone.get_default_timezone())
NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)


def supplier_of(number: int, *, reliability: str = "0.85", days: int = 7) -> Supplier:
    return make_supplier(
        code=f"M{number:04d}",
        lead_time_days=Decimal(days),
        tolerance_days=1,
        reliability=Decimal(reliability),
        created_at=OPENED,
    )


def products_of(supplier: Supplier, number: int, **fields: Any) -> list[Product]:
    first = 1 + Product.objects.count()
    return [
        make_product(
            sku=f"P{first + n}",
            supplier=supplier,
            pack_size=fields.get("pack_size", 6),
            unit_cost=Decimal("3.3333"),
            **fields,
        )
        for n in range(number)
    ]


def delivered(products: list[Product], units: int = 12, *, at: datetime = MONDAY) -> pl.DataFrame:
    """Return the ledger entries of a delivery, as the loader makes them."""
    rows = [
        {
            "product_id": product.pk,
            "kind": "receipt",
            "quantity": units,
            "occurred_at": at.astimezone(UTC),
            "source_type": "import",
            "source_id": at.toordinal(),
            "unit_cost_e4": 33_333,
        }
        for product in products
    ]
    return pl.DataFrame(rows, schema=MOVEMENTS_SCHEMA)


def bring_in(products: list[Product], *, weeks: int = 1) -> pl.DataFrame:
    """Order and deliver for so many Mondays, the last of them MONDAY; return its entries."""
    for back in reversed(range(weeks)):
        monday = MONDAY - timedelta(weeks=back)
        entries = with_orders(
            delivered(products, at=monday), arrives=monday, opened_at=OPENED, now=NOW
        )
    return entries


def test_a_delivery_becomes_the_receipts_of_an_order() -> None:
    [product] = products_of(supplier_of(1, reliability="1.0"), 1)

    entries = bring_in([product])

    order = PurchaseOrder.objects.get()
    line, receipt = order.lines.get(), Receipt.objects.get()
    assert (order.state, order.note, order.number) == (
        OrderState.RECEIVED,
        NOTE,
        f"PO-{order.pk:06d}",
    )
    assert (line.product, line.received_quantity) == (product, 12)
    assert (receipt.line, receipt.quantity, receipt.unit_cost) == (line, 12, Decimal("3.3333"))
    assert receipt.received_at == receipt.recorded_at == order.closed_at == MONDAY
    # What is always on time comes on the promised day or up to two days before.
    sent = timezone.localtime(order.ordered_at)
    assert sent.hour == 10
    assert order.promised_date == sent.date() + timedelta(days=7)
    assert timedelta(0) <= order.promised_date - MONDAY.date() <= timedelta(days=2)
    assert entries.row(0, named=True) | {"source_type": "receipt", "source_id": receipt.pk} == (
        entries.row(0, named=True)
    )


def test_stock_inbound_and_ledger_agree() -> None:
    products = products_of(supplier_of(1, reliability="0.3"), 8, stock=5)

    entries = bring_in(products)
    bulk_ledger.create_staging()
    stage(entries)
    bulk_ledger.post_staged(now=NOW)

    assert stock_differences() == []
    assert set(Product.objects.values_list("stock_quantity", "on_order_quantity")) == {(17, 0)}
    movements = list(StockMovement.objects.filter(kind="receipt"))
    order = PurchaseOrder.objects.get()
    assert {source.reference for source in sources_of(movements).values()} == {order.number}


def stage(entries: pl.DataFrame) -> None:
    """Stage ledger entries as the import engine does."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO staged_movements
                (product_id, kind, quantity, occurred_at, source_type, source_id)
            VALUES (%s, %s, %s, %s, %s, %s)""",
            entries.select(
                "product_id", "kind", "quantity", "occurred_at", "source_type", "source_id"
            ).rows(),
        )


def test_suppliers_are_as_reliable_as_they_are_said_to_be() -> None:
    good, bad = supplier_of(1, reliability="0.98"), supplier_of(2, reliability="0.5")
    for supplier in (good, bad):
        bring_in(products_of(supplier, 10), weeks=20)

    cards = load_scorecards([good.pk, bad.pk], now=NOW)

    # 200 receipts each; a late order misses with all its lines.
    assert cards[good.pk].receipts == cards[bad.pk].receipts == 200
    assert cards[good.pk].reliability.share > 0.85
    assert 0.35 < cards[bad.pk].reliability.share < 0.7
    for card in cards.values():
        assert card.fill_rate is not None
        assert card.price_variance is not None
        assert card.bias_days is not None
        assert 0.75 < card.fill_rate < 1
        assert 0 < card.price_variance < 0.03
        assert card.open_late_lines == 0
    late_days = [cards[supplier.pk].bias_days or 0.0 for supplier in (good, bad)]
    assert late_days[0] < late_days[1]


def test_orders_come_late_short_and_over() -> None:
    bring_in(products_of(supplier_of(2, reliability="0.5"), 10), weeks=20)

    orders = PurchaseOrder.objects.all()
    lines = PurchaseOrderLine.objects.all()
    late = [days for days in map(days_late, orders) if days > 0]
    assert 0 < len(late) < len(orders)
    # Late is later than the tolerance of a day.
    assert min(late) >= 2
    short = [line for line in lines if line.received_quantity < line.quantity]
    over = [line for line in lines if line.received_quantity > line.quantity]
    assert 0 < len(over) < len(short) < len(lines) / 2
    # Orders are whole packs, and what was short is closed.
    assert {line.quantity % 6 for line in lines} == {0}
    assert {line.order.state for line in short} == {OrderState.CLOSED}
    assert not orders.filter(state__in=INBOUND_ORDER_STATES).exists()
    dearer = sum(line.unit_cost < Decimal("3.3333") for line in lines)
    assert 0 < dearer < len(lines) / 4


def days_late(order: PurchaseOrder) -> int:
    """Return days from the promise to the goods; below 0 when they were early."""
    receipt = Receipt.objects.filter(line__order=order).first()
    assert receipt is not None
    assert order.promised_date is not None
    return (timezone.localdate(receipt.received_at) - order.promised_date).days


def test_an_order_tells_of_its_steps() -> None:
    bring_in(products_of(supplier_of(2, reliability="0.0"), 5), weeks=10)
    order = PurchaseOrder.objects.filter(state=OrderState.CLOSED).latest("closed_at")

    titles = [row.title for row in detail_context(order, now=NOW)["timeline"]]

    assert titles[0] == "Closed short"
    assert set(titles[1:-2]) == {"12 received"}
    assert set(titles[-2:]) == {"Sent to the supplier", "Drafted"}


def test_the_planner_learns_lead_times_from_them() -> None:
    supplier = supplier_of(1, reliability="1.0", days=10)
    products = products_of(supplier, 2)
    told = load_range(Product.objects.all(), now=NOW).interval.lead_time_days

    bring_in(products, weeks=12)

    learned = load_range(Product.objects.all(), now=NOW).interval.lead_time_days
    assert (told == 10).all()
    assert (learned < told).all()
    assert (learned > 7).all()


def test_the_same_again_is_the_same() -> None:
    products = products_of(supplier_of(2, reliability="0.5"), 6)
    bring_in(products, weeks=6)
    seen = list(facts())
    other = products_of(supplier_of(3), 1)

    # Another supplier's goods in the delivery change nothing about these.
    before = PurchaseOrder.objects.count()
    for back in reversed(range(6)):
        monday = MONDAY - timedelta(weeks=back)
        with_orders(
            delivered(products + other, at=monday), arrives=monday, opened_at=OPENED, now=NOW
        )
    again = list(facts(after=before))

    assert again == seen


def facts(*, after: int = 0) -> Iterator[tuple[Any, ...]]:
    """Yield what was ordered of supplier M0002, in order of time, leaving out the first orders."""
    orders = PurchaseOrder.objects.filter(supplier__code="M0002").order_by("pk")[after:]
    for order in orders:
        yield order.ordered_at, order.promised_date, order.state
        yield from order.lines.order_by("product_id").values_list(
            "product__sku", "quantity", "unit_cost"
        )


def test_what_would_have_been_ordered_before_the_shop_opened_has_no_order() -> None:
    products = products_of(supplier_of(1), 2)
    entries = delivered(products)

    same = with_orders(entries, arrives=MONDAY, opened_at=MONDAY - timedelta(days=3), now=NOW)

    assert same.equals(entries)
    assert not PurchaseOrder.objects.exists()


def test_an_order_has_no_more_lines_than_a_person_would_read() -> None:
    products = products_of(supplier_of(1), MOST_LINES + 3)

    entries = bring_in(products)

    assert PurchaseOrder.objects.get().lines.count() == MOST_LINES
    assert entries.height == MOST_LINES + 3
    assert entries.filter(pl.col("source_type") == "import").height == 3
    assert entries["product_id"].to_list() == [product.pk for product in products]


def test_a_delivery_of_nothing_orders_nothing() -> None:
    assert bring_in([]).is_empty()


# --- orders on their way ----------------------------------------------------------------------


def test_a_share_of_the_orders_on_their_way_is_late_and_comes_later() -> None:
    suppliers = [supplier_of(number, days=14) for number in range(1, 81)]
    today = timezone.localdate(NOW)
    late = 0
    for supplier in suppliers:
        sent = sent_at(supplier, now=NOW)
        promised = timezone.localdate(sent) + timedelta(days=14)
        order = PurchaseOrder(supplier=supplier, created_at=sent, promised_date=promised)
        assert OPENED <= sent <= NOW
        assert comes_on(order) > today
        if promised < today - timedelta(days=supplier.tolerance_days):
            late += 1
        else:
            assert comes_on(order) == promised
    # A quarter of 80.
    assert 10 <= late <= 30


def test_no_order_was_sent_before_the_shop_opened() -> None:
    for number in range(1, 41):
        supplier = supplier_of(number, days=21)
        supplier.created_at = NOW - timedelta(days=2)
        assert sent_at(supplier, now=NOW) >= supplier.created_at


def test_goods_come_on_their_day_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    supplier = supplier_of(1, days=2)
    [product] = products_of(supplier, 1, stock=1)
    monkeypatch.setattr(purchases, "OPEN_LATE_SHARE", 1.0)
    order = create_order(
        supplier_id=supplier.pk, lines=[LineInput(product.pk, 6)], actor=None, now=NOW, note=NOTE
    )
    order = send_order(order_id=order.pk, actor=None, now=NOW)
    days = (comes_on(order) - timezone.localdate(NOW)).days

    # Promised in two days, tolerated for one more, and late.
    assert days > 3
    keep_supplied(now=NOW + timedelta(days=days - 1))
    assert not Receipt.objects.exists()
    keep_supplied(now=NOW + timedelta(days=days))

    assert Receipt.objects.get().quantity == 6


def test_the_end_of_loading_leaves_some_low_some_on_their_way_and_delivers_the_rest() -> None:
    one, two = supplier_of(1), supplier_of(2)
    low = {"reorder_threshold": 10, "order_up_to": 30, "stock": 4}
    products = products_of(one, 60, **low) + products_of(two, 40, **low)

    changed = settle_stock(now=NOW)

    assert len(changed) == 98
    assert Product.objects.low().count() == 2
    orders = PurchaseOrder.objects.filter(state=OrderState.SENT)
    assert {order.supplier for order in orders} == {one, two}
    assert all(order.ordered_at == sent_at(order.supplier, now=NOW) for order in orders)
    assert stock_differences() == []
    assert len(products) == 100
