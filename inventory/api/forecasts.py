"""Endpoints of forecasts: runs that are asked for and followed, planners' words on demand."""

from typing import Any, ClassVar

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.choices import OverrideKind, RunKind
from inventory.models import ForecastOverride, ForecastRun, Product
from inventory.planner import RunRefused, Scope, request_run
from inventory.services.overrides import give_override, withdraw_override
from techmart.core.api.throttling import TriggerRateThrottle
from techmart.core.api.views import ReadOnlyViewSet, caller
from techmart.lib.keyset import Keyset

MOST_NAMED = 1_000
_ASKED_FOR = [RunKind.PREDICTIONS, RunKind.SUGGESTIONS]


class ForecastRunSerializer(serializers.ModelSerializer[ForecastRun]):
    """One run of predictions, suggestions or classes, and how far it is."""

    products = serializers.SerializerMethodField(help_text="Keys, when it names some.")

    class Meta:
        model = ForecastRun
        fields = [
            "id",
            "kind",
            "status",
            "category",
            "products",
            "products_done",
            "products_total",
            "triggered_by",
            "as_of",
            "started_at",
            "finished_at",
            "error",
        ]
        read_only_fields = fields

    def get_products(self, run: ForecastRun) -> list[int]:
        """Return the keys of the products that the run names."""
        return list(run.product_ids)


class RunRequestSerializer(serializers.Serializer[Any]):
    """What to run, and for which products: all unless category or skus say otherwise."""

    kind = serializers.ChoiceField(
        [(kind.value, kind.label) for kind in _ASKED_FOR], default=RunKind.PREDICTIONS
    )
    category = serializers.CharField(max_length=100, default="")
    skus = serializers.ListField(
        child=serializers.CharField(max_length=60), default=list, max_length=MOST_NAMED
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Turn what was named into a scope; one kind of naming at a time."""
        if attrs["category"] and attrs["skus"]:
            raise serializers.ValidationError("Name a category or products, not both.")
        if (
            attrs["category"]
            and not Product.objects.filter(active=True, category=attrs["category"]).exists()
        ):
            raise serializers.ValidationError({"category": "Nothing is sold in this category."})
        found = dict(
            Product.objects.filter(active=True, sku__in=attrs["skus"]).values_list("sku", "pk")
        )
        unknown = [sku for sku in attrs["skus"] if sku not in found]
        if unknown:
            raise serializers.ValidationError(
                {"skus": f"There is no product {', '.join(unknown[:5])}."}
            )
        attrs["scope"] = Scope(attrs["category"], tuple(sorted(found.values())))
        return attrs


class ForecastRunViewSet(ReadOnlyViewSet):
    """Runs of predictions and suggestions, the newest first; asked for by POST, then followed."""

    serializer_class = ForecastRunSerializer
    queryset = ForecastRun.objects.all()

    @extend_schema(request=RunRequestSerializer, responses={202: ForecastRunSerializer})
    def create(self, request: Request) -> Response:
        """Queue a run; read it again until it is done. Too soon after another one: 429."""
        body = RunRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            run = request_run(
                kind=RunKind(given["kind"]),
                scope=given["scope"],
                actor=caller(request),
                now=timezone.now(),
            )
        except RunRefused as refused:
            raise exceptions.Throttled(
                wait=refused.retry_after_seconds, detail=refused.detail
            ) from refused
        return Response(ForecastRunSerializer(run).data, status=202)

    def get_throttles(self) -> list[Any]:
        """Count requests for work apart from reads."""
        return [TriggerRateThrottle()] if self.action == "create" else super().get_throttles()


class OverrideSerializer(serializers.ModelSerializer[ForecastOverride]):
    """A planner's word on demand, and how it turned out once its days are over."""

    sku = serializers.CharField(source="product.sku", read_only=True)
    by = serializers.CharField(source="actor.name", default="", read_only=True)
    gain_units = serializers.FloatField(
        read_only=True, help_text="Units nearer to what came than the machine was."
    )

    class Meta:
        model = ForecastOverride
        fields = [
            "id",
            "sku",
            "first_day",
            "last_day",
            "kind",
            "value",
            "reason",
            "by",
            "created_at",
            "withdrawn_at",
            "machine_units",
            "planned_units",
            "actual_units",
            "gain_units",
        ]
        read_only_fields = fields


class NewOverrideSerializer(serializers.Serializer[Any]):
    """What some days will bring: units over all of them together, or a factor of the forecast."""

    sku = serializers.SlugRelatedField(
        slug_field="sku", queryset=Product.objects.filter(active=True), source="product"
    )
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    kind = serializers.ChoiceField(OverrideKind.choices)
    value = serializers.DecimalField(12, 3)
    reason = serializers.CharField(max_length=300)


class OverrideFilter(filters.FilterSet):
    """Filters of overrides."""

    sku = filters.CharFilter("product__sku", "exact")
    standing = filters.BooleanFilter("withdrawn_at", "isnull", label="Not taken back")

    class Meta:
        model = ForecastOverride
        fields: ClassVar[list[str]] = []


class OverrideViewSet(ReadOnlyViewSet):
    """Planners' words on demand: given with a reason, taken back, never deleted."""

    serializer_class = OverrideSerializer
    queryset = ForecastOverride.objects.select_related("product", "actor")
    filterset_class = OverrideFilter
    keysets: ClassVar[dict[str, Keyset]] = {"newest": Keyset("-pk")}
    acts = frozenset({"withdraw"})

    @extend_schema(request=NewOverrideSerializer, responses={201: OverrideSerializer})
    def create(self, request: Request) -> Response:
        """Say what some days will bring; the next run of predictions applies it."""
        body = NewOverrideSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        override = give_override(
            product_id=given.pop("product").pk,
            kind=OverrideKind(given.pop("kind")),
            actor=caller(request),
            now=timezone.now(),
            **given,
        )
        return Response(OverrideSerializer(override).data, status=201)

    @extend_schema(request=None, responses={200: OverrideSerializer})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take it back; the next run no longer applies it."""
        override = withdraw_override(
            override_id=self.get_object().pk, actor=caller(request), now=timezone.now()
        )
        return Response(OverrideSerializer(override).data)
