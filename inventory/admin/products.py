"""Products; stock is put right by counts and write-offs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin

from inventory.admin.shared import PRODUCT_LOOKUPS, by, only
from inventory.models import Product
from inventory.services.counts import post_count, write_off
from inventory.services.products import (
    change_product,
    create_product,
    deactivate_product,
    reactivate_product,
)
from techmart.core.adminkit.acts import Act, ReasonForm
from techmart.core.adminkit.corrections import Correction, CorrectionAdmin, CorrectionForm
from techmart.core.models import User


class CountForm(ReasonForm):
    """What is on the shelf."""

    counted_units = forms.IntegerField(min_value=0, help_text="Units on the shelf now.")
    field_order: Sequence[str] = ("counted_units", "reason")


class WriteOffForm(ReasonForm):
    """What is spoilt, broken or lost."""

    units = forms.IntegerField(min_value=1)
    field_order: Sequence[str] = ("units", "reason")


class ProductForm(CorrectionForm):
    """A product, and for a new one what is on the shelf."""

    opening_units = forms.IntegerField(
        min_value=0, initial=0, help_text="Units on the shelf now; posted as the opening entry."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["opening_units"]


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
            run=lambda call: post_count(product_id=call.row.pk, **by(call), **call.data),
        ),
        Act(
            name="write-off",
            label="Write off",
            effect="spoilt, broken or lost units leave the stock.",
            form=WriteOffForm,
            run=lambda call: write_off(product_id=call.row.pk, **by(call), **call.data),
        ),
    )

    def create_row(self, data: Mapping[str, Any], *, actor: User, now: datetime) -> Product:
        """Add a product to the range."""
        fields = only(data, self.creatable)
        supplier = fields.pop("supplier")
        return create_product(**fields, supplier_id=supplier.pk, actor=actor, now=now)

    def correct_row(self, changes: Mapping[str, Any], by: Correction) -> Product:
        """Correct a product."""
        return change_product(product_id=by.row_id, changes=changes, **by.arguments())

    def switch_row(self, active: bool, by: Correction) -> Product:
        """Take a product out of the range, or back."""
        switch = reactivate_product if active else deactivate_product
        return switch(product_id=by.row_id, **by.arguments())
