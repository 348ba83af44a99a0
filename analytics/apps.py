"""The analytics app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AnalyticsConfig(AppConfig):
    """Rollups, materialized views, purchase patterns and the dashboard."""

    name = "analytics"

    def ready(self) -> None:
        from analytics import checks, customer_export, customer_page_export  # noqa: F401  checks registers on import
        from analytics.metric_rules import export as metric_rules
        from analytics.reports import export as reports

        customer_export.register_lists()
        customer_page_export.register_lists()
        reports.register_lists()
        metric_rules.register_lists()
        post_migrate.connect(follow_time_zone, sender=self)


def follow_time_zone(**_kwargs: Any) -> None:
    """Bucket in the shop's time zone, once the tables are there."""
    from analytics.rollups import rebuilding

    rebuilding.follow_time_zone()
