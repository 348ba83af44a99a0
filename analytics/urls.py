"""Addresses of the dashboard."""

from django.urls import path

from analytics import views

app_name = "analytics"
urlpatterns = [
    path("", views.show_dashboard, name="dashboard"),
    path("refresh/", views.refresh_dashboard, name="refresh"),
]
