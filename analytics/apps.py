"""The analytics app."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Rollups, materialized views, purchase patterns and the dashboard."""

    name = "analytics"
