"""Addresses for those who watch."""

from django.urls import path

from techmart.health import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("health/", views.health, name="health"),
]
