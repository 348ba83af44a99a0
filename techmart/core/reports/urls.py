"""Addresses of reports."""

from django.urls import path

from techmart.core.reports import views

app_name = "reports"
urlpatterns = [
    path("", views.report_list, name="list"),
    path("new/", views.new_report, name="new"),
    path("<int:pk>/", views.report_detail, name="detail"),
    path("<int:pk>/switch/", views.switch_report, name="switch"),
    path("deliveries/<int:pk>/again/", views.send_again, name="again"),
]
