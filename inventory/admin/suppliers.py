"""Suppliers, and orders drafted to them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin

from inventory.admin.shared import by, only
from inventory.models import Product, Supplier
from inventory.services.orders import LineInput, create_order
from inventory.services.suppliers import (
    change_supplier,
    create_supplier,
    deactivate_supplier,
    reactivate_supplier,
)
from techmart.core.adminkit.acts import Act
from techmart.core.adminkit.corrections import Correction, CorrectionAdmin
from techmart.core.models import User


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
            run=lambda call: create_order(supplier_id=call.row.pk, **by(call), **call.data),
            possible=lambda supplier: supplier.active,
        ),
    )

    def create_row(self, data: Mapping[str, Any], *, actor: User, now: datetime) -> Supplier:
        """Add a supplier."""
        return create_supplier(**only(data, self.creatable), actor=actor, now=now)

    def correct_row(self, changes: Mapping[str, Any], by: Correction) -> Supplier:
        """Correct a supplier."""
        return change_supplier(supplier_id=by.row_id, changes=changes, **by.arguments())

    def switch_row(self, active: bool, by: Correction) -> Supplier:
        """Stop ordering from a supplier, or order again."""
        switch = reactivate_supplier if active else deactivate_supplier
        return switch(supplier_id=by.row_id, **by.arguments())
