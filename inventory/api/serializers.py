"""Shapes of products, suppliers, movements, suggestions and count sheets over the API."""

from typing import Any

from rest_framework import serializers

from inventory.count_pages.sheets import figures_of
from inventory.models import (
    CountLine,
    CountSheet,
    InventoryPrediction,
    Product,
    ReorderSuggestion,
    StockMovement,
    Supplier,
)


class SupplierSerializer(serializers.ModelSerializer[Supplier]):
    """One supplier."""

    class Meta:
        model = Supplier
        fields = [
            "id",
            "code",
            "name",
            "email",
            "reliability",
            "lead_time_days",
            "lead_time_sd_days",
            "tolerance_days",
            "order_weekdays",
            "minimum_order_value",
            "active",
            "version",
        ]
        read_only_fields = fields


class ReliabilitySerializer(serializers.Serializer[Any]):
    """Share of deliveries on time and in full, with its 90 % interval; 0 to 1 each."""

    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ScorecardSerializer(serializers.Serializer[Any]):
    """How a supplier delivered; null where nothing came yet."""

    reliability = ReliabilitySerializer()
    receipts = serializers.IntegerField(help_text="Of two years.")
    otif = serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="Of the newest ten receipts: on time and in full, and how many there are.",
    )
    fill_rate = serializers.FloatField(allow_null=True)
    lead_time_mean_days = serializers.FloatField(allow_null=True)
    lead_time_sd_days = serializers.FloatField(allow_null=True)
    lead_time_cv = serializers.FloatField(allow_null=True)
    bias_days = serializers.FloatField(allow_null=True, help_text="Late is above 0.")
    price_variance = serializers.FloatField(allow_null=True)
    open_late_lines = serializers.IntegerField()
    returned_units = serializers.IntegerField()


class ProductSerializer(serializers.ModelSerializer[Product]):
    """One product with its stock."""

    supplier = serializers.CharField(source="supplier.code", read_only=True)

    class Meta:
        model = Product
        fields = [
            "id",
            "sku",
            "name",
            "category",
            "supplier",
            "price",
            "unit_cost",
            "stock_quantity",
            "on_order_quantity",
            "reorder_threshold",
            "order_up_to",
            "pack_size",
            "minimum_order_quantity",
            "stock_cap",
            "lead_time_days",
            "demand_class",
            "abc_class",
            "xyz_class",
            "active",
            "version",
        ]
        read_only_fields = fields


class PredictionSerializer(serializers.ModelSerializer[InventoryPrediction]):
    """Newest demand prediction of a product."""

    class Meta:
        model = InventoryPrediction
        fields = [
            "model",
            "reason",
            "predicted",
            "proposed",
            "daily_mean",
            "daily_sd",
            "protection_days",
            "quantiles",
            "days",
            "confidence",
            "skill",
            "coverage",
            "wape",
            "bias",
            "origins",
            "history_days",
            "censored_days",
            "computed_at",
        ]


class ProductChangeSerializer(serializers.Serializer[Any]):
    """Fields to correct, the version they were read at, and why."""

    version = serializers.IntegerField(help_text="As read; another one answers 409.")
    reason = serializers.CharField(max_length=500)
    name = serializers.CharField(max_length=200, required=False)
    category = serializers.CharField(max_length=100, required=False)
    price = serializers.DecimalField(14, 2, min_value=0, required=False)
    unit_cost = serializers.DecimalField(14, 4, min_value=0, required=False)
    pack_size = serializers.IntegerField(min_value=1, required=False)
    minimum_order_quantity = serializers.IntegerField(min_value=1, required=False)
    stock_cap = serializers.IntegerField(min_value=0, required=False, allow_null=True)
    lead_time_days = serializers.DecimalField(6, 2, min_value=0, required=False, allow_null=True)
    watch_below_20 = serializers.BooleanField(required=False)


class CountSerializer(serializers.Serializer[Any]):
    """Units counted on the shelf, and why they were counted."""

    counted_units = serializers.IntegerField(min_value=0)
    reason = serializers.CharField(max_length=300)


class StockMovementSerializer(serializers.ModelSerializer[StockMovement]):
    """One entry of the ledger."""

    sku = serializers.CharField(source="product.sku", read_only=True)

    class Meta:
        model = StockMovement
        fields = [
            "id",
            "sku",
            "kind",
            "quantity",
            "unit_cost",
            "occurred_at",
            "recorded_at",
            "source_type",
            "source_id",
            "reversal_of",
            "reason",
            "balance_after",
            "inferred",
        ]
        read_only_fields = fields


class SuggestionSerializer(serializers.ModelSerializer[ReorderSuggestion]):
    """What to order of one product, with its arithmetic."""

    sku = serializers.CharField(source="product.sku", read_only=True)
    supplier = serializers.CharField(source="product.supplier.code", read_only=True)

    class Meta:
        model = ReorderSuggestion
        fields = [
            "id",
            "sku",
            "supplier",
            "state",
            "quantity",
            "edited_quantity",
            "order_quantity",
            "snoozed_until",
            "reason",
            "unit_cost",
            "arithmetic",
            "expected_lost_margin",
            "lost_revenue_per_day",
            "p_stockout",
            "need_by",
            "expected_stockout_on",
            "confidence",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class CountLineSerializer(serializers.ModelSerializer[CountLine]):
    """One product of a sheet; booked units show once it is counted, not if it is counted again."""

    sku = serializers.CharField(source="product.sku", read_only=True)
    difference = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = CountLine
        fields = [
            "id",
            "sku",
            "state",
            "counted_units",
            "booked_units",
            "difference",
            "counted_at",
            "reason",
        ]
        read_only_fields = fields

    def to_representation(self, instance: CountLine) -> dict[str, Any]:
        """Return no more than the sheet's page tells."""
        told = figures_of(instance)
        return super().to_representation(instance) | {
            "counted_units": told.counted,
            "booked_units": told.booked,
            "difference": told.difference,
        }


class SheetSerializer(serializers.ModelSerializer[CountSheet]):
    """One count sheet with its products."""

    lines = CountLineSerializer(many=True, read_only=True)

    class Meta:
        model = CountSheet
        fields = ["id", "abc_class", "state", "created_at", "closed_at", "lines"]
        read_only_fields = fields
