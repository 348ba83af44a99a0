"""Background work of analytics. Each is safe to run twice, late, or next to itself."""

from celery import current_app, shared_task
from django.utils import timezone

from analytics import audit, drift, levels, patterns, refresh, rollups, sales_drop
from analytics.choices import View
from analytics.metric_rules.evaluation import evaluate_metric_rules as look_at_metric_rules


@shared_task(name="analytics.fold_dirty_buckets", expires=4)
def fold_dirty_buckets() -> None:
    """Fold what has committed, refresh what must follow at once, queue what may wait."""
    now = timezone.now()
    result = rollups.fold(now=now, wait=False)
    refresh.refresh_after_fold(result, now=now)
    # In a job of its own: the next fold is two seconds away.
    if refresh.views_due_after_changes(now=now):
        current_app.send_task("analytics.refresh_due_views", expires=30)


@shared_task(name="analytics.refresh_due_views", expires=30)
def refresh_due_views() -> None:
    """Refresh views that lack a change and have waited long enough."""
    refresh.refresh_due_views(now=timezone.now())


@shared_task(name="analytics.refresh_one_view", expires=60)
def refresh_one_view(*, view: str, triggered_by: str) -> None:
    """Refresh a view that a person asked for."""
    refresh.refresh_view(View(view), now=timezone.now(), triggered_by=triggered_by)


@shared_task(name="analytics.refresh_dashboard_views", expires=60)
def refresh_dashboard_views() -> None:
    """Read the levels, then refresh the view of the last 24 hours."""
    now = timezone.now()
    levels.record_levels(now=now)
    refresh.refresh_view(View.DASHBOARD_OVERVIEW, now=now)


@shared_task(name="analytics.refresh_hourly_sales", expires=300)
def refresh_hourly_sales() -> None:
    """Refresh sales by hour."""
    refresh.refresh_view(View.HOURLY_SALES, now=timezone.now())


@shared_task(name="analytics.refresh_category_sales", expires=900)
def refresh_category_sales() -> None:
    """Refresh sales by day and category."""
    refresh.refresh_view(View.CATEGORY_DAILY, now=timezone.now())


@shared_task(name="analytics.refresh_inventory_health", expires=600)
def refresh_inventory_health() -> None:
    """Refresh stock by category, state and class."""
    refresh.refresh_view(View.INVENTORY_HEALTH, now=timezone.now())


@shared_task(name="analytics.refresh_customer_segments", expires=3600)
def refresh_customer_segments() -> None:
    """Refresh customers by segment and cohort."""
    refresh.refresh_view(View.CUSTOMER_SEGMENTS, now=timezone.now())


@shared_task(name="analytics.refresh_top_products", expires=1800)
def refresh_top_products() -> None:
    """Refresh the products with most revenue."""
    refresh.refresh_view(View.TOP_PRODUCTS, now=timezone.now())


@shared_task(name="analytics.analyze_customer_patterns", expires=3600)
def analyze_customer_patterns() -> None:
    """Describe and score all customers, then sum them up by segment."""
    now = timezone.now()
    patterns.analyze_customer_patterns(now=now)
    refresh.refresh_view(View.CUSTOMER_SEGMENTS, now=now)


@shared_task(name="analytics.slide_windows", expires=3600)
def slide_windows() -> None:
    """Let the windows of totals end with the day that began."""
    rollups.slide_windows(now=timezone.now())


@shared_task(name="analytics.audit_rollups", expires=6 * 3600)
def audit_rollups() -> None:
    """Compare tonight's twentieth of all buckets with the sales; repair and report."""
    now = timezone.now()
    sample = audit.Sample.of_night(timezone.localtime(now).date())
    found = audit.audit_rollups(now=now, sample=sample, repair=True)
    drift.report_drift(found, now=now)


@shared_task(name="analytics.evaluate_view_ages", expires=60)
def evaluate_view_ages() -> None:
    """Raise an alert for each view that is later than promised."""
    drift.report_late_views(now=timezone.now())


@shared_task(name="analytics.evaluate_metric_rules", expires=60)
def evaluate_metric_rules() -> None:
    """Raise and end the alerts of rules that people set on numbers."""
    look_at_metric_rules(now=timezone.now())


@shared_task(name="analytics.report_sales_drops", expires=3600)
def report_sales_drops() -> None:
    """Hold the two newest whole hours against the same hours of earlier weeks."""
    sales_drop.report_sales_drops(now=timezone.now())


@shared_task(name="analytics.purge_old_runs", expires=6 * 3600)
def purge_old_runs() -> None:
    """Remove refresh runs and readings past their retention."""
    now = timezone.now()
    refresh.purge_old_runs(now=now)
    levels.purge_old_readings(now=now)
