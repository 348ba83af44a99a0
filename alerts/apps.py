"""The alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alerts, their life cycle and the event stream."""

    name = "alerts"
