"""Admin of suppliers, products, the ledger, orders and plans.

Stock, inbound units and levels are shown; counts, receipts and reversals move them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin

from inventory.choices import INBOUND_ORDER_STATES, OrderState
from inventory.models import (
    CountLine,
    CountSheet,
    ForecastAccuracy,
    ForecastOverride,
    ForecastRun,
    InventoryPrediction,
    Product,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReorderSuggestion,
    ReplayRun,
    StockCount,
    StockMovement,
    Supplier,
    SupplierReturn,
)
from inventory.services.counts import post_count, write_off
from inventory.services.ledger import KINDS_OF_SALES
from inventory.services.orders import (
    LineInput,
    cancel_order,
    close_order,
    confirm_order,
    create_order,
    receive_line,
    send_order,
)
from inventory.services.overrides import withdraw_override
from inventory.services.products import (
    change_product,
    create_product,
    deactivate_product,
    reactivate_product,
)
from inventory.services.reversals import reverse_entry
from inventory.services.suppliers import (
    change_supplier,
    create_supplier,
    deactivate_supplier,
    reactivate_supplier,
)
from techmart.core.adminkit.acts import Act, ActsAdmin, Call, ConfirmForm, ReasonForm
from techmart.core.adminkit.base import ViewOnlyAdmin, ViewOnlyInline
from techmart.core.adminkit.corrections import Correction, CorrectionAdmin, CorrectionForm
from techmart.core.models import User

PRODUCT_LOOKUPS = ("sku__iexact",)


class CountForm(ReasonForm):
    """What is on the shelf."""

    counted_units = forms.IntegerField(min_value=0, help_text="Units on the shelf now.")
    field_order: Sequence[str] = ("counted_units", "reason")


class WriteOffForm(ReasonForm):
    """What is spoilt, broken or lost."""

    units = forms.IntegerField(min_value=1)
    field_order: Sequence[str] = ("units", "reason")


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


class DraftForm(forms.Form):
    """What to order of a supplier."""

    lines = forms.CharField(
        widget=forms.Textarea,
        help_text="One product a line: its code and the units, such as “TEA-1 24”.",
    )
    note = forms.CharField(required=False, max_length=500)

    def clean_lines(self) -> list[LineInput]:
        """Return the lines; a code may hold blanks, the units stand last."""
        found: list[tuple[str, int]] = []
        for number, text in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if not text.strip():
                continue
            sku, _, units = text.strip().rpartition(" ")
            if not sku or not (units.isascii() and units.isdigit() and len(units) < 10):
                raise forms.ValidationError(f"Line {number}: write a code, a blank and the units.")
            found.append((sku.strip(), int(units)))
        keys = dict(
            Product.objects.filter(sku__in=[sku for sku, _ in found]).values_list("sku", "pk")
        )
        if unknown := [sku for sku, _ in found if sku not in keys]:
            raise forms.ValidationError(f"There is no product {', '.join(unknown)}.")
        return [LineInput(keys[sku], units) for sku, units in found]


class SendOrderForm(forms.Form):
    """Whether the order goes by mail."""

    mail = forms.BooleanField(
        required=False, initial=True, help_text="To the supplier's address, with PDF and CSV."
    )


class ConfirmOrderForm(forms.Form):
    """The day that the supplier promises; empty for the one it had."""

    promised_date = forms.DateField(required=False)


class ProductForm(CorrectionForm):
    """A product, and for a new one what is on the shelf."""

    opening_units = forms.IntegerField(
        min_value=0, initial=0, help_text="Units on the shelf now; posted as the opening entry."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["opening_units"]


@admin.register(Supplier)
class SupplierAdmin(CorrectionAdmin):
    """Suppliers; reliability is learned from receipts."""

    exact = ("code",)
    words = ("name",)
    list_display = ("name", "code", "lead_time_days", "reliability", "active")
    list_filter = ("active",)
    ordering = ("name", "pk")
    correctable = (
        "name",
        "email",
        "lead_time_days",
        "lead_time_sd_days",
        "tolerance_days",
        "order_weekdays",
        "minimum_order_value",
    )
    creatable = ("code", *correctable)
    shown = ("code", "reliability", "created_at", "updated_at")
    acts = (
        Act(
            name="draft-order",
            label="Draft an order",
            effect="an order of these lines is drafted; nothing is inbound until it is sent.",
            form=DraftForm,
            run=lambda call: create_order(supplier_id=call.row.pk, **_by(call), **call.data),
            possible=lambda supplier: supplier.active,
        ),
    )

    def create_row(self, data: Mapping[str, Any], *, actor: User, now: datetime) -> Supplier:
        """Add a supplier."""
        return create_supplier(**_only(data, self.creatable), actor=actor, now=now)

    def correct_row(self, changes: Mapping[str, Any], by: Correction) -> Supplier:
        """Correct a supplier."""
        return change_supplier(supplier_id=by.row_id, changes=changes, **by.arguments())

    def switch_row(self, active: bool, by: Correction) -> Supplier:
        """Stop ordering from a supplier, or order again."""
        switch = reactivate_supplier if active else deactivate_supplier
        return switch(supplier_id=by.row_id, **by.arguments())


@admin.register(Product)
class ProductAdmin(CorrectionAdmin):
    """Products; stock is put right by a count."""

    form = ProductForm
    exact = PRODUCT_LOOKUPS
    words = ("name",)
    list_display = (
        *("sku", "name", "category", "supplier", "price"),
        *("stock_quantity", "on_order_quantity", "reorder_threshold", "active"),
    )
    list_select_related = ("supplier",)
    list_filter = ("active", "abc_class")
    ordering = ("name", "pk")
    autocomplete_fields = ("supplier",)
    correctable = (
        "name",
        "category",
        "supplier",
        "price",
        "unit_cost",
        "pack_size",
        "minimum_order_quantity",
        "stock_cap",
        "lead_time_days",
        "watch_below_20",
    )
    creatable = (
        "sku",
        *(name for name in correctable if name != "watch_below_20"),
        "opening_units",
    )
    shown = (
        *("sku", "stock_quantity", "on_order_quantity", "reorder_threshold", "order_up_to"),
        *("abc_class", "xyz_class", "demand_class", "created_at", "updated_at"),
    )
    acts = (
        Act(
            name="count",
            label="Correct stock",
            effect="stock becomes what was counted; the difference is posted to the ledger.",
            form=CountForm,
            run=lambda call: post_count(product_id=call.row.pk, **_by(call), **call.data),
        ),
        Act(
            name="write-off",
            label="Write off",
            effect="spoilt, broken or lost units leave the stock.",
            form=WriteOffForm,
            run=lambda call: write_off(product_id=call.row.pk, **_by(call), **call.data),
        ),
    )

    def create_row(self, data: Mapping[str, Any], *, actor: User, now: datetime) -> Product:
        """Add a product to the range."""
        fields = _only(data, self.creatable)
        supplier = fields.pop("supplier")
        return create_product(**fields, supplier_id=supplier.pk, actor=actor, now=now)

    def correct_row(self, changes: Mapping[str, Any], by: Correction) -> Product:
        """Correct a product."""
        return change_product(product_id=by.row_id, changes=changes, **by.arguments())

    def switch_row(self, active: bool, by: Correction) -> Product:
        """Take a product out of the range, or back."""
        switch = reactivate_product if active else deactivate_product
        return switch(product_id=by.row_id, **by.arguments())


@admin.register(StockMovement)
class StockMovementAdmin(ViewOnlyAdmin, ActsAdmin):
    """The ledger: never edited; a wrong entry is taken back by its opposite."""

    through: ClassVar = {"product": PRODUCT_LOOKUPS}
    list_display = ("recorded_at", "product", "kind", "quantity", "balance_after", "reason")
    list_select_related = ("product",)
    list_filter = ("kind",)
    ordering = ("-recorded_at", "-pk")
    acts = (
        Act(
            name="reverse",
            label="Reverse",
            effect="the opposite is posted; both entries stay in the ledger.",
            run=lambda call: reverse_entry(movement_id=call.row.pk, **_by(call), **call.data),
            possible=lambda row: (
                row.kind not in KINDS_OF_SALES
                and row.reversal_of_id is None
                and not StockMovement.objects.filter(reversal_of=row).exists()
            ),
        ),
    )


@admin.register(StockCount)
class StockCountAdmin(ViewOnlyAdmin):
    """What was counted, beside what was booked."""

    through: ClassVar = {"product": PRODUCT_LOOKUPS}
    list_display = ("counted_at", "product", "counted_units", "booked_units", "actor", "reason")
    list_select_related = ("product", "actor")


class CountLineInline(ViewOnlyInline):
    """The products of a count sheet."""

    model = CountLine
    fields = ("product", "state", "booked_units", "counted_units", "counted_by", "decided_by")
    readonly_fields = fields

    def get_queryset(self, request: Any) -> Any:
        """Read products and people along."""
        rows = super().get_queryset(request)
        return rows.select_related("product", "counted_by", "decided_by")


@admin.register(CountSheet)
class CountSheetAdmin(ViewOnlyAdmin):
    """Count sheets; filled in on their page."""

    list_display = ("created_at", "abc_class", "state", "created_by", "closed_at")
    list_select_related = ("created_by",)
    list_filter = ("state",)
    inlines = (CountLineInline,)


@admin.register(CountLine)
class CountLineAdmin(ViewOnlyAdmin):
    """Products of count sheets, one by one."""

    through: ClassVar = {"product": PRODUCT_LOOKUPS}
    list_display = ("sheet", "product", "state", "booked_units", "counted_units", "counted_at")
    list_select_related = ("sheet", "product")
    list_filter = ("state",)


@admin.register(SupplierReturn)
class SupplierReturnAdmin(ViewOnlyAdmin):
    """Goods that went back to suppliers."""

    through: ClassVar = {"product": PRODUCT_LOOKUPS}
    list_display = ("returned_at", "supplier", "product", "quantity", "unit_cost", "reason")
    list_select_related = ("supplier", "product")
    ordering = ("-returned_at", "-pk")


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
            run=lambda call: send_order(order_id=call.row.pk, **_by(call), **call.data),
            possible=lambda order: order.state == OrderState.DRAFT,
        ),
        Act(
            name="confirm",
            label="Confirm",
            effect="the supplier takes the order, for the day given if it is another one.",
            form=ConfirmOrderForm,
            run=lambda call: confirm_order(order_id=call.row.pk, **_by(call), **call.data),
            possible=lambda order: order.state == OrderState.SENT,
        ),
        Act(
            name="close",
            label="Close short",
            effect="nothing more is expected of this order.",
            run=lambda call: close_order(order_id=call.row.pk, **_by(call), **call.data),
            possible=lambda order: order.state == OrderState.PARTIALLY_RECEIVED,
        ),
        Act(
            name="cancel",
            label="Cancel order",
            effect="the order is called off; its units are no longer inbound.",
            run=lambda call: cancel_order(order_id=call.row.pk, **_by(call), **call.data),
            possible=lambda order: (
                order.state in (OrderState.DRAFT, OrderState.SENT, OrderState.CONFIRMED)
            ),
        ),
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
            run=lambda call: receive_line(line_id=call.row.pk, **_by(call), **call.data),
            possible=lambda line: line.order.state in INBOUND_ORDER_STATES,
        ),
    )


@admin.register(Receipt)
class ReceiptAdmin(ViewOnlyAdmin):
    """Deliveries."""

    list_display = ("received_at", "line", "quantity", "unit_cost", "actor")
    list_select_related = ("line", "actor")
    ordering = ("-received_at", "-pk")


@admin.register(ForecastRun)
class ForecastRunAdmin(ViewOnlyAdmin):
    """Runs of predictions and planner."""

    list_display = (
        *("started_at", "kind", "status", "products_done", "products_total"),
        *("finished_at", "triggered_by", "error"),
    )
    list_filter = ("kind",)


@admin.register(InventoryPrediction)
class InventoryPredictionAdmin(ViewOnlyAdmin):
    """Newest predictions."""

    through: ClassVar = {"product": PRODUCT_LOOKUPS}
    list_display = ("product", "predicted", "protection_days", "confidence", "computed_at")
    list_select_related = ("product",)


@admin.register(ReorderSuggestion)
class ReorderSuggestionAdmin(ViewOnlyAdmin):
    """What to order, and what became of it."""

    through: ClassVar = {"product": PRODUCT_LOOKUPS}
    list_display = ("product", "quantity", "state", "need_by", "confidence", "created_at")
    list_select_related = ("product",)


@admin.register(ForecastOverride)
class ForecastOverrideAdmin(ViewOnlyAdmin, ActsAdmin):
    """What planners said of some days, and how it turned out; given on the product's page."""

    through: ClassVar = {"product": PRODUCT_LOOKUPS}
    list_display = (
        *("created_at", "product", "first_day", "last_day", "kind", "value", "reason", "actor"),
        *("machine_units", "planned_units", "actual_units", "withdrawn_at"),
    )
    list_select_related = ("product", "actor")
    acts = (
        Act(
            name="withdraw",
            label="Take back",
            effect="the next run of predictions no longer applies it.",
            form=ConfirmForm,
            run=lambda call: withdraw_override(override_id=call.row.pk, **_by(call)),
            possible=lambda row: row.withdrawn_at is None and row.actual_units is None,
        ),
    )


@admin.register(ForecastAccuracy)
class ForecastAccuracyAdmin(ViewOnlyAdmin):
    """Past forecasts of seven days, and what came."""

    through: ClassVar = {"product": PRODUCT_LOOKUPS}
    list_display = (
        *("first_day", "product", "model", "abc_class", "predicted", "low", "high"),
        *("naive", "actual", "censored"),
    )
    list_select_related = ("product",)
    list_filter = ("abc_class",)


@admin.register(ReplayRun)
class ReplayRunAdmin(ViewOnlyAdmin):
    """Policy replays; asked for on their page."""

    list_display = (
        *("requested_at", "requested_by", "first_day", "last_day", "status"),
        *("days_done", "days_total", "finished_at", "error"),
    )
    list_filter = ("status",)
    list_select_related = ("requested_by",)


def _only(data: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: data[name] for name in names}


def _by(call: Call) -> dict[str, Any]:
    return {"actor": call.actor, "now": call.now}
