"""Addresses of saved views."""

from django.urls import path

from techmart.core.saved_views import views

app_name = "views"
urlpatterns = [
    path("<int:pk>/change/", views.change_view, name="change"),
    path("<slug:key>/", views.list_views, name="list"),
]
