"""Addresses of exports."""

from django.urls import path

from techmart.core.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.files, name="list"),
    path("new/", views.export, name="new"),
    path("<int:pk>/", views.download, name="download"),
    path("<int:pk>/again/", views.again, name="again"),
]
