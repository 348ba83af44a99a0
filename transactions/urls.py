"""Addresses of the pages of sales."""

from django.urls import path

from transactions import views

app_name = "transactions"

urlpatterns = [
    path("", views.transaction_list, name="list"),
    path("<int:pk>/", views.transaction_detail, name="detail"),
    path("<int:pk>/approve/", views.decide, {"act": "approve"}, name="approve"),
    path("<int:pk>/decline/", views.decide, {"act": "decline"}, name="decline"),
    path("<int:pk>/cancel/", views.decide, {"act": "cancel"}, name="cancel"),
    path("<int:pk>/refund/", views.refund, name="refund"),
]
