"""Addresses of the dashboard under /api/v1/."""

from django.urls import path

from analytics.api.views import DashboardView, RefreshView

urlpatterns = [
    path("dashboard/", DashboardView.as_view(), name="dashboard"),
    path("dashboard/refresh/", RefreshView.as_view(), name="dashboard-refresh"),
]
