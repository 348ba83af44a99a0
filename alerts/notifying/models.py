"""Where alerts are sent, what was sent, and what is silenced."""

import secrets
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from alerts.choices import AlertKind, Severity


class ChannelKind(models.TextChoices):
    """How a channel is reached."""

    MAIL = "mail", "Mail"
    WEBHOOK = "webhook", "Webhook"


class DeliveryState(models.TextChoices):
    """How far a delivery is."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Given up"


def new_secret() -> str:
    """Return a key to sign with, 256 bits."""
    return secrets.token_urlsafe(32)


_validate_web_address = URLValidator(
    schemes=["https"],
    message="Give a whole address that begins with https, such as https://example.com/hook.",
)
# Where the house's own machines may be reached they are by http, too.
_validate_any_web_address = URLValidator(
    schemes=["https", "http"], message="Give a whole address, such as https://example.com/hook."
)


class NotificationChannel(models.Model):
    """An address that alerts are sent to beside the people who asked for mail themselves."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=ChannelKind)
    address = models.CharField(max_length=300, help_text="An e-mail address, or an https address.")
    # Signs what a webhook gets.
    secret = models.CharField(max_length=80, default=new_secret)
    severity_from = models.CharField(max_length=10, choices=Severity, default=Severity.HIGH)
    kinds = ArrayField(
        models.CharField(max_length=40, choices=AlertKind),
        default=list,
        blank=True,
        help_text="Types of alerts; empty for all.",
    )
    is_escalation = models.BooleanField(
        "only when nobody acknowledges",
        default=False,
        help_text="Critical alerts after 15 minutes, high ones after 60, no others.",
    )
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Counts changes: who changes a channel says which one was read.
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        db_table = "notification_channels"

    def __str__(self) -> str:
        return self.name

    @property
    def recipient(self) -> str:
        """What deliveries to it are noted under."""
        return f"channel:{self.pk}"

    def clean(self) -> None:
        """Refuse an address that does not fit the way it is reached."""
        try:
            _validator(self.kind)(self.address)
        except ValidationError as error:
            raise ValidationError({"address": error.messages}) from error


def _validator(kind: str) -> Callable[[str], None]:
    if kind == ChannelKind.MAIL:
        return validate_email
    return _validate_any_web_address if settings.WEBHOOK_PRIVATE_HOSTS else _validate_web_address


class Delivery(models.Model):
    """One message about one or more alerts of a kind. Its id is the same in every try.

    recipient: "channel:3" or "person:7". group: the kind of the alerts. episodes: which alerts,
    each with the number of times it had come back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(
        NotificationChannel, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    recipient = models.CharField(max_length=40)
    group = models.CharField(max_length=40)
    episodes = ArrayField(models.CharField(max_length=40))
    payload = models.JSONField()
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "deliveries"
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__isnull=False, person=None)
                | Q(channel=None, person__isnull=False),
                name="deliveries_one_recipient",
            ),
        ]
        indexes = [
            # What is due, longest first.
            models.Index(
                fields=["next_attempt_at"],
                name="idx_deliveries_due",
                condition=Q(state=DeliveryState.WAITING),
            ),
            # What each recipient was told last of each kind.
            models.Index(
                fields=["recipient", "group", "-created_at"], name="idx_deliveries_latest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} to {self.recipient}"


class Silence(models.Model):
    """Alerts that are not sent for a while. They stay on the pages.

    kind: "" for all types. subject_kind, subject_id: of one product, sale or other row; "" for any.
    """

    kind = models.CharField(max_length=40, choices=AlertKind, blank=True)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "silences"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="silences_end_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind or 'all alerts'}, {self.reason}"
