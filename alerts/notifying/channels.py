"""Everything that people do to channels. One transaction each, with an audit entry.

The signing secret of a webhook stands in no audit entry and in no answer but the one that made it.
"""

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from alerts.notifying.models import (
    ChannelKind,
    Delivery,
    DeliveryState,
    NotificationChannel,
    new_secret,
)
from alerts.notifying.sending import reason
from alerts.notifying.services import send_once
from techmart.core.audit import record_audit
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal

# How a channel is reached stays as it was made: another way is another channel.
CHANGEABLE: Final = ("name", "address", "severity_from", "kinds", "is_escalation")
# The group of test messages; no type of alert has this name.
TEST: Final = "test"
# A test is sent while a person waits, and its receiver did not ask for it.
TEST_EVERY: Final = timedelta(seconds=10)
_INTERRUPTED = "The test was interrupted."


class ChannelRefused(Refusal):
    """The channel's name is taken, or its address is none."""


class StaleChannel(Refusal):
    """Somebody changed the channel since it was read."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody changed this channel since you opened it. Reload to see it as it is now.",
            code="stale",
            status=409,
        )


class TestTooSoon(Refusal):
    """The channel was tested a moment ago."""

    # Not a test case, whatever pytest makes of the name.
    __test__ = False

    def __init__(self) -> None:
        seconds = int(TEST_EVERY.total_seconds())
        super().__init__(
            f"This channel was tested less than {seconds} seconds ago. Wait a moment.",
            code="too_soon",
            status=429,
        )


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of a test message. error: "" when it was accepted. seconds: until the answer."""

    __test__ = False

    delivery: Delivery
    seconds: float

    @property
    def error(self) -> str:
        """What the receiver, or the way to it, had against the message."""
        return self.delivery.error


@transaction.atomic
def create_channel(
    *, kind: ChannelKind, fields: Mapping[str, Any], actor: User, now: datetime
) -> NotificationChannel:
    """Make a channel that is on; `secret` of the answer is its signing secret.

    fields: CHANGEABLE. Raises ChannelRefused.
    """
    channel = NotificationChannel(
        kind=kind, created_at=now, **{name: fields[name] for name in CHANGEABLE}
    )
    _save(channel)
    record_audit(
        action="notification_channel.create",
        subject_kind="notification_channel",
        subject_id=channel.pk,
        now=now,
        actor=actor,
        after=_state(channel),
    )
    return channel


@transaction.atomic
def change_channel(
    *, channel_id: int, fields: Mapping[str, Any], version: int, actor: User, now: datetime
) -> NotificationChannel:
    """Change a channel that still has `version`.

    Raises StaleChannel, ChannelRefused, NotificationChannel.DoesNotExist.
    """
    channel = _locked(channel_id, version)
    before = _state(channel)
    for name in CHANGEABLE:
        setattr(channel, name, fields[name])
    channel.version += 1
    _save(channel)
    _audit("change", channel, before=before, actor=actor, now=now)
    return channel


@transaction.atomic
def switch_channel(
    *, channel_id: int, active: bool, version: int, actor: User, now: datetime
) -> NotificationChannel:
    """Turn a channel on or off; what waits to be sent is sent still.

    Raises StaleChannel, NotificationChannel.DoesNotExist.
    """
    channel = _locked(channel_id, version)
    before = _state(channel)
    channel.active = active
    channel.version += 1
    channel.save(update_fields=["active", "version"])
    _audit("switch", channel, before=before, actor=actor, now=now)
    return channel


@transaction.atomic
def renew_secret(
    *, channel_id: int, version: int, actor: User, now: datetime
) -> NotificationChannel:
    """Give a webhook another signing secret, in force with the next message.

    Raises StaleChannel, ChannelRefused, NotificationChannel.DoesNotExist.
    """
    channel = _locked(channel_id, version)
    if channel.kind != ChannelKind.WEBHOOK:
        raise ChannelRefused("Only a webhook is signed.", code="unsigned")
    channel.secret = new_secret()
    channel.version += 1
    channel.save(update_fields=["secret", "version"])
    _audit("renew_secret", channel, before=_state(channel), actor=actor, now=now)
    return channel


def send_test(*, channel_id: int, actor: User, now: datetime) -> TestResult:
    """Send a message that says it is a test, at once and once, whether or not the channel is on.

    What became of it stands among the channel's deliveries.
    Raises TestTooSoon, NotificationChannel.DoesNotExist.
    """
    delivery = _noted_test(channel_id, actor, now)
    begin = time.monotonic()
    try:
        send_once(delivery, now)
    except Exception as error:
        # Whatever went wrong is the result.
        delivery.error = reason(error)
    else:
        delivery.state, delivery.sent_at, delivery.error = DeliveryState.SENT, now, ""
    delivery.save(update_fields=["state", "sent_at", "error"])
    return TestResult(delivery, time.monotonic() - begin)


@transaction.atomic
def _noted_test(channel_id: int, actor: User, now: datetime) -> Delivery:
    """Note the test before it is sent, as one that failed: nothing else is to try it again."""
    channel = NotificationChannel.objects.select_for_update().get(pk=channel_id)
    newest = last_deliveries([channel.pk]).get(channel.pk, {}).get(TEST)
    if newest is not None and now - newest.created_at < TEST_EVERY:
        raise TestTooSoon
    _audit("test", channel, before=_state(channel), actor=actor, now=now)
    return Delivery.objects.create(
        id=uuid.uuid4(),
        channel=channel,
        recipient=channel.recipient,
        group=TEST,
        episodes=[],
        payload={
            "kind": TEST,
            "title": f"Test message to {channel.name}",
            "count": 0,
            "more": 0,
            "alerts": [],
        },
        state=DeliveryState.FAILED,
        error=_INTERRUPTED,
        attempts=1,
        next_attempt_at=now,
        created_at=now,
    )


def last_deliveries(channel_ids: Collection[int]) -> dict[int, dict[str, Delivery]]:
    """Return the newest message of each group to each channel; served by idx_deliveries_latest."""
    newest = (
        Delivery.objects.filter(recipient__in=[f"channel:{key}" for key in channel_ids])
        .order_by("recipient", "group", "-created_at")
        .distinct("recipient", "group")
    )
    found: dict[int, dict[str, Delivery]] = {}
    for delivery in newest:
        if delivery.channel_id is not None:
            found.setdefault(delivery.channel_id, {})[delivery.group] = delivery
    return found


def _save(channel: NotificationChannel) -> None:
    try:
        channel.clean()
    except ValidationError as error:
        errors = [
            FieldError(field, "invalid", message)
            for field, messages in error.message_dict.items()
            for message in messages
        ]
        raise ChannelRefused(errors[0].message, code="invalid", errors=errors) from error
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as error:
        if "notification_channels_name" not in str(error):
            raise
        message = f"There is a channel named {channel.name} already."
        raise ChannelRefused(
            message, code="taken", errors=[FieldError("name", "taken", message)]
        ) from error


def _locked(channel_id: int, version: int) -> NotificationChannel:
    channel = NotificationChannel.objects.select_for_update().get(pk=channel_id)
    if channel.version != version:
        raise StaleChannel
    return channel


def _state(channel: NotificationChannel) -> dict[str, Any]:
    return {name: getattr(channel, name) for name in ("kind", *CHANGEABLE, "active")}


def _audit(
    act: str,
    channel: NotificationChannel,
    *,
    before: Mapping[str, Any],
    actor: User,
    now: datetime,
) -> None:
    record_audit(
        action=f"notification_channel.{act}",
        subject_kind="notification_channel",
        subject_id=channel.pk,
        now=now,
        actor=actor,
        before=before,
        after=_state(channel),
    )
