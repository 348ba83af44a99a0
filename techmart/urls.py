"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

api = [
    path("", include("alerts.api.urls")),
    path("", include("analytics.api.urls")),
    path("", include("inventory.api.urls")),
    path("", include("transactions.api.urls")),
    path("", include("techmart.core.exports.api_urls")),
]

handler403 = "techmart.core.access.show_not_permitted"
handler500 = "techmart.middleware.server_error"

urlpatterns = [
    path("", include("techmart.health.urls")),
    path("", include("analytics.urls")),
    path("", include("techmart.core.sign_in")),
    path("", include("techmart.core.search.urls")),
    path("", include("techmart.core.profile.urls")),
    path("exports/", include("techmart.core.exports.urls")),
    path("reports/", include("techmart.core.reports.urls")),
    path("views/", include("techmart.core.saved_views.urls")),
    path("inventory/", include("inventory.urls")),
    path("transactions/", include("transactions.urls")),
    path("alerts/rules/", include("analytics.metric_rules.urls")),
    path("alerts/", include("alerts.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
