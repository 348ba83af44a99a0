"""Policy replays and what they came to."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory.choices import AbcClass, ReplayStatus
from inventory.models.suppliers import Supplier


class ReplayRun(models.Model):
    """One comparison of ordering policies over the shop's own past, with its progress.

    The products are fixed when it is asked for, so that a run taken up again goes on with the
    same ones.
    """

    # What the products were chosen by; all of the range when all are empty.
    category = models.CharField(max_length=100, blank=True)
    abc_class = models.CharField(max_length=1, choices=AbcClass, blank=True)
    supplier = models.ForeignKey(
        Supplier,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    named_products = models.BooleanField("products named one by one", default=False)
    product_ids = ArrayField(models.BigIntegerField())
    first_day = models.DateField()
    last_day = models.DateField()
    # As inventory.replay.specs writes them, what the shop did first.
    policies = models.JSONField()
    seed = models.PositiveIntegerField(default=1)
    draws = models.PositiveSmallIntegerField(default=5)
    backorder_share = models.FloatField(default=0.0)
    status = models.CharField(max_length=10, choices=ReplayStatus, default=ReplayStatus.QUEUED)
    # Days replayed of days times policies.
    days_done = models.PositiveIntegerField(default=0)
    days_total = models.PositiveIntegerField()
    # Policies that are done, while others are not; empty before and after.
    courses = models.JSONField(default=list, blank=True)
    # See inventory.replay_runs.results; empty until done.
    results = models.JSONField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "replay_runs"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ReplayStatus.values), name="replay_runs_status"
            ),
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")), name="replay_runs_days_ordered"
            ),
            models.CheckConstraint(
                condition=Q(backorder_share__gte=0) & Q(backorder_share__lte=1),
                name="replay_runs_backorder_share",
            ),
        ]
        indexes = [
            # How many replays a person asked for lately, and which are unfinished.
            models.Index(fields=["requested_by", "-requested_at"], name="idx_replay_runs_person"),
        ]

    def __str__(self) -> str:
        return f"Replay {self.pk}, {self.first_day} to {self.last_day}"

    @property
    def progress(self) -> float:
        """Share that is done, 0 to 1."""
        return self.days_done / self.days_total if self.days_total else 0.0
