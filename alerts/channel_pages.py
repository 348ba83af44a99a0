"""What the pages of channels show: finished values for the templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from alerts.channel_forms import ChannelForm
from alerts.choices import AlertKind, Severity
from alerts.notifying.channels import TEST, last_deliveries
from alerts.notifying.models import ChannelKind, Delivery, DeliveryState, NotificationChannel
from techmart.lib.page_parts import Column

_COLUMNS = (
    Column("Channel"),
    Column("From", hide="opt-s"),
    Column("Newest message"),
    Column("State"),
    Column("Actions", align="r", label_hidden=True),
)
_TONES = {DeliveryState.SENT: "good", DeliveryState.FAILED: "bad", DeliveryState.WAITING: "warn"}


@dataclass(frozen=True, slots=True)
class SentRow:
    """The newest message of one type. error: what went wrong last, "" for nothing."""

    what: str
    at: datetime
    state: str
    tone: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel in the list. newest: None before its first message. urls: "" = not allowed."""

    pk: int
    name: str
    sentence: str
    severity: str
    active: bool
    version: int
    newest: SentRow | None
    edit_url: str
    switch_url: str
    test_url: str


def list_context(*, may_add: bool, may_change: bool) -> dict[str, Any]:
    """Return all channels, those that are on first."""
    channels = list(NotificationChannel.objects.order_by("-active", "name"))
    sent = last_deliveries([channel.pk for channel in channels])
    return {
        "page_url": reverse("alerts:channels"),
        "new_url": reverse("alerts:channel-new") if may_add else "",
        "columns": _COLUMNS,
        "rows": [
            _row(channel, sent.get(channel.pk, {}), may_change=may_change) for channel in channels
        ],
    }


def form_context(
    form: ChannelForm, *, channel: NotificationChannel | None, secret: str = ""
) -> dict[str, Any]:
    """Return the form with what was sent to the channel. secret: made just now, "" otherwise."""
    sent = last_deliveries([channel.pk]).get(channel.pk, {}) if channel else {}
    newest = sorted(sent.values(), key=lambda row: row.created_at, reverse=True)
    is_signed = channel is not None and channel.kind == ChannelKind.WEBHOOK
    return {
        "page_url": _url("channel", channel) or reverse("alerts:channel-new"),
        "list_url": reverse("alerts:channels"),
        "alerts_url": reverse("alerts:list"),
        "test_url": _url("channel-test", channel),
        "secret_url": _url("channel-secret", channel) if is_signed else "",
        "version": channel.version if channel else None,
        "form": form,
        "title": channel.name if channel else "New channel",
        "sentence": _sentence(channel) if channel else "",
        "active": channel is None or channel.active,
        "secret": secret,
        "sent": [_sent(row) for row in newest],
    }


def _url(name: str, channel: NotificationChannel | None) -> str:
    return reverse(f"alerts:{name}", args=[channel.pk]) if channel else ""


def _row(
    channel: NotificationChannel, sent: Mapping[str, Delivery], *, may_change: bool
) -> ChannelRow:
    newest = max(sent.values(), key=lambda row: row.created_at, default=None)
    return ChannelRow(
        pk=channel.pk,
        name=channel.name,
        sentence=_sentence(channel),
        severity=channel.severity_from,
        active=channel.active,
        version=channel.version,
        newest=_sent(newest) if newest else None,
        edit_url=_url("channel", channel) if may_change else "",
        switch_url=_url("channel-switch", channel) if may_change else "",
        test_url=_url("channel-test", channel) if may_change else "",
    )


def _sentence(channel: NotificationChannel) -> str:
    """Say where what goes: `Mail to x@y.z: every type of alert`."""
    how = "Mail to" if channel.kind == ChannelKind.MAIL else "Webhook at"
    labels = [AlertKind(kind).label for kind in channel.kinds]
    named = ", ".join(labels[:2])
    if len(labels) > 2:
        named = f"{named} and {len(labels) - 2} more"
    when = ", when nobody acknowledges" if channel.is_escalation else ""
    return (
        f"{how} {channel.address}: {named or 'every type'} "
        f"from {Severity(channel.severity_from).label.lower()}{when}"
    )


def _sent(row: Delivery) -> SentRow:
    state = DeliveryState(row.state)
    return SentRow(
        what="Test" if row.group == TEST else str(AlertKind(row.group).label),
        at=row.sent_at or row.created_at,
        state="Not accepted" if row.group == TEST and row.error else str(state.label),
        tone=_TONES[state],
        attempts=row.attempts,
        error=row.error,
    )
