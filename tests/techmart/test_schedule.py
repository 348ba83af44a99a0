"""Every periodic job: how often it is due, and that it exists."""

from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from django.core.management import call_command
from django_celery_beat.models import PeriodicTask

from techmart.celery import app
from techmart.schedule import SCHEDULE, At, Entry, Every

ZONE = ZoneInfo("America/New_York")
DAY_SECONDS = 24 * 3600

# The promise: due times in a day of 24 hours.
DUE_A_DAY = {
    "analytics.fold_dirty_buckets": DAY_SECONDS // 2,
    "analytics.refresh_dashboard_views": 1440,
    "analytics.refresh_hourly_sales": 288,
    "analytics.refresh_category_sales": 96,
    "analytics.refresh_inventory_health": 144,
    "analytics.refresh_top_products": 48,
    "analytics.analyze_customer_patterns": 6,
    "analytics.refresh_customer_segments": 6,
    "analytics.slide_windows": 1,
    "analytics.audit_rollups": 1,
    "analytics.evaluate_view_ages": 1440,
    "analytics.evaluate_metric_rules": 1440,
    "analytics.report_sales_drops": 24,
    "analytics.purge_old_runs": 1,
    "inventory.update_inventory_predictions": 4,
    "inventory.generate_reorder_suggestions": 2,
    "inventory.score_forecasts": 1,
    "inventory.reconcile_ledger": 24,
    "inventory.review_suppliers": 24,
    "transactions.expire_pending_sales": 1440,
    "transactions.report_bursts": 1440,
    "transactions.apply_due_decisions": DAY_SECONDS // 2,
    "transactions.refresh_fraud_statistics": 1,
    "transactions.refit_fraud_model": 1,
    "transactions.check_fraud_model": 144,
    "transactions.rebuild_device_facts": 1,
    "alerts.sequence_events": DAY_SECONDS // 2,
    "alerts.sweep_alerts": 1440,
    "alerts.evaluate_ops_alerts": 1440,
    "alerts.notify": DAY_SECONDS // 15,
    "alerts.trim_events": 1,
    "alerts.heartbeat": DAY_SECONDS // 30,
    "core.deliver_outbox": DAY_SECONDS // 10,
    "core.send_reports": 1440,
    "core.clear_exports": 24,
    "core.purge_outbox": 1,
}

by_name = pytest.mark.parametrize("entry", SCHEDULE, ids=lambda entry: entry.name)


def due_times(entry: Entry, day: date) -> int:
    """Count the due times of a shop day, minute by minute of real time."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE)
    seconds = int(end.timestamp() - start.timestamp())
    if isinstance(entry.when, Every):
        return seconds // entry.when.seconds
    # celery-types leaves out the sets of minutes and hours that a crontab holds.
    schedule: Any = crontab(minute=entry.when.minute, hour=entry.when.hour)
    clock = (
        datetime.fromtimestamp(start.timestamp() + minute * 60, ZONE)
        for minute in range(seconds // 60)
    )
    return sum(at.minute in schedule.minute and at.hour in schedule.hour for at in clock)


@by_name
def test_due_times_of_a_day(entry: Entry) -> None:
    assert due_times(entry, date(2026, 11, 24)) == DUE_A_DAY[entry.task]


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)], ids=["23 h", "25 h"])
@by_name
def test_rare_jobs_are_due_as_often_when_clocks_change(entry: Entry, day: date) -> None:
    promised = DUE_A_DAY[entry.task]
    if promised < 24:
        assert due_times(entry, day) == promised


@by_name
def test_each_task_exists(entry: Entry) -> None:
    app.loader.import_default_modules()

    assert entry.task in app.tasks


def test_names_are_unique() -> None:
    assert len({entry.name for entry in SCHEDULE}) == len(SCHEDULE)


def test_nothing_is_set_in_code_that_would_overwrite_an_operator() -> None:
    assert app.conf.beat_schedule == {}


def synced() -> str:
    out = StringIO()
    call_command("sync_schedule", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_missing_entries_are_created_and_due_as_promised() -> None:
    synced()

    tasks = {task.name: task for task in PeriodicTask.objects.select_related("crontab", "interval")}
    for entry in SCHEDULE:
        task = tasks[entry.name]
        assert (task.task, task.expire_seconds) == (entry.task, entry.expires_seconds)
        match entry.when:
            case Every(seconds):
                assert (task.interval.every, task.interval.period) == (seconds, "seconds")
            case At(minute, hour):
                assert (task.crontab.minute, task.crontab.hour) == (minute, hour)
                assert str(task.crontab.timezone) == "America/New_York"


@pytest.mark.django_db
def test_an_operators_edits_survive() -> None:
    synced()
    task = PeriodicTask.objects.get(name="Audit rollups")
    task.enabled = False
    task.expire_seconds = 5
    task.save()
    PeriodicTask.objects.get(name="Predict demand").delete()

    assert synced() == "Predict demand: inventory.update_inventory_predictions\n"

    task.refresh_from_db()
    assert (task.enabled, task.expire_seconds) == (False, 5)
    assert synced() == "The schedule is complete.\n"
