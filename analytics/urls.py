"""Addresses of the dashboard and the analytics pages."""

from django.urls import path

from analytics import report_views, views
from analytics.paths import LIST_PATH
from analytics.reports.tabs import TABS

app_name = "analytics"
urlpatterns = [
    path("", views.show_dashboard, name="dashboard"),
    path("refresh/", views.refresh_dashboard, name="refresh"),
    *(
        path(tab.path.lstrip("/"), report_views.show_report, {"tab": tab.key}, name=tab.key)
        for tab in TABS.values()
        if not tab.personal
    ),
    path(TABS["customers"].path.lstrip("/"), report_views.show_customers_report, name="customers"),
    path(LIST_PATH.lstrip("/"), report_views.list_customers, name="customer-list"),
    path("analytics/customers/<path:code>/", report_views.show_customer, name="customer"),
]
