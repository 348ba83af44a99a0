"""Addresses of alert rules."""

from django.urls import path

from analytics.metric_rules import views

app_name = "metric_rules"
urlpatterns = [
    path("", views.rule_list, name="list"),
    path("new/", views.new_rule, name="new"),
    path("<int:pk>/", views.edit_rule, name="edit"),
    path("<int:pk>/switch/", views.switch_rule, name="switch"),
    path("<int:pk>/delete/", views.delete_rule, name="delete"),
]
