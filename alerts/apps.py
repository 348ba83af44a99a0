"""The alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alerts, their life cycle and the event stream."""

    name = "alerts"

    def ready(self) -> None:
        """Have every process stamp the jobs it sends."""
        from alerts import queues  # noqa: F401  registers on import
