"""Decide who is told, and send what is due."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from alerts.choices import LIVE_STATES, AlertKind, AlertState, Severity
from alerts.models import Alert
from alerts.notifying.models import (
    ChannelKind,
    Delivery,
    DeliveryState,
    NotificationChannel,
    Silence,
)
from alerts.notifying.routing import HIDES, Firing, Quiet, Told, Wish, audible, due_groups
from alerts.notifying.sending import post_webhook, reason, send_mail
from alerts.querysets import VIEW_ALERTS
from techmart.core.choices import AlertLevel
from techmart.core.models import User

logger = logging.getLogger(__name__)

# A receiver that is away is tried again after 30 s, then twice as long each time, for a day.
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(hours=24)
# Alerts written out in one message; the rest is counted.
MOST_ALERTS: Final = 20
# Messages of one run, so that slow receivers do not hold up a worker for long.
BATCH: Final = 30
KEPT_FOR: Final = timedelta(days=30)
# Nobody has acknowledged or snoozed them.
_UNATTENDED: Final = (AlertState.OPEN, AlertState.FLAPPING)


@dataclass(frozen=True, slots=True)
class _Recipient:
    key: str
    wish: Wish
    channel: NotificationChannel | None = None
    person: User | None = None

    def may_see(self, alert: Firing) -> bool:
        """A channel is set up by those who see all; a person has permissions."""
        return self.person is None or not alert.audience or self.person.has_perm(alert.audience)


@transaction.atomic
def route(*, now: datetime) -> int:
    """Write a delivery for everyone who is to be told of something now; return how many.

    Run by one process at a time; a second run at the same moment writes nothing more.
    """
    recipients = _recipients()
    if not recipients:
        return 0
    rows = {alert.pk: alert for alert in _live()}
    # What is attended to still stands for what it hides.
    heard = [
        firing
        for firing in audible([_firing(alert) for alert in rows.values()], _quiets(now))
        if rows[firing.id].state in _UNATTENDED
    ]
    if not heard:
        return 0
    told = _told([recipient.key for recipient in recipients])
    deliveries = [
        _delivery(recipient, kind, group, rows, now)
        for recipient in recipients
        for kind, group in due_groups(
            filter(recipient.may_see, heard), recipient.wish, told.get(recipient.key, {}), now=now
        ).items()
    ]
    Delivery.objects.bulk_create(deliveries)
    return len(deliveries)


def _recipients() -> list[_Recipient]:
    """Everyone who asked to be told; locked, so that two runs do not tell the same twice."""
    channels = NotificationChannel.objects.filter(active=True).select_for_update().order_by("pk")
    people = User.objects.filter(is_active=True).exclude(mail_from=AlertLevel.NEVER)
    return [
        *(
            _Recipient(
                channel.recipient,
                Wish(
                    Severity(channel.severity_from), frozenset(channel.kinds), channel.is_escalation
                ),
                channel=channel,
            )
            for channel in channels
        ),
        *(
            _Recipient(f"person:{person.pk}", Wish(Severity(person.mail_from)), person=person)
            for person in people.select_for_update().order_by("pk")
            if person.has_perm(VIEW_ALERTS)
        ),
    ]


def _live() -> list[Alert]:
    """Alerts that are not resolved; served by idx_alerts_live."""
    return list(Alert.objects.filter(state__in=LIVE_STATES).worst_first())


def _firing(alert: Alert) -> Firing:
    return Firing(
        id=alert.pk,
        reopened=alert.reopened,
        kind=alert.kind,
        severity=Severity(alert.severity),
        dedupe_key=alert.dedupe_key,
        subject_kind=alert.subject_kind,
        subject_id=alert.subject_id,
        audience=alert.audience,
        since=alert.changed_at[-1] if alert.changed_at else alert.first_seen_at,
        hides=frozenset(alert.facts.get(HIDES, ())),
    )


def _quiets(now: datetime) -> list[Quiet]:
    rows = Silence.objects.filter(ended_at=None, starts_at__lte=now, ends_at__gt=now)
    return [Quiet(row.kind, row.subject_kind, row.subject_id) for row in rows]


def _told(recipients: Sequence[str]) -> dict[str, dict[str, Told]]:
    """Return the last message to each, by kind; served by idx_deliveries_latest."""
    last = (
        Delivery.objects.filter(recipient__in=recipients)
        .order_by("recipient", "group", "-created_at")
        .distinct("recipient", "group")
        .values_list("recipient", "group", "created_at", "episodes")
    )
    told: dict[str, dict[str, Told]] = {}
    for recipient, group, at, episodes in last:
        told.setdefault(recipient, {})[group] = Told(at, frozenset(episodes))
    return told


def _delivery(
    recipient: _Recipient,
    kind: str,
    group: Sequence[Firing],
    rows: Mapping[int, Alert],
    now: datetime,
) -> Delivery:
    shown = [rows[alert.id] for alert in group[:MOST_ALERTS]]
    label = str(AlertKind(kind).label)
    return Delivery(
        channel=recipient.channel,
        person=recipient.person,
        recipient=recipient.key,
        group=kind,
        episodes=[alert.episode for alert in group],
        payload={
            "kind": kind,
            "title": shown[0].title if len(group) == 1 else f"{len(group)} alerts: {label}",
            "count": len(group),
            "more": len(group) - len(shown),
            "alerts": [_written(alert) for alert in shown],
        },
        next_attempt_at=now,
        created_at=now,
    )


def _written(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "key": alert.dedupe_key,
        "severity": alert.severity,
        "title": alert.title,
        "message": alert.message,
        "path": reverse("alerts:detail", args=[alert.pk]),
        "occurrences": alert.occurrences,
        "first_seen_at": alert.first_seen_at.isoformat(),
        "last_seen_at": alert.last_seen_at.isoformat(),
    }


def send_due(*, now: datetime) -> int:
    """Send what is due, longest due first; return how many went out.

    A row is locked while it is sent, so that no two processes send it; one that ends in between
    sends it again, under the same id.
    """
    sent = 0
    for _ in range(BATCH):
        with transaction.atomic():
            delivery = (
                Delivery.objects.filter(state=DeliveryState.WAITING, next_attempt_at__lte=now)
                .order_by("next_attempt_at")
                .select_related("channel", "person")
                .select_for_update(skip_locked=True, of=("self",))
                .first()
            )
            if delivery is None:
                break
            sent += _try(delivery, now)
    return sent


def _try(delivery: Delivery, now: datetime) -> bool:
    delivery.attempts += 1
    try:
        send_once(delivery, now)
    except Exception as error:
        # Whatever went wrong, the others get their turn.
        logger.warning(
            "%s failed for the %s. time: %s",
            delivery,
            delivery.attempts,
            repr(error.__cause__ or error),
        )
        delivery.error = reason(error)
        wait = min(FIRST_WAIT * 2 ** min(delivery.attempts - 1, 16), LONGEST_WAIT)
        delivery.next_attempt_at = now + wait
        if delivery.next_attempt_at > delivery.created_at + GIVEN_UP_AFTER:
            delivery.state = DeliveryState.FAILED
    else:
        delivery.state, delivery.sent_at, delivery.error = DeliveryState.SENT, now, ""
    delivery.save(update_fields=["attempts", "error", "next_attempt_at", "state", "sent_at"])
    return delivery.state == DeliveryState.SENT


def send_once(delivery: Delivery, now: datetime) -> None:
    """Send a delivery to its recipient, once. Raises whatever went wrong."""
    channel, person = delivery.channel, delivery.person
    if channel is None:
        assert person is not None  # noqa: S101  by constraint
        send_mail(person.email, delivery.payload, delivery_id=str(delivery.pk))
    elif channel.kind == ChannelKind.MAIL:
        send_mail(channel.address, delivery.payload, delivery_id=str(delivery.pk))
    else:
        post_webhook(
            channel.address,
            delivery.payload,
            delivery_id=str(delivery.pk),
            secret=channel.secret,
            timestamp=int(now.timestamp()),
        )


def send_again(*, delivery_id: str, now: datetime) -> Delivery:
    """Have a delivery tried anew for a day, under its own id. Raises Delivery.DoesNotExist."""
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        delivery.state, delivery.attempts = DeliveryState.WAITING, 0
        delivery.next_attempt_at = delivery.created_at = now
        delivery.save(update_fields=["state", "attempts", "next_attempt_at", "created_at"])
    return delivery


def trim_deliveries(*, now: datetime) -> int:
    """Let go of deliveries past their retention; return how many."""
    old = Q(created_at__lt=now - KEPT_FOR)
    return Delivery.objects.filter(old).exclude(state=DeliveryState.WAITING).delete()[0]
