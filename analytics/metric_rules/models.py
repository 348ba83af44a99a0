"""A rule on one of the shop's numbers."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from alerts.choices import Severity
from analytics.metric_rules.choices import LEVELS, Comparison, Measure, Side, Span


class MetricRule(models.Model):
    """A number, what it is held against, and how bad it is when it lies on the wrong side.

    limit: money or a count for a threshold (a share for `suspicious_share`); a relative change
    such as 0.2 for `change`; a number of robust standard deviations for `anomaly`. Never negative.
    """

    name = models.CharField(max_length=100)
    measure = models.CharField(max_length=20, choices=Measure)
    span = models.CharField(max_length=3, choices=Span, default=Span.DAY)
    category = models.CharField(max_length=100, blank=True)
    store = models.CharField(max_length=40, blank=True)
    comparison = models.CharField(max_length=10, choices=Comparison)
    side = models.CharField(max_length=5, choices=Side)
    limit = models.DecimalField(max_digits=14, decimal_places=4)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.MEDIUM)
    enabled = models.BooleanField(default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The newest look: what was found, None when there was nothing to compare with.
    judged_at = models.DateTimeField(null=True, blank=True, editable=False)
    value = models.FloatField(null=True, blank=True, editable=False)
    reference = models.FloatField(null=True, blank=True, editable=False)
    fires = models.BooleanField(default=False, editable=False)

    class Meta:
        db_table = "metric_rules"
        constraints = [
            models.UniqueConstraint("name", name="metric_rules_name_unique"),
            models.CheckConstraint(condition=Q(limit__gte=0), name="metric_rules_limit_positive"),
            # A level has neither a past to compare with nor a part of the shop.
            models.CheckConstraint(
                condition=~Q(measure__in=sorted(LEVELS))
                | Q(comparison=Comparison.THRESHOLD, category="", store=""),
                name="metric_rules_levels_have_limits",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def dedupe_key(self) -> str:
        """The key of its alert."""
        dimensions = ",".join(part for part in (self.category, self.store) if part)
        return f"metric:{self.pk}:{dimensions}"
