"""Purchase orders from sent to received, and what went back."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin

from inventory.admin.shared import PRODUCT_LOOKUPS, by
from inventory.choices import INBOUND_ORDER_STATES, OrderState
from inventory.models import PurchaseOrder, PurchaseOrderLine, Receipt, SupplierReturn
from inventory.services.orders import (
    cancel_order,
    close_order,
    confirm_order,
    receive_line,
    send_order,
)
from techmart.core.adminkit.acts import Act, ActsAdmin
from techmart.core.adminkit.base import ViewOnlyAdmin, ViewOnlyInline


class SendOrderForm(forms.Form):
    """Whether the order goes by mail."""

    mail = forms.BooleanField(
        required=False, initial=True, help_text="To the supplier's address, with PDF and CSV."
    )


class ConfirmOrderForm(forms.Form):
    """The day that the supplier promises; empty for the one it had."""

    promised_date = forms.DateField(required=False)


class OrderLineInline(ViewOnlyInline):
    """The products of an order."""

    model = PurchaseOrderLine
    fields = ("product", "quantity", "received_quantity", "unit_cost")
    readonly_fields = fields

    def get_queryset(self, request: Any) -> Any:
        """Read the products along."""
        return super().get_queryset(request).select_related("product")


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ViewOnlyAdmin, ActsAdmin):
    """Orders, moved on by acts."""

    exact = ("number",)
    list_display = ("number", "supplier", "state", "ordered_at", "promised_date", "closed_at")
    list_select_related = ("supplier",)
    inlines = (OrderLineInline,)
    acts = (
        Act(
            name="send",
            label="Send",
            effect="the order counts as sent to the supplier, and its units as inbound.",
            form=SendOrderForm,
            run=lambda call: send_order(order_id=call.row.pk, **by(call), **call.data),
            possible=lambda order: order.state == OrderState.DRAFT,
        ),
        Act(
            name="confirm",
            label="Confirm",
            effect="the supplier takes the order, for the day given if it is another one.",
            form=ConfirmOrderForm,
            run=lambda call: confirm_order(order_id=call.row.pk, **by(call), **call.data),
            possible=lambda order: order.state == OrderState.SENT,
        ),
        Act(
            name="close",
            label="Close short",
            effect="nothing more is expected of this order.",
            run=lambda call: close_order(order_id=call.row.pk, **by(call), **call.data),
            possible=lambda order: order.state == OrderState.PARTIALLY_RECEIVED,
        ),
        Act(
            name="cancel",
            label="Cancel order",
            effect="the order is called off; its units are no longer inbound.",
            run=lambda call: cancel_order(order_id=call.row.pk, **by(call), **call.data),
            possible=lambda order: (
                order.state in (OrderState.DRAFT, OrderState.SENT, OrderState.CONFIRMED)
            ),
        ),
    )


class ReceiveForm(forms.Form):
    """What came."""

    quantity = forms.IntegerField(min_value=1, help_text="Units that came.")
    unit_cost = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=4,
        help_text="As invoiced; empty for the order's.",
    )


@admin.register(PurchaseOrderLine)
class PurchaseOrderLineAdmin(ViewOnlyAdmin, ActsAdmin):
    """Lines of orders, received one by one."""

    through: ClassVar = {"order": ("number",), "product": PRODUCT_LOOKUPS}
    list_display = ("order", "product", "quantity", "received_quantity", "unit_cost")
    list_select_related = ("order", "product")
    acts = (
        Act(
            name="receive",
            label="Receive",
            effect="the units go into stock, and the product's cost becomes the moving average.",
            form=ReceiveForm,
            run=lambda call: receive_line(line_id=call.row.pk, **by(call), **call.data),
            possible=lambda line: line.order.state in INBOUND_ORDER_STATES,
        ),
    )


@admin.register(Receipt)
class ReceiptAdmin(ViewOnlyAdmin):
    """Deliveries."""

    list_display = ("received_at", "line", "quantity", "unit_cost", "actor")
    list_select_related = ("line", "actor")
    ordering = ("-received_at", "-pk")


@admin.register(SupplierReturn)
class SupplierReturnAdmin(ViewOnlyAdmin):
    """Goods that went back to suppliers."""

    through: ClassVar = {"product": PRODUCT_LOOKUPS}
    list_display = ("returned_at", "supplier", "product", "quantity", "unit_cost", "reason")
    list_select_related = ("supplier", "product")
    ordering = ("-returned_at", "-pk")
