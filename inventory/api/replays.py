"""Endpoints of policy replays, and of suppliers on other terms."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.choices import AbcClass
from inventory.models import ReplayRun, Supplier
from inventory.planner.what_if import Assumptions, supplier_what_if
from inventory.replay.specs import parse_policies
from inventory.replay_runs import (
    ReplayRequest,
    ReplayScope,
    TooManyReplays,
    cancel_replay,
    request_replay,
)
from techmart.core.api.throttling import TriggerRateThrottle
from techmart.core.api.views import ReadOnlyViewSet, caller
from techmart.core.choices import ServiceMode


class ReplaySerializer(serializers.ModelSerializer[ReplayRun]):
    """One replay without its results."""

    supplier = serializers.CharField(source="supplier.code", read_only=True, default="")
    progress = serializers.FloatField(read_only=True, help_text="Share that is done, 0 to 1.")

    class Meta:
        model = ReplayRun
        fields = [
            "id",
            "status",
            "progress",
            "category",
            "abc_class",
            "supplier",
            "named_products",
            "first_day",
            "last_day",
            "policies",
            "seed",
            "draws",
            "backorder_share",
            "error",
            "requested_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields


class ReplayResultSerializer(ReplaySerializer):
    """One replay with its results, empty until it is done."""

    class Meta(ReplaySerializer.Meta):
        fields = [*ReplaySerializer.Meta.fields, "product_ids", "results"]
        read_only_fields = fields


class ReplayRequestSerializer(serializers.Serializer[Any]):
    """What to replay: days, policies and products; all active products when none are named."""

    first_day = serializers.DateField()
    last_day = serializers.DateField(help_text="Included; yesterday or earlier.")
    policies = serializers.ListField(
        child=serializers.DictField(),
        help_text="Objects with kind (today, min_max, textbook, own), name and parameters.",
    )
    category = serializers.CharField(max_length=100, required=False, default="")
    abc_class = serializers.ChoiceField(AbcClass.choices, required=False, default="")
    supplier = serializers.CharField(
        max_length=60, required=False, default="", help_text="Its code."
    )
    products = serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=500,
        required=False,
        default=list,
        help_text="Their codes.",
    )
    seed = serializers.IntegerField(required=False, default=1)
    draws = serializers.IntegerField(required=False, default=5)
    backorder_share = serializers.FloatField(required=False, default=0.0)

    def request(self) -> ReplayRequest:
        """Return what a valid body asks for. Raises InvalidPolicies."""
        given = self.validated_data
        return ReplayRequest(
            policies=parse_policies(given["policies"]),
            first_day=given["first_day"],
            last_day=given["last_day"],
            scope=ReplayScope(
                category=given["category"],
                abc_class=given["abc_class"],
                supplier_code=given["supplier"],
                skus=given["products"],
            ),
            seed=given["seed"],
            draws=given["draws"],
            backorder_share=given["backorder_share"],
        )


class ReplayViewSet(ReadOnlyViewSet):
    """Policy replays: asked for, followed, cancelled; the newest first."""

    serializer_class = ReplaySerializer
    queryset = ReplayRun.objects.select_related("supplier").defer("courses")
    acts = frozenset({"cancel"})

    def get_queryset(self) -> Any:
        """Leave the results out of lists: they are large."""
        rows = super().get_queryset()
        return rows.defer("results", "courses") if self.action == "list" else rows

    @extend_schema(responses={200: ReplayResultSerializer})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a replay with its results, once it has some."""
        return Response(ReplayResultSerializer(self.get_object()).data)

    @extend_schema(request=ReplayRequestSerializer, responses={202: ReplaySerializer})
    def create(self, request: Request) -> Response:
        """Queue a replay; poll it until it is done."""
        body = ReplayRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            run = request_replay(body.request(), actor=caller(request), now=timezone.now())
        except TooManyReplays as refused:
            raise exceptions.Throttled(
                wait=refused.retry_after_seconds, detail=refused.detail
            ) from refused
        return Response(ReplaySerializer(run).data, status=202)

    @extend_schema(request=None, responses={200: ReplaySerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a replay that has not ended."""
        run = cancel_replay(run_id=self.get_object().pk, now=timezone.now())
        return Response(ReplaySerializer(run).data)

    def get_throttles(self) -> list[Any]:
        """Count requests for work apart from reads."""
        return [TriggerRateThrottle()] if self.action == "create" else super().get_throttles()


class WhatIfSerializer(serializers.Serializer[Any]):
    """What is assumed of a supplier; what is left out stays as it is."""

    lead_time_days = serializers.FloatField(min_value=0, max_value=366, required=False)
    lead_time_sd_days = serializers.FloatField(min_value=0, max_value=366, required=False)
    count_receipts = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Whether receipts go on correcting the assumed lead time.",
    )
    reliability = serializers.FloatField(min_value=0, max_value=1, required=False)
    review_days = serializers.FloatField(min_value=0.5, max_value=90, required=False)
    minimum_order_value = serializers.FloatField(min_value=0, max_value=1e8, required=False)


class PlannedProductSerializer(serializers.Serializer[Any]):
    """A product on some terms; units, and money at cost."""

    lead_time_days = serializers.FloatField()
    lead_time_sd_days = serializers.FloatField()
    reorder_point = serializers.IntegerField()
    safety_stock = serializers.FloatField()
    order_up_to = serializers.IntegerField()
    cash_tied = serializers.FloatField()
    p_stockout = serializers.FloatField()
    expected_lost_margin = serializers.FloatField()
    order_units = serializers.IntegerField()


class WhatIfProductSerializer(serializers.Serializer[Any]):
    """A product now and then."""

    sku = serializers.CharField()
    name = serializers.CharField()
    before = PlannedProductSerializer()
    after = PlannedProductSerializer()


class TotalsSerializer(serializers.Serializer[Any]):
    """Sums over a supplier's products; stockouts: expected before an order of today comes."""

    lead_time_days = serializers.FloatField()
    lead_time_sd_days = serializers.FloatField()
    reorder_units = serializers.IntegerField()
    safety_units = serializers.FloatField()
    cash_tied = serializers.FloatField()
    stockouts = serializers.FloatField()
    expected_lost_margin = serializers.FloatField()
    order_units = serializers.IntegerField()


class WhatIfResultSerializer(serializers.Serializer[Any]):
    """A supplier's products before and after."""

    before = TotalsSerializer()
    after = TotalsSerializer()
    service_mode = serializers.ChoiceField(
        ServiceMode.choices, help_text="What decides service in both, as the shop has set it."
    )
    products = WhatIfProductSerializer(many=True)
    own_lead_times = serializers.IntegerField()
    unplanned = serializers.IntegerField()
    delay_days = serializers.FloatField()


class SupplierWhatIfView(GenericAPIView[Supplier]):
    """A supplier's products as the planner would have them on other terms; writes nothing."""

    queryset = Supplier.objects.all()
    serializer_class = WhatIfResultSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(parameters=[WhatIfSerializer], responses={200: WhatIfResultSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Return reorder points, stock, cash and stock-outs, now and then."""
        given = WhatIfSerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        found = supplier_what_if(
            self.get_object(), Assumptions(**given.validated_data), now=timezone.now()
        )
        return Response(WhatIfResultSerializer(asdict(found)).data)
