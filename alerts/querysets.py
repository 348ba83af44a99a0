"""Reads of alerts and events."""

from typing import TYPE_CHECKING, Self

from django.db import models

from alerts.choices import LIVE_STATES

if TYPE_CHECKING:
    from alerts.models import Alert, AlertEvent


class AlertQuerySet(models.QuerySet["Alert"]):
    """Alerts a page or the API lists."""

    def live(self) -> Self:
        """Not resolved, worst and newest first; served by idx_alerts_live."""
        return self.filter(state__in=LIVE_STATES).order_by("-severity_rank", "-last_seen_at", "-id")


class AlertEventQuerySet(models.QuerySet["AlertEvent"]):
    """Entries of a topic."""

    def unnumbered(self, topic: str) -> Self:
        """Committed but without a sequence number; served by idx_events_unnumbered."""
        return self.filter(topic=topic, seq=None).order_by("id")
