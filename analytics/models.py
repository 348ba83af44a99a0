"""Purchase patterns, rollups and their notes, refresh runs and the materialized views."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from analytics.choices import LoyaltyTier, NoteKind, RefreshStatus, Segment, View
from transactions.models import Customer


class CustomerPurchasePattern(models.Model):
    """How one customer buys, over 365 days up to `as_of`. One row a customer with an order."""

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="pattern")
    as_of = models.DateTimeField()
    # R in whole days since the last order, F in orders, M in net sales after refunds.
    recency_days = models.PositiveIntegerField()
    orders = models.PositiveIntegerField()
    net_sales = models.DecimalField(max_digits=16, decimal_places=2)
    average_amount = models.DecimalField(max_digits=14, decimal_places=2)
    # Orders per 30 days.
    frequency = models.FloatField()
    # Of ln(1 + order value).
    log_value_sd = models.FloatField()
    log_value_median = models.FloatField()
    log_value_mad = models.FloatField()
    # Orders by shop hour (24) and by ISO weekday (7, Monday first).
    hour_counts = ArrayField(models.IntegerField(), size=24)
    weekday_counts = ArrayField(models.IntegerField(), size=7)
    top_categories = models.JSONField(default=list)
    r_score = models.PositiveSmallIntegerField()
    f_score = models.PositiveSmallIntegerField()
    m_score = models.PositiveSmallIntegerField()
    segment = models.CharField(max_length=16, choices=Segment)
    # 0 to 100; the tier falls only 5 points below its edge.
    loyalty = models.FloatField()
    tier = models.CharField(max_length=10, choices=LoyaltyTier)
    first_order_at = models.DateTimeField()
    last_order_at = models.DateTimeField()
    # Month of the first completed order ever, its first day.
    cohort_month = models.DateField()

    class Meta:
        db_table = "customer_purchase_patterns"
        constraints = [
            models.CheckConstraint(
                condition=Q(loyalty__gte=0) & Q(loyalty__lte=100), name="patterns_loyalty_range"
            ),
            models.CheckConstraint(
                condition=Q(r_score__range=(1, 5))
                & Q(f_score__range=(1, 5))
                & Q(m_score__range=(1, 5)),
                name="patterns_scores_range",
            ),
        ]
        indexes = [
            # Customers of one segment, most valuable first.
            models.Index(fields=["segment", "-net_sales", "id"], name="idx_patterns_segment"),
            # Customers of one cohort.
            models.Index(fields=["cohort_month", "id"], name="idx_patterns_cohort"),
        ]

    def __str__(self) -> str:
        return f"customer {self.customer_id}: {self.segment}"


class SalesHourly(models.Model):
    """One row per hour and channel with a sale or an adjustment."""

    pk = models.CompositePrimaryKey("hour", "channel")
    hour = models.DateTimeField()
    channel = models.CharField(max_length=12)
    lines = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    units_returned = models.IntegerField(default=0)
    gross = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    refunds = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    cost = models.DecimalField(max_digits=18, decimal_places=4, default=Decimal("0"))

    class Meta:
        db_table = "sales_hourly"

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.channel}"


class CategoryDaily(models.Model):
    """One row per shop day and category with a sale or an adjustment."""

    pk = models.CompositePrimaryKey("day", "category")
    day = models.DateField()
    category = models.CharField(max_length=100)
    lines = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    units_returned = models.IntegerField(default=0)
    gross = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    refunds = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    cost = models.DecimalField(max_digits=18, decimal_places=4, default=Decimal("0"))

    class Meta:
        db_table = "category_daily"

    def __str__(self) -> str:
        return f"{self.day} {self.category}"


class CustomerStats(models.Model):
    """One row per customer with a completed line, over the whole history."""

    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.PROTECT, related_name="stats"
    )
    lines = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    gross = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    refunds = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal("0"))
    first_order_at = models.DateTimeField(null=True)
    last_order_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "customer_stats"
        indexes = [
            # Customers who came back or stayed away, newest purchase first.
            models.Index(fields=["-last_order_at", "customer"], name="idx_customer_stats_last"),
        ]

    def __str__(self) -> str:
        return f"customer {self.customer_id}"


class RollupNote(models.Model):
    """A bucket touched by a committed change, waiting for the fold. Written by triggers only.

    HOUR uses hour and label (channel); PRODUCT_DAY day and subject_id; CATEGORY_DAY day and
    label (category); CUSTOMER subject_id.
    """

    kind = models.SmallIntegerField(choices=NoteKind)
    hour = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    subject_id = models.BigIntegerField(null=True)
    label = models.CharField(max_length=100, null=True)
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "rollup_notes"

    def __str__(self) -> str:
        return f"{self.kind} {self.day or self.hour} {self.subject_id or self.label}"


class RollupState(models.Model):
    """How far the rollups are: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    # Every change committed before this moment is in the rollups.
    folded_through = models.DateTimeField()
    # The shop day that the windows of product totals end with.
    window_day = models.DateField()
    # Grows with each fold that changed something: the data version of pages and ETags.
    version = models.BigIntegerField(default=0)

    class Meta:
        db_table = "rollup_state"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="rollup_state_one_row"),
        ]

    def __str__(self) -> str:
        return f"folded through {self.folded_through:%Y-%m-%d %H:%M:%S}"


class RefreshRun(models.Model):
    """One refresh of one view."""

    view = models.CharField(max_length=40, choices=View)
    status = models.CharField(max_length=8, choices=RefreshStatus, default=RefreshStatus.RUNNING)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Every change folded before this moment is in the view.
    as_of = models.DateTimeField(null=True, blank=True)
    concurrently = models.BooleanField(default=True)
    # "schedule", "change", or the person who asked.
    triggered_by = models.CharField(max_length=160, default="schedule")
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "refresh_runs"
        indexes = [
            # Age of each view: its newest finished refresh.
            models.Index(
                fields=["view", "-finished_at"],
                name="idx_refresh_runs_done",
                condition=Q(status=RefreshStatus.DONE),
            ),
            # Runs of the health page, and removal of old ones.
            models.Index(fields=["-started_at"], name="idx_refresh_runs_started"),
        ]

    def __str__(self) -> str:
        return f"{self.view} {self.status}"
