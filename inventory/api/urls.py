"""Addresses of inventory under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from inventory.api.forecasts import ForecastRunViewSet, OverrideViewSet
from inventory.api.purchasing import CountSheetViewSet, OrderViewSet, SuggestionViewSet
from inventory.api.replays import ReplayViewSet, SupplierWhatIfView
from inventory.api.views import (
    MovementViewSet,
    ProductViewSet,
    SupplierViewSet,
)

router = SimpleRouter()
router.register("products", ProductViewSet, basename="product")
router.register("suppliers", SupplierViewSet, basename="supplier")
router.register("movements", MovementViewSet, basename="movement")
router.register("suggestions", SuggestionViewSet, basename="suggestion")
router.register("purchase-orders", OrderViewSet, basename="purchase-order")
router.register("count-sheets", CountSheetViewSet, basename="count-sheet")
router.register("forecast-runs", ForecastRunViewSet, basename="forecast-run")
router.register("forecast-overrides", OverrideViewSet, basename="forecast-override")
router.register("replays", ReplayViewSet, basename="replay")
urlpatterns = [
    path("suppliers/<int:pk>/what-if/", SupplierWhatIfView.as_view(), name="supplier-what-if"),
    *router.urls,
]
