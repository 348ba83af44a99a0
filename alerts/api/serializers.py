"""Shapes of alerts and events over the API."""

from typing import Any

from rest_framework import serializers

from alerts.choices import SnoozeUntil, Topic
from alerts.models import Alert


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """One alert."""

    class Meta:
        model = Alert
        fields = [
            "id",
            "kind",
            "severity",
            "state",
            "subject_kind",
            "subject_id",
            "title",
            "message",
            "path",
            "facts",
            "occurrences",
            "reopened",
            "first_seen_at",
            "last_seen_at",
            "acknowledged_until",
            "snoozed_until",
            "resolved_at",
            "resolution",
            "reason",
        ]
        read_only_fields = fields


class AcknowledgeSerializer(serializers.Serializer[Any]):
    """Until when; null: as the severity says."""

    until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class SnoozeSerializer(serializers.Serializer[Any]):
    """What ends the snooze."""

    rule = serializers.ChoiceField(SnoozeUntil.choices, default=SnoozeUntil.TIME)
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ResolveSerializer(serializers.Serializer[Any]):
    """Why the alert is over."""

    reason = serializers.CharField(max_length=500)


class EventQuerySerializer(serializers.Serializer[Any]):
    """A cursor into one topic."""

    topic = serializers.ChoiceField(Topic.choices)
    after = serializers.IntegerField(
        min_value=0,
        required=False,
        allow_null=True,
        default=None,
        help_text="The last number you have; 0 replays what is kept; none: only the head.",
    )
    epoch = serializers.CharField(required=False, allow_null=True, default=None)


class EventSerializer(serializers.Serializer[Any]):
    """One event of a topic."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    severity = serializers.CharField()
    title = serializers.CharField()
    message = serializers.CharField()
    url = serializers.CharField()
    subject_kind = serializers.CharField()
    subject_id = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()
    payload = serializers.JSONField()


class EventPageSerializer(serializers.Serializer[Any]):
    """What lies after a cursor; on `reset`, fetch what you show anew and go on from `cursor`."""

    topic = serializers.CharField()
    epoch = serializers.CharField()
    head = serializers.IntegerField()
    reset = serializers.BooleanField()
    cursor = serializers.IntegerField()
    events = EventSerializer(many=True)
