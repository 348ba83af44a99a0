"""Alerts and the event stream that carries their changes to the pages."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from alerts.choices import (
    LIVE_STATES,
    SEVERITY_RANK,
    AlertKind,
    AlertState,
    Resolution,
    Severity,
    SnoozeUntil,
    Topic,
)
from alerts.notifying.models import Delivery, NotificationChannel, Silence
from alerts.querysets import AlertEventQuerySet, AlertQuerySet

__all__ = [
    "Alert",
    "AlertEvent",
    "Delivery",
    "EventStream",
    "JobHeartbeat",
    "NotificationChannel",
    "Silence",
]


class Alert(models.Model):
    """Something a person should look at. One row a dedupe key and episode.

    The subject is named by kind and id, so that every app can raise one and this app imports
    none of them.
    """

    kind = models.CharField(max_length=40, choices=AlertKind)
    severity = models.CharField(max_length=10, choices=Severity)
    severity_rank = models.GeneratedField(
        expression=Case(
            *(When(severity=value, then=Value(rank)) for value, rank in SEVERITY_RANK.items()),
            default=Value(0),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    state = models.CharField(max_length=14, choices=AlertState, default=AlertState.OPEN)
    dedupe_key = models.CharField(max_length=160)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=200)
    message = models.CharField(max_length=500, blank=True)
    # Path of the page where it is dealt with. Quoted names of stores and categories are long.
    path = models.CharField(max_length=2000, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    # Permission codename needed to see it, such as "inventory.view_product"; empty: all staff.
    audience = models.CharField(max_length=80, blank=True)
    occurrences = models.PositiveIntegerField(default=1)
    # When it last came or went, oldest first: enough of them to tell whether it flaps.
    changed_at = ArrayField(models.DateTimeField(), default=list, blank=True)
    # When it last told of itself: a flapping alert does so once an hour.
    notified_at = models.DateTimeField(null=True, blank=True)
    reopened = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    acknowledged_until = models.DateTimeField(null=True, blank=True)
    snooze_rule = models.CharField(max_length=10, choices=SnoozeUntil, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    # Severity rank, or count, that ends the snooze.
    snooze_limit = models.PositiveIntegerField(null=True, blank=True)
    # Set once the condition has ended, so that "in stock for 10 min" can be told from a blip.
    clearing_since = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    resolution = models.CharField(max_length=8, choices=Resolution, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        db_table = "alerts"
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"],
                name="alerts_one_live_per_key",
                condition=Q(state__in=LIVE_STATES),
            ),
            models.CheckConstraint(condition=Q(state__in=AlertState.values), name="alerts_state"),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="alerts_severity"
            ),
            models.CheckConstraint(
                condition=Q(state=AlertState.RESOLVED, resolved_at__isnull=False)
                | (~Q(state=AlertState.RESOLVED) & Q(resolved_at__isnull=True)),
                name="alerts_resolved_has_time",
            ),
        ]
        indexes = [
            # Open alerts, worst and newest first: the list, the bell and the dashboard's strip.
            models.Index(
                fields=["-severity_rank", "-last_seen_at", "-id"],
                name="idx_alerts_live",
                condition=Q(state__in=LIVE_STATES),
            ),
            # The list of every state, newest first, by key.
            models.Index(fields=["-last_seen_at", "-id"], name="idx_alerts_seen"),
            # The list filtered by kind.
            models.Index(fields=["kind", "-last_seen_at", "-id"], name="idx_alerts_kind"),
            # Alerts of one product or sale on its page.
            models.Index(
                fields=["subject_kind", "subject_id", "-last_seen_at"], name="idx_alerts_subject"
            ),
            # Firing again within 24 h of the end reopens the same alert.
            models.Index(
                fields=["dedupe_key", "-resolved_at"],
                name="idx_alerts_key_resolved",
                condition=Q(state=AlertState.RESOLVED),
            ),
            # What a minute's sweep ends: acknowledgements and snoozes past their time.
            models.Index(
                fields=["acknowledged_until"],
                name="idx_alerts_ack_until",
                condition=Q(state=AlertState.ACKNOWLEDGED),
            ),
            # The same sweep: snoozes past their time.
            models.Index(
                fields=["snoozed_until"],
                name="idx_alerts_snoozed_until",
                condition=Q(state=AlertState.SNOOZED),
            ),
            # The same sweep: alerts whose condition has ended long enough ago.
            models.Index(
                fields=["clearing_since"],
                name="idx_alerts_clearing",
                condition=Q(clearing_since__isnull=False),
            ),
            # The same sweep: flapping alerts that have become quiet.
            models.Index(
                fields=["id"], name="idx_alerts_flapping", condition=Q(state=AlertState.FLAPPING)
            ),
            # The search over everything: part of a title, or one much like it.
            GinIndex(OpClass("title", name="gin_trgm_ops"), name="idx_alerts_title_trgm"),
            # The list of what is assigned to one person.
            models.Index(
                fields=["assigned_to", "-severity_rank", "-last_seen_at", "-id"],
                name="idx_alerts_assigned",
                condition=Q(state__in=LIVE_STATES),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class EventStream(models.Model):
    """Head of one topic's sequence. The epoch changes when old cursors can no longer be served."""

    topic = models.CharField(max_length=20, primary_key=True, choices=Topic)
    head = models.BigIntegerField(default=0)
    # Highest sequence no longer kept: a cursor below it gets a reset.
    trimmed_through = models.BigIntegerField(default=0)
    epoch = models.UUIDField(default=uuid.uuid4)
    announced_head = models.BigIntegerField(default=0)
    announced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "event_streams"

    def __str__(self) -> str:
        return f"{self.topic} at {self.head}"


class AlertEvent(models.Model):
    """One entry of a topic, written in the transaction that made the change.

    `seq` is given by one step after commit, so that it has no gap and none arrives late.
    """

    topic = models.CharField(max_length=20, choices=Topic)
    seq = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=40)
    alert = models.ForeignKey(
        Alert,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="events",
        db_index=False,
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    audience = models.CharField(max_length=80, blank=True)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    objects = AlertEventQuerySet.as_manager()

    class Meta:
        db_table = "alert_events"
        constraints = [
            models.UniqueConstraint(fields=["topic", "seq"], name="alert_events_topic_seq_unique"),
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="alert_events_topic"),
        ]
        indexes = [
            # The sequencer: what has no number yet, oldest first.
            models.Index(
                fields=["topic", "id"], name="idx_events_unnumbered", condition=Q(seq=None)
            ),
            # Who did what to one alert.
            models.Index(fields=["alert", "id"], name="idx_events_alert"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.seq} {self.kind}"


class JobHeartbeat(models.Model):
    """The last sign of life of one queue: a job that was sent to it and done there.

    A worker that runs but does nothing is as good as dead, so the age of this row counts and not
    the presence of a process.
    """

    queue = models.CharField(max_length=40, primary_key=True)
    sent_at = models.DateTimeField()
    completed_at = models.DateTimeField()

    class Meta:
        db_table = "job_heartbeats"

    def __str__(self) -> str:
        return f"{self.queue} at {self.completed_at:%H:%M:%S}"
