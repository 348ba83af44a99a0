"""Addresses of exports under /api/v1/."""

from rest_framework.routers import SimpleRouter

from techmart.core.exports.api import ExportViewSet

router = SimpleRouter()
router.register("exports", ExportViewSet, basename="export")
urlpatterns = router.urls
