"""Endpoints of products, suppliers, the ledger and suggestions."""

import re
from typing import ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.serializers import (
    CountSerializer,
    PredictionSerializer,
    ProductChangeSerializer,
    ProductSerializer,
    ScorecardSerializer,
    StockMovementSerializer,
    SuggestionSerializer,
    SupplierSerializer,
)
from inventory.choices import AbcClass, MovementKind, SuggestionState
from inventory.known_predictions import known_prediction
from inventory.models import (
    Product,
    ReorderSuggestion,
    StockMovement,
    Supplier,
)
from inventory.querysets import LOW_STOCK
from inventory.scorecards import load_scorecards
from inventory.services.counts import post_count
from inventory.services.products import change_product
from techmart.core.api.views import ReadOnlyViewSet, caller
from techmart.lib.keyset import Keyset


class ProductFilter(filters.FilterSet):
    """Filters of the list of products."""

    sku = filters.CharFilter("sku", "exact")
    name = filters.CharFilter(method="part_of_name", label="Part of the name")
    category = filters.CharFilter("category", "exact")
    supplier = filters.CharFilter("supplier__code", "exact")
    abc = filters.MultipleChoiceFilter("abc_class", choices=AbcClass.choices, distinct=False)
    active = filters.BooleanFilter("active")
    low = filters.BooleanFilter(method="at_reorder_point", label="At or below reorder point")

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = []

    def part_of_name(
        self, queryset: QuerySet[Product], _name: str, value: str
    ) -> QuerySet[Product]:
        """Match in any letter case; the trigram index answers ~*, not Django's UPPER … LIKE."""
        return queryset.filter(name__iregex=re.escape(value))

    def at_reorder_point(
        self, queryset: QuerySet[Product], _name: str, value: bool
    ) -> QuerySet[Product]:
        """Use the predicate of the low-stock index."""
        return queryset.filter(LOW_STOCK) if value else queryset.exclude(LOW_STOCK)


class ProductViewSet(ReadOnlyViewSet):
    """Products by sku; corrected with a reason, counted, and their ledger read."""

    serializer_class = ProductSerializer
    queryset = Product.objects.select_related("supplier")
    filterset_class = ProductFilter
    keysets = {"name": Keyset("name", "pk"), "newest": Keyset("-pk")}
    acts = frozenset({"count"})
    lookup_field = "sku"
    lookup_value_regex = "[^/]+"

    @extend_schema(request=ProductChangeSerializer, responses={200: ProductSerializer})
    def partial_update(self, request: Request, sku: str) -> Response:
        """Correct fields of a product; stock is changed by a count."""
        body = ProductChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        changes = dict(body.validated_data)
        product = change_product(
            product_id=self.get_object().pk,
            version=changes.pop("version"),
            reason=changes.pop("reason"),
            changes=changes,
            actor=caller(request),
            now=timezone.now(),
        )
        return Response(ProductSerializer(product).data)

    @extend_schema(request=CountSerializer, responses={200: ProductSerializer})
    @action(detail=True, methods=["post"])
    def count(self, request: Request, sku: str) -> Response:
        """Book what was counted on the shelf."""
        body = CountSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        product = self.get_object()
        post_count(
            product_id=product.pk, actor=caller(request), now=timezone.now(), **body.validated_data
        )
        product.refresh_from_db()
        return Response(ProductSerializer(product).data)

    @extend_schema(responses={200: PredictionSerializer})
    @action(detail=True, methods=["get"])
    def prediction(self, request: Request, sku: str) -> Response:
        """Return the newest demand prediction; 404 before the first run."""
        prediction = known_prediction(self.get_object().pk)
        if prediction is None:
            raise Http404
        return Response(PredictionSerializer(prediction).data)


class SupplierViewSet(ReadOnlyViewSet):
    """Suppliers, and how they deliver."""

    serializer_class = SupplierSerializer
    queryset = Supplier.objects.all()
    keysets = {"name": Keyset("name", "pk"), "newest": Keyset("-pk")}

    @extend_schema(responses={200: ScorecardSerializer})
    @action(detail=True, methods=["get"])
    def scorecard(self, request: Request, pk: str) -> Response:
        """Return how the supplier delivered, from its receipts."""
        key = self.get_object().pk
        card = load_scorecards([key], now=timezone.now())[key]
        return Response(ScorecardSerializer(card).data)


class MovementFilter(filters.FilterSet):
    """Filters of the ledger."""

    sku = filters.CharFilter("product__sku", "exact")
    kind = filters.MultipleChoiceFilter(choices=MovementKind.choices, distinct=False)
    since = filters.IsoDateTimeFilter("occurred_at", "gte")
    until = filters.IsoDateTimeFilter("occurred_at", "lt")

    class Meta:
        model = StockMovement
        fields: ClassVar[list[str]] = []


class MovementViewSet(ReadOnlyViewSet):
    """The stock ledger: append-only, newest recorded first."""

    serializer_class = StockMovementSerializer
    queryset = StockMovement.objects.select_related("product")
    filterset_class = MovementFilter
    keysets = {
        "newest": Keyset("-recorded_at", "-pk"),
        "occurred": Keyset("-occurred_at", "-pk"),
    }


class SuggestionFilter(filters.FilterSet):
    """Filters of the reorder suggestions."""

    state = filters.MultipleChoiceFilter(choices=SuggestionState.choices, distinct=False)
    sku = filters.CharFilter("product__sku", "exact")
    supplier = filters.CharFilter("product__supplier__code", "exact")

    class Meta:
        model = ReorderSuggestion
        fields: ClassVar[list[str]] = []


class SuggestionViewSet(ReadOnlyViewSet):
    """Reorder suggestions, most expected lost margin first."""

    serializer_class = SuggestionSerializer
    queryset = ReorderSuggestion.objects.select_related("product", "product__supplier")
    filterset_class = SuggestionFilter
    keysets = {
        "margin": Keyset("-expected_lost_margin", "pk"),
        "newest": Keyset("-pk"),
    }
