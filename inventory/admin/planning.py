"""Forecasts, what they suggest to order, and replays."""

from typing import ClassVar

from django.contrib import admin

from inventory.admin.shared import PRODUCT_LOOKUPS, by
from inventory.models import (
    ForecastAccuracy,
    ForecastOverride,
    ForecastRun,
    InventoryPrediction,
    ReorderSuggestion,
    ReplayRun,
)
from inventory.services.overrides import withdraw_override
from techmart.core.adminkit.acts import Act, ActsAdmin, ConfirmForm
from techmart.core.adminkit.base import ViewOnlyAdmin


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
            run=lambda call: withdraw_override(override_id=call.row.pk, **by(call)),
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
