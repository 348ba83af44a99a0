"""Addresses of the pages of products. A product's code may hold any character, slashes too."""

from django.urls import path

from inventory import views

app_name = "inventory"

urlpatterns = [
    path("", views.product_list, name="list"),
    path("products/<path:sku>/ledger/", views.product, name="ledger"),
    path("products/<path:sku>/count/", views.count, name="count"),
    path("products/<path:sku>/change/", views.change, name="change"),
    path("products/<path:sku>/", views.product, name="product"),
]
