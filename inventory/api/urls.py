"""Addresses of inventory under /api/v1/."""

from rest_framework.routers import SimpleRouter

from inventory.api.views import (
    MovementViewSet,
    ProductViewSet,
    SuggestionViewSet,
    SupplierViewSet,
)

router = SimpleRouter()
router.register("products", ProductViewSet, basename="product")
router.register("suppliers", SupplierViewSet, basename="supplier")
router.register("movements", MovementViewSet, basename="movement")
router.register("suggestions", SuggestionViewSet, basename="suggestion")
urlpatterns = router.urls
