"""Shapes of the dashboard over the API."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

REPORT_PARAMETERS = [
    OpenApiParameter("period", enum=["today", "7d", "28d", "90d"], default="28d"),
    OpenApiParameter("from", description="First shop day, with `to`; instead of a period."),
    OpenApiParameter("to", description="Last shop day, included."),
    OpenApiParameter("cmp", enum=["previous", "year", "none"], default="previous"),
    OpenApiParameter("store"),
    OpenApiParameter("cat", description="Category."),
]


class TileSerializer(serializers.Serializer[Any]):
    """One key figure with what a reader needs to trust it."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field here
    definition = serializers.CharField()
    kind = serializers.ChoiceField(["money", "money_exact", "count", "rate", "days", "decimal"])
    value = serializers.DecimalField(18, 2, allow_null=True)
    previous = serializers.DecimalField(18, 2, allow_null=True)
    href = serializers.CharField(help_text="The rows behind the number.")
    as_of = serializers.DateTimeField(source="as_of.at")


class DaySerializer(serializers.Serializer[Any]):
    """One shop day."""

    day = serializers.DateField()
    lines = serializers.IntegerField()
    net = serializers.DecimalField(16, 2)


class DashboardSerializer(serializers.Serializer[Any]):
    """One view of the dashboard."""

    as_of = serializers.DateTimeField()
    start = serializers.DateField(source="spans.first_day")
    end = serializers.DateField(source="spans.last_day", help_text="Included.")
    ignored = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        source="filters.ignored",
        help_text="Parameters whose values were of no use.",
    )
    tiles = TileSerializer(many=True)
    days = DaySerializer(many=True, source="figures.days")
    days_before = DaySerializer(many=True, source="figures.days_before")


class RefreshSerializer(serializers.Serializer[Any]):
    """What a refresh did, and what follows in the background."""

    refreshed = serializers.ListField(child=serializers.CharField())
    queued = serializers.ListField(child=serializers.CharField())


class LastDaySerializer(serializers.Serializer[Any]):
    """The 24 hours before `as_of`; previous_…: the 24 before those."""

    as_of = serializers.DateTimeField()
    net = serializers.DecimalField(18, 2)
    gross = serializers.DecimalField(18, 2)
    refunds = serializers.DecimalField(18, 2)
    transactions = serializers.IntegerField()
    orders = serializers.IntegerField()
    customers = serializers.IntegerField()
    average_order = serializers.DecimalField(18, 2, allow_null=True)
    suspicious = serializers.IntegerField()
    low_stock = serializers.IntegerField()
    out_of_stock = serializers.IntegerField()
    previous_net = serializers.DecimalField(18, 2)
    previous_transactions = serializers.IntegerField()
    previous_customers = serializers.IntegerField()
    previous_average_order = serializers.DecimalField(18, 2, allow_null=True)
    previous_suspicious = serializers.IntegerField()
