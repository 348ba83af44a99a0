"""Admin of alerts, their events and the queues' signs of life."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from alerts.choices import LIVE_STATES
from alerts.models import (
    Alert,
    AlertEvent,
    Delivery,
    EventStream,
    JobHeartbeat,
    NotificationChannel,
    Silence,
)
from alerts.notifying.models import DeliveryState
from alerts.notifying.services import send_again
from alerts.notifying.silences import end_silence
from alerts.services import acknowledge, resolve
from techmart.core.adminkit.acts import Act, ActsAdmin, ConfirmForm
from techmart.core.adminkit.base import QuickAdmin, ViewOnlyAdmin, staff_of


def _is_live(alert: Alert) -> bool:
    return alert.state in LIVE_STATES


@admin.register(Alert)
class AlertAdmin(ViewOnlyAdmin, ActsAdmin):
    """Alerts that the person may see."""

    list_display = ("last_seen_at", "severity", "kind", "title", "state", "assigned_to")
    list_select_related = ("assigned_to",)
    list_filter = ("kind",)
    ordering = ("-last_seen_at", "-pk")
    acts = (
        Act(
            name="acknowledge",
            label="Acknowledge",
            effect="you take it on; it opens again if it lasts.",
            form=ConfirmForm,
            run=lambda call: acknowledge(alert_id=call.row.pk, actor=call.actor, now=call.now),
            possible=_is_live,
        ),
        Act(
            name="resolve",
            label="Resolve",
            effect="it ends; it comes back if its condition fires again within a day.",
            run=lambda call: resolve(
                alert_id=call.row.pk, actor=call.actor, now=call.now, **call.data
            ),
            possible=_is_live,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out what is meant for others."""
        return Alert.objects.visible_to(staff_of(request))


@admin.register(AlertEvent)
class AlertEventAdmin(ViewOnlyAdmin):
    """What happened, as pages and programs were told."""

    list_display = ("at", "topic", "seq", "kind", "alert", "actor")
    list_select_related = ("alert", "actor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out what is meant for others."""
        return AlertEvent.objects.visible_to(staff_of(request))


@admin.register(EventStream)
class EventStreamAdmin(ViewOnlyAdmin):
    """Heads of the topics."""

    list_display = ("topic", "head", "announced_head", "announced_at", "epoch")


@admin.register(JobHeartbeat)
class JobHeartbeatAdmin(ViewOnlyAdmin):
    """When each queue last did a job."""

    list_display = ("queue", "sent_at", "completed_at")


@admin.register(NotificationChannel)
class NotificationChannelAdmin(QuickAdmin):
    """Where alerts are sent beside people's own mail.

    The signing secret is shown once, by the page of the channel that makes it.
    """

    list_display = ("name", "kind", "address", "severity_from", "is_escalation", "active")
    ordering = ("name",)
    exclude = ("secret",)

    def save_model(
        self, request: HttpRequest, obj: NotificationChannel, form: Any, change: bool
    ) -> None:
        """Count the change, so that a page opened before it does not undo it."""
        if change:
            obj.version += 1
        super().save_model(request, obj, form, change)


@admin.register(Delivery)
class DeliveryAdmin(ViewOnlyAdmin, ActsAdmin):
    """What was sent to whom, and what became of it."""

    list_display = ("created_at", "recipient", "group", "state", "attempts", "sent_at", "error")
    list_filter = ("state",)
    ordering = ("-created_at",)
    acts = (
        Act(
            name="send-again",
            label="Send again",
            effect="it is tried anew for a day, under the same id.",
            form=ConfirmForm,
            run=lambda call: send_again(delivery_id=str(call.row.pk), now=call.now),
            possible=lambda row: row.state == DeliveryState.FAILED,
        ),
    )


@admin.register(Silence)
class SilenceAdmin(ViewOnlyAdmin, ActsAdmin):
    """What is not sent for a while, and why."""

    list_display = ("ends_at", "kind", "subject_kind", "subject_id", "reason", "created_by")
    list_select_related = ("created_by",)
    acts = (
        Act(
            name="end",
            label="End it",
            effect="its alerts are sent again from now on.",
            form=ConfirmForm,
            run=lambda call: end_silence(silence_id=call.row.pk, actor=call.actor, now=call.now),
            possible=lambda row: row.ended_at is None,
        ),
    )
