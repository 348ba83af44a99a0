"""Addresses of the dashboard and the analytics reports under /api/v1/."""

from django.urls import path

from analytics.api.reports import CustomerView, ReportView
from analytics.api.views import DashboardView, OverviewView, RefreshView
from analytics.reports.tabs import TABS

urlpatterns = [
    path("dashboard/", DashboardView.as_view(), name="dashboard"),
    path("dashboard/overview/", OverviewView.as_view(), name="dashboard-overview"),
    path("dashboard/refresh/", RefreshView.as_view(), name="dashboard-refresh"),
    *(
        path(
            f"analytics/{tab.key}/",
            ReportView.as_view(tab=tab.key, personal=tab.personal),
            name=f"analytics-{tab.key}",
        )
        for tab in TABS.values()
    ),
    path("analytics/customers/<path:code>/", CustomerView.as_view(), name="analytics-customer"),
]
