"""The last simulated deliveries: leave a believable share of products low, and some on order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inventory.choices import INBOUND_ORDER_STATES, MovementKind
from inventory.models import Product, PurchaseOrderLine, Supplier
from inventory.services.ledger import MovementEntry, post_movements
from inventory.services.orders import LineInput, create_order, receive_line, send_order
from techmart.demo.purchases import NOTE, comes_on, sent_at
from techmart.demo.simulate import uniforms

# A shop that is looked after has a few products low at any time.
LOW_SHARE = 0.02
# Suppliers with an order on its way at the end of loading.
ORDERS = 30


@dataclass(frozen=True)
class LowProduct:
    """A product at or below its reorder point."""

    id: int
    supplier_id: int
    position: int
    reorder_threshold: int
    order_up_to: int
    pack_size: int

    @property
    def delivery(self) -> int:
        """Units in whole packs that bring it to its order-up-to level, above its reorder point."""
        goal = max(self.order_up_to, self.reorder_threshold + 1)
        return -(-(goal - self.position) // self.pack_size) * self.pack_size


def settle_stock(*, now: datetime) -> list[int]:
    """Deliver to all low products but LOW_SHARE of the range, and order for a few suppliers.

    Repeatable: once the share is reached nothing more is delivered. Returns the products whose
    position changed.
    """
    kept = round(LOW_SHARE * Product.objects.filter(active=True).count())
    low = _low_products()
    surplus = low[kept:]
    ordered = _order(surplus, now=now)
    deliver([product for product in surplus if product.id not in ordered], now=now)
    return [product.id for product in surplus]


def keep_supplied(*, now: datetime) -> None:
    """What a buyer would see to while the shop runs: receive what came, deliver what ran low."""
    today = timezone.localdate(now)
    due = PurchaseOrderLine.objects.filter(
        order__note=NOTE,
        order__state__in=INBOUND_ORDER_STATES,
        order__promised_date__lte=today,
        received_quantity__lt=F("quantity"),
    ).select_related("order__supplier")
    for line in due.order_by("pk"):
        if comes_on(line.order) > today:
            continue
        receive_line(
            line_id=line.pk, quantity=line.quantity - line.received_quantity, actor=None, now=now
        )
    kept = round(LOW_SHARE * Product.objects.filter(active=True).count())
    deliver(_low_products()[kept:], now=now)


@transaction.atomic
def deliver(products: Sequence[LowProduct], *, now: datetime) -> None:
    """Bring products to their order-up-to level by a simulated receipt each."""
    post_movements(
        [
            MovementEntry(
                product_id=product.id,
                kind=MovementKind.RECEIPT,
                quantity=product.delivery,
                source_type="import",
                # One such delivery a product and second.
                source_id=int(now.timestamp()),
                occurred_at=now,
                reason="Simulated delivery",
            )
            for product in products
        ],
        now=now,
    )


def _low_products() -> list[LowProduct]:
    """Low products, those that are to stay low first: with real demand, then by a fixed draw."""
    rows = list(
        Product.objects.low().values_list(
            "id",
            "supplier_id",
            "stock_quantity",
            "on_order_quantity",
            "reorder_threshold",
            "order_up_to",
            "pack_size",
        )
    )
    if not rows:
        return []
    draw = uniforms(np.array([row[0] for row in rows], dtype=np.int64), "kept low")
    order = sorted(range(len(rows)), key=lambda i: (rows[i][4] < 2, draw[i]))
    return [
        LowProduct(
            id=rows[i][0],
            supplier_id=rows[i][1],
            position=rows[i][2] + rows[i][3],
            reorder_threshold=rows[i][4],
            order_up_to=rows[i][5],
            pack_size=rows[i][6],
        )
        for i in order
    ]


def _order(products: Sequence[LowProduct], *, now: datetime) -> set[int]:
    """Send orders for the products of the suppliers with most of them; return what is ordered."""
    by_supplier = [
        list(group)
        for _, group in groupby(
            sorted(products, key=lambda product: product.supplier_id),
            key=lambda product: product.supplier_id,
        )
    ]
    chosen = sorted(by_supplier, key=len, reverse=True)[:ORDERS]
    suppliers = Supplier.objects.in_bulk([group[0].supplier_id for group in chosen])
    for group in chosen:
        supplier = suppliers[group[0].supplier_id]
        sent = sent_at(supplier, now=now)
        order = create_order(
            supplier_id=supplier.pk,
            lines=[LineInput(product.id, product.delivery) for product in group],
            actor=None,
            now=sent,
            note=NOTE,
        )
        send_order(order_id=order.pk, actor=None, now=sent)
    return {product.id for group in chosen for product in group}
