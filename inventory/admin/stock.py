"""The ledger, and what was counted."""

from typing import Any, ClassVar

from django.contrib import admin

from inventory.admin.shared import PRODUCT_LOOKUPS, by
from inventory.models import CountLine, CountSheet, StockCount, StockMovement
from inventory.services.ledger import KINDS_OF_SALES
from inventory.services.reversals import reverse_entry
from techmart.core.adminkit.acts import Act, ActsAdmin
from techmart.core.adminkit.base import ViewOnlyAdmin, ViewOnlyInline


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
            run=lambda call: reverse_entry(movement_id=call.row.pk, **by(call), **call.data),
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
