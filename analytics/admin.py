"""Admin of purchase patterns and refreshes; views, rollups and notes have none."""

from typing import ClassVar

from django.contrib import admin

from analytics.models import CustomerPurchasePattern, MetricRule, RefreshRun, RepeatModelFit
from techmart.core.adminkit.base import ViewOnlyAdmin


@admin.register(CustomerPurchasePattern)
class CustomerPurchasePatternAdmin(ViewOnlyAdmin):
    """How customers buy."""

    through: ClassVar = {"customer": ("code",)}
    list_display = ("customer", "segment", "tier", "orders", "net_sales", "last_order_at", "as_of")
    list_select_related = ("customer",)
    list_filter = ("segment",)


@admin.register(RepeatModelFit)
class RepeatModelFitAdmin(ViewOnlyAdmin):
    """The model of repeat orders that stands in the patterns."""

    list_display = ("as_of", "customers", "repeat_customers", "correlation")


@admin.register(RefreshRun)
class RefreshRunAdmin(ViewOnlyAdmin):
    """Refreshes of the views."""

    list_display = ("started_at", "view", "status", "finished_at", "triggered_by", "error")
    ordering = ("-started_at", "-pk")


@admin.register(MetricRule)
class MetricRuleAdmin(ViewOnlyAdmin):
    """Rules on numbers; they are made and changed on their own page, which judges them."""

    list_display = ("name", "measure", "comparison", "side", "limit", "enabled", "fires")
    list_select_related = ("owner",)
    ordering = ("name",)
