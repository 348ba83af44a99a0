"""When which list goes to whom, and what became of each sending."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from techmart.lib.export import Format


class Frequency(models.TextChoices):
    """How often a report is due."""

    DAILY = "daily", "Every day"
    WEEKLY = "weekly", "Every week"
    MONTHLY = "monthly", "Every month"


WEEKDAYS = (
    (0, "Monday"),
    (1, "Tuesday"),
    (2, "Wednesday"),
    (3, "Thursday"),
    (4, "Friday"),
    (5, "Saturday"),
    (6, "Sunday"),
)


class ReportSchedule(models.Model):
    """A list's view that is sent at a time of the shop's clock.

    It is made with its owner's eyes: what the owner may not see is not sent.
    day_of_month: 29 and more is the last day of shorter months.
    """

    name = models.CharField(max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    list_key = models.CharField(max_length=40)
    query = models.JSONField(default=dict, blank=True)
    format = models.CharField(max_length=4, choices=[(kind.value, kind.name) for kind in Format])
    recipients = ArrayField(models.EmailField(), size=20)
    frequency = models.CharField(max_length=8, choices=Frequency)
    weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS, default=0)
    day_of_month = models.PositiveSmallIntegerField(default=1)
    at = models.TimeField()
    enabled = models.BooleanField(default=True)
    next_due_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "report_schedules"
        constraints = [
            models.UniqueConstraint("name", name="report_schedules_name_unique"),
            models.CheckConstraint(
                condition=Q(day_of_month__gte=1) & Q(day_of_month__lte=31) & Q(weekday__lte=6),
                name="report_schedules_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryStatus(models.TextChoices):
    """What became of one sending."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


class ReportDelivery(models.Model):
    """One sending of a report. due_at: one a schedule and due time; again: asked for by a person.

    message_id: the same in every try, so that a mail server can tell a repeat.
    """

    schedule = models.ForeignKey(
        ReportSchedule, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    due_at = models.DateTimeField()
    again = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=8, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(null=True)
    recipients = ArrayField(models.EmailField())
    message_id = models.CharField(max_length=120)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "report_deliveries"
        constraints = [
            # Serves the log of one schedule as well.
            models.UniqueConstraint(
                F("schedule"), F("due_at").desc(), F("again"), name="report_deliveries_once"
            ),
        ]
        indexes = [
            # What is due to be sent.
            models.Index(
                fields=["next_try_at"],
                name="idx_report_deliveries_due",
                condition=Q(status="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} due {self.due_at:%Y-%m-%d %H:%M}"
