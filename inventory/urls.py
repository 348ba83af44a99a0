"""Addresses of the pages of products. A product's code may hold any character, slashes too."""

from django.urls import path, re_path

from inventory import views
from inventory.count_pages import views as count_views
from inventory.forecast_page import views as forecast_views
from inventory.order_pages import views as order_views
from inventory.replay_page import views as replay_views
from inventory.suggestion_pages import views as suggestion_views
from inventory.supplier_pages import views as supplier_views

app_name = "inventory"

urlpatterns = [
    path("", views.product_list, name="list"),
    path("suggestions/", suggestion_views.suggestion_list, name="suggestions"),
    path("suggestions/act/", suggestion_views.act_on_many, name="suggestions_act"),
    path("suggestions/<int:pk>/", suggestion_views.suggestion_detail, name="suggestion"),
    path("suggestions/<int:pk>/accept/", suggestion_views.accept, name="suggestion_accept"),
    path("suggestions/<int:pk>/change/", suggestion_views.change, name="suggestion_change"),
    path("suggestions/<int:pk>/reject/", suggestion_views.reject, name="suggestion_reject"),
    path("suggestions/<int:pk>/snooze/", suggestion_views.snooze, name="suggestion_snooze"),
    path("suggestions/<int:pk>/wake/", suggestion_views.wake, name="suggestion_wake"),
    path("orders/", order_views.order_list, name="orders"),
    path("orders/<str:number>/", order_views.order_detail, name="order"),
    re_path(
        r"^orders/(?P<number>[^/]+)/(?P<form>pdf|csv)/$",
        order_views.order_document_file,
        name="order_document",
    ),
    re_path(
        r"^orders/(?P<number>[^/]+)/(?P<name>send|confirm|receive|close|cancel)/$",
        order_views.act,
        name="order_act",
    ),
    re_path(
        r"^orders/(?P<number>[^/]+)/lines/(?P<line_id>[0-9]{1,18})"
        r"/(?P<name>change|remove|receive|return)/$",
        order_views.line_act,
        name="order_line_act",
    ),
    path("counts/", count_views.counts, name="counts"),
    path("counts/<int:sheet_id>/", count_views.sheet, name="count_sheet"),
    re_path(
        r"^counts/(?P<sheet_id>[0-9]{1,18})/(?P<line_id>[0-9]{1,18})"
        r"/(?P<name>enter|approve|refuse)/$",
        count_views.line_act,
        name="count_line_act",
    ),
    path("suppliers/", supplier_views.supplier_list, name="suppliers"),
    path("replay/", replay_views.replays, name="replays"),
    path("replay/<int:run_id>/", replay_views.replay, name="replay"),
    path("replay/<int:run_id>/cancel/", replay_views.cancel, name="replay_cancel"),
    path("suppliers/<path:code>/what-if/", replay_views.what_if, name="what_if"),
    path("suppliers/<path:code>/", supplier_views.supplier_detail, name="supplier"),
    path("products/<path:sku>/ledger/", views.product, name="ledger"),
    path("products/<path:sku>/ledger/<int:movement_id>/reverse/", views.reverse, name="reverse"),
    path("products/<path:sku>/write-off/", views.take_off, name="write_off"),
    path("products/<path:sku>/return/", views.give_back, name="supplier_return"),
    path("products/<path:sku>/override/", forecast_views.override, name="override"),
    path(
        "products/<path:sku>/override/<int:override_id>/withdraw/",
        forecast_views.withdraw,
        name="override_withdraw",
    ),
    path("products/<path:sku>/forecast/", forecast_views.recompute, name="forecast_again"),
    path("products/<path:sku>/stockouts/", forecast_views.stockouts, name="stockouts"),
    path("products/<path:sku>/count/", views.count, name="count"),
    path("products/<path:sku>/change/", views.change, name="change"),
    path("products/<path:sku>/", views.product, name="product"),
]
