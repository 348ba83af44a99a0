"""Addresses of alerts and events under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from alerts.api.views import AlertViewSet, EventsView

router = SimpleRouter()
router.register("alerts", AlertViewSet, basename="alert")
urlpatterns = [*router.urls, path("events/", EventsView.as_view(), name="events")]
