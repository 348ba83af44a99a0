"""Reads of alerts and events."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from alerts.choices import LIVE_STATES, AlertState, Topic
from techmart.core.models import User

if TYPE_CHECKING:
    from alerts.models import Alert, AlertEvent

VIEW_ALERTS = "alerts.view_alert"


def audience_of(user: User) -> Q:
    """Return the condition that a row is meant for everyone, or for a permission of this user."""
    if user.is_active and user.is_superuser:
        return Q()
    return Q(audience="") | Q(audience__in=user.get_all_permissions())


class AlertQuerySet(models.QuerySet["Alert"]):
    """Alerts a page or the API lists."""

    def visible_to(self, user: User) -> Self:
        """Those the user may see; none without the permission to view alerts."""
        return self.filter(audience_of(user)) if user.has_perm(VIEW_ALERTS) else self.none()

    def live(self) -> Self:
        """Not resolved; with worst_first served by idx_alerts_live."""
        return self.filter(state__in=LIVE_STATES)

    def needing_attention(self) -> Self:
        """Live and not snoozed: what the bell counts."""
        return self.filter(
            state__in=(AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.FLAPPING)
        )

    def snoozed(self) -> Self:
        """Quiet for now."""
        return self.filter(state=AlertState.SNOOZED)

    def resolved(self) -> Self:
        """Over, by itself or by a person."""
        return self.filter(state=AlertState.RESOLVED)

    def mine(self, user: User) -> Self:
        """Live and assigned to the user, or acknowledged by the user."""
        return self.live().filter(Q(assigned_to=user) | Q(acknowledged_by=user))

    def worst_first(self) -> Self:
        """By severity, newest first."""
        return self.order_by("-severity_rank", "-last_seen_at", "-id")

    def newest_first(self) -> Self:
        """By the last sighting; served by idx_alerts_seen."""
        return self.order_by("-last_seen_at", "-id")

    def about(self, subject_kind: str, subject_id: int) -> Self:
        """Alerts of one product, sale or other row; served by idx_alerts_subject."""
        return self.filter(subject_kind=subject_kind, subject_id=subject_id)


class AlertEventQuerySet(models.QuerySet["AlertEvent"]):
    """Entries of a topic."""

    def visible_to(self, user: User) -> Self:
        """Those the user may see; alerts only with the permission to view them."""
        rows = self.filter(audience_of(user))
        return rows if user.has_perm(VIEW_ALERTS) else rows.exclude(topic=Topic.ALERTS)

    def unnumbered(self, topic: str) -> Self:
        """Committed but without a sequence number; served by idx_events_unnumbered."""
        return self.filter(topic=topic, seq=None).order_by("id")

    def history(self, alert_id: int) -> Self:
        """Who did what to one alert, newest first; served by idx_events_alert."""
        return self.filter(alert_id=alert_id).select_related("actor").order_by("-id")
