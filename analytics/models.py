"""Purchase patterns, rollups and their notes, refresh runs and the materialized views."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from analytics.choices import LoyaltyTier, NoteKind, RefreshStatus, Segment, View
from analytics.metric_rules.models import MetricRule
from inventory.choices import StockState
from transactions.models import Customer

__all__ = [
    "CategoryDaily",
    "CategoryDailySales",
    "CustomerPurchasePattern",
    "CustomerSegments",
    "CustomerStats",
    "DashboardOverview",
    "HourlySales",
    "InventoryHealth",
    "LevelReading",
    "MetricRule",
    "RefreshRun",
    "RepeatModelFit",
    "RollupNote",
    "RollupState",
    "SalesHourly",
    "TopProduct",
]


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
    # For the repeat model, of the 365 days: days with an order after the first one, days from the
    # first to the last of them and from the first to `as_of`, mean net sales of a repeat day.
    repeat_days = models.PositiveIntegerField(default=0)
    repeat_span_days = models.PositiveIntegerField(default=0)
    observed_days = models.PositiveIntegerField(default=0)
    repeat_value = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    # What the repeat model says; empty while there are too few repeat customers to fit it.
    p_alive = models.FloatField("chance of ordering again at all", null=True)
    expected_orders_90d = models.FloatField("expected order days, 90 days", null=True)
    expected_order_value = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    expected_value_90d = models.DecimalField(
        "expected net sales, 90 days", max_digits=14, decimal_places=2, null=True
    )

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
            # Customers who are expected to spend most.
            models.Index(
                fields=["-expected_value_90d", "id"],
                name="idx_patterns_expected",
                condition=Q(expected_value_90d__isnull=False),
            ),
            # All customers, most valuable first.
            models.Index(fields=["-net_sales", "id"], name="idx_patterns_net"),
            # Customers of one cohort.
            models.Index(fields=["cohort_month", "id"], name="idx_patterns_cohort"),
        ]

    def __str__(self) -> str:
        return f"customer {self.customer_id}: {self.segment}"


class RepeatModelFit(models.Model):
    """The repeat model that stands in the patterns: one row. See analytics.lifetime."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    as_of = models.DateTimeField()
    customers = models.PositiveIntegerField()
    repeat_customers = models.PositiveIntegerField()
    # BG/NBD in weeks; empty while too few customers came back.
    r = models.FloatField(null=True)
    alpha = models.FloatField(null=True)
    a = models.FloatField(null=True)
    b = models.FloatField(null=True)
    # Gamma–gamma in the shop's currency.
    p = models.FloatField(null=True)
    q = models.FloatField(null=True)
    v = models.FloatField(null=True)
    # Between repeat days and their mean value, −1 to 1; the model of values assumes 0.
    correlation = models.FloatField(null=True)

    class Meta:
        db_table = "repeat_model_fits"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="repeat_model_fits_one_row"),
        ]

    def __str__(self) -> str:
        return f"fitted {self.as_of:%Y-%m-%d %H:%M} to {self.customers} customers"


class CohortMonth(models.Model):
    """Customers of one cohort who ordered in one month. Counted by the pattern job.

    Cohort: month of the first completed order ever. Its size is its row of that very month.
    """

    pk = models.CompositePrimaryKey("cohort_month", "month")
    cohort_month = models.DateField()
    month = models.DateField()
    customers = models.PositiveIntegerField()

    class Meta:
        db_table = "cohort_months"

    def __str__(self) -> str:
        return f"{self.cohort_month:%Y-%m} in {self.month:%Y-%m}"


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

    HOUR uses hour and label (channel); PRODUCT_DAY day and subject_id; PRODUCT_MOVED subject_id
    and label (the category it left); CUSTOMER subject_id.
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


class LevelReading(models.Model):
    """What waited and what was short at the end of one hour: numbers that no row keeps.

    The newest row is overwritten until its hour is over.
    """

    hour = models.DateTimeField(primary_key=True)
    held = models.PositiveIntegerField()
    held_amount = models.DecimalField(max_digits=16, decimal_places=2)
    low = models.PositiveIntegerField()
    out = models.PositiveIntegerField()

    class Meta:
        db_table = "level_readings"

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.held} held, {self.low} low"


class RefreshRun(models.Model):
    """One refresh of one view."""

    view = models.CharField(max_length=40, choices=View)
    status = models.CharField(max_length=8, choices=RefreshStatus, default=RefreshStatus.RUNNING)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Every change committed before this moment is in the view.
    as_of = models.DateTimeField(null=True, blank=True)
    # Version of the rollups it was made from: while theirs is the same, the view is current.
    rollup_version = models.BigIntegerField(default=0)
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


class DashboardOverview(models.Model):
    """One row: the last 24 hours and the 24 before. View: dashboard_overview_mv.

    Windows are half-open and end at `as_of`, or 24 hours before it.
    """

    id = models.SmallIntegerField(primary_key=True)
    as_of = models.DateTimeField()
    sales_24h = models.DecimalField("net sales", max_digits=18, decimal_places=2)
    gross_24h = models.DecimalField(max_digits=18, decimal_places=2)
    refunds_24h = models.DecimalField(max_digits=18, decimal_places=2)
    transactions_24h = models.BigIntegerField("completed lines")
    orders_24h = models.BigIntegerField()
    active_customers_24h = models.BigIntegerField()
    # Gross over orders; NULL without orders.
    average_order_24h = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    suspicious_24h = models.BigIntegerField()
    low_stock = models.BigIntegerField()
    out_of_stock = models.BigIntegerField()
    previous_sales = models.DecimalField(max_digits=18, decimal_places=2)
    previous_gross = models.DecimalField(max_digits=18, decimal_places=2)
    previous_refunds = models.DecimalField(max_digits=18, decimal_places=2)
    previous_transactions = models.BigIntegerField()
    previous_orders = models.BigIntegerField()
    previous_active_customers = models.BigIntegerField()
    previous_average_order = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    previous_suspicious = models.BigIntegerField()
    # As read a day before; NULL when no reading was taken then.
    previous_low_stock = models.IntegerField(null=True)
    previous_out_of_stock = models.IntegerField(null=True)

    class Meta:
        managed = False
        db_table = "dashboard_overview_mv"

    def __str__(self) -> str:
        return f"24 h to {self.as_of:%Y-%m-%d %H:%M:%S}"


class HourlySales(models.Model):
    """One row per hour with a sale or an adjustment, last 35 days. View: hourly_sales_mv."""

    hour = models.DateTimeField(primary_key=True)
    # The hour in the shop's time zone, which is named; the hour repeated in autumn has two rows.
    shop_day = models.DateField()
    shop_hour = models.SmallIntegerField()
    time_zone = models.TextField()
    lines = models.BigIntegerField()
    orders = models.BigIntegerField()
    units = models.BigIntegerField()
    units_returned = models.BigIntegerField()
    gross = models.DecimalField(max_digits=18, decimal_places=2)
    refunds = models.DecimalField(max_digits=18, decimal_places=2)
    net = models.DecimalField(max_digits=18, decimal_places=2)

    class Meta:
        managed = False
        db_table = "hourly_sales_mv"

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}"


class TopProduct(models.Model):
    """One row per window and product among the 200 with most revenue. View: top_products_mv."""

    pk = models.CompositePrimaryKey("window", "product_id")
    window = models.SmallIntegerField()
    product_id = models.BigIntegerField()
    # 1 has most gross revenue.
    rank = models.BigIntegerField()
    units = models.BigIntegerField()
    units_returned = models.BigIntegerField()
    orders = models.BigIntegerField()
    gross = models.DecimalField(max_digits=18, decimal_places=2)
    refunds = models.DecimalField(max_digits=18, decimal_places=2)
    net = models.DecimalField(max_digits=18, decimal_places=2)
    margin = models.DecimalField(max_digits=20, decimal_places=4)

    class Meta:
        managed = False
        db_table = "top_products_mv"

    def __str__(self) -> str:
        return f"{self.rank} over {self.window}"


class CategoryDailySales(models.Model):
    """One row per shop day and category with a sale or an adjustment, last 400 days.

    View: category_daily_sales_mv.
    """

    pk = models.CompositePrimaryKey("day", "category")
    day = models.DateField()
    category = models.CharField(max_length=100)
    lines = models.IntegerField()
    orders = models.IntegerField()
    units = models.IntegerField()
    units_returned = models.IntegerField()
    gross = models.DecimalField(max_digits=16, decimal_places=2)
    refunds = models.DecimalField(max_digits=16, decimal_places=2)
    net = models.DecimalField(max_digits=16, decimal_places=2)
    margin = models.DecimalField(max_digits=18, decimal_places=4)
    # Refunds over gross, 0 to 1 and above when older sales went back; NULL without sales.
    refund_rate = models.FloatField(null=True)

    class Meta:
        managed = False
        db_table = "category_daily_sales_mv"

    def __str__(self) -> str:
        return f"{self.day} {self.category}"


class InventoryHealth(models.Model):
    """One row per category, stock state and ABC class with a product. View: inventory_health_mv."""

    pk = models.CompositePrimaryKey("category", "state", "abc_class")
    category = models.CharField(max_length=100)
    state = models.CharField(max_length=4, choices=StockState)
    abc_class = models.CharField(max_length=1)
    products = models.BigIntegerField()
    units = models.BigIntegerField()
    # Stock at unit cost.
    value = models.DecimalField(max_digits=20, decimal_places=4)
    lost_revenue_a_day = models.DecimalField(max_digits=20, decimal_places=2)

    class Meta:
        managed = False
        db_table = "inventory_health_mv"

    def __str__(self) -> str:
        return f"{self.category} {self.state} {self.abc_class}"


class CustomerSegments(models.Model):
    """One row per segment and cohort month with a customer. View: customer_segments_mv."""

    pk = models.CompositePrimaryKey("segment", "cohort_month")
    segment = models.CharField(max_length=16, choices=Segment)
    cohort_month = models.DateField()
    customers = models.BigIntegerField()
    orders = models.BigIntegerField()
    net_sales = models.DecimalField(max_digits=18, decimal_places=2)
    # Share of customers with two or more orders in the pattern's 365 days.
    repeat_rate = models.FloatField()

    class Meta:
        managed = False
        db_table = "customer_segments_mv"

    def __str__(self) -> str:
        return f"{self.segment} {self.cohort_month:%Y-%m}"
