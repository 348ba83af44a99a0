"""The alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alerts, their life cycle and the event stream."""

    name = "alerts"

    def ready(self) -> None:
        """Have every process stamp the jobs it sends; offer alerts for export and search."""
        from alerts import exports, queues, reports, search  # noqa: F401  two register on import

        exports.register_lists()
        search.register_sources()
