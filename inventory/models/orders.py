"""Purchase orders, their lines and receipts."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory.choices import (
    INBOUND_ORDER_STATES,
    OrderState,
)
from inventory.models.products import Product
from inventory.models.suppliers import Supplier


class PurchaseOrder(models.Model):
    """An order to one supplier."""

    number = models.CharField(max_length=40, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    state = models.CharField(max_length=20, choices=OrderState, default=OrderState.DRAFT)
    ordered_at = models.DateTimeField(null=True, blank=True)
    promised_date = models.DateField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # When it went to the supplier by mail; empty until then, and where there is no address.
    mailed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    note = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "purchase_orders"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=OrderState.values), name="purchase_orders_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(OrderState.DRAFT, OrderState.CANCELLED))
                | Q(ordered_at__isnull=False),
                name="purchase_orders_sent_has_time",
            ),
        ]
        indexes = [
            # Orders still to come, the latest promise first to break on top.
            models.Index(
                fields=["promised_date", "id"],
                name="idx_orders_inbound",
                condition=Q(state__in=INBOUND_ORDER_STATES),
            ),
            # Orders of one supplier, newest first.
            models.Index(fields=["supplier", "-created_at", "-id"], name="idx_orders_supplier"),
        ]

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(models.Model):
    """One product of an order. received_quantity is the sum of its receipts."""

    order = models.ForeignKey(
        PurchaseOrder, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="order_lines")
    quantity = models.PositiveIntegerField()
    received_quantity = models.PositiveIntegerField(default=0)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4)

    class Meta:
        db_table = "purchase_order_lines"
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="order_lines_product_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_lines_positive"),
        ]
        indexes = [
            # What is inbound for one product.
            models.Index(
                fields=["product"],
                name="idx_order_lines_inbound",
                condition=Q(received_quantity__lt=F("quantity")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"


class Receipt(models.Model):
    """A delivery against an order line. Append-only by trigger."""

    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="receipts")
    quantity = models.PositiveIntegerField()
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        db_table = "receipts"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="receipts_positive"),
        ]
        indexes = [
            # Lead times and reliability learned from the newest receipts.
            models.Index(fields=["-received_at", "-id"], name="idx_receipts_received"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} on {self.received_at:%Y-%m-%d}"


class SupplierReturn(models.Model):
    """Goods that went back to the supplier. Append-only by trigger.

    The ledger's movement of it has this row as its source.
    """

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="supplier_returns", db_index=False
    )
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="returns", db_index=False
    )
    # The line they came by, where it is known.
    line = models.ForeignKey(
        PurchaseOrderLine,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="returns",
    )
    quantity = models.PositiveIntegerField()
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4)
    reason = models.CharField(max_length=300)
    returned_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        db_table = "supplier_returns"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="supplier_returns_positive"),
        ]
        indexes = [
            # What went back to one supplier in a period, for its scorecard.
            models.Index(fields=["supplier", "-returned_at"], name="idx_supplier_returns_supplier"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id} returned"
