"""Addresses of the pages of products. A product's code may hold any character, slashes too."""

from django.urls import path

from inventory import views
from inventory.replay_page import views as replay_views

app_name = "inventory"

urlpatterns = [
    path("", views.product_list, name="list"),
    path("replay/", replay_views.replays, name="replays"),
    path("replay/<int:run_id>/", replay_views.replay, name="replay"),
    path("replay/<int:run_id>/cancel/", replay_views.cancel, name="replay_cancel"),
    path("suppliers/<path:code>/what-if/", replay_views.what_if, name="what_if"),
    path("products/<path:sku>/ledger/", views.product, name="ledger"),
    path("products/<path:sku>/count/", views.count, name="count"),
    path("products/<path:sku>/change/", views.change, name="change"),
    path("products/<path:sku>/", views.product, name="product"),
]
