"""What the periodic jobs of analytics do, and leave to others."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from alerts.choices import AlertKind, AlertState, Severity
from alerts.models import Alert
from analytics import drift, levels, tasks
from analytics.choices import RefreshStatus, View
from analytics.models import CustomerStats, LevelReading, RefreshRun, RollupNote
from analytics.refresh import CHANGE, VIEW_PLANS
from inventory.models import ProductDaily
from tests.analytics.factories import NOW, make_customer, make_sale
from tests.inventory.factories import make_product
from transactions.choices import TransactionStatus

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the names of jobs sent, instead of asking a broker."""
    names: list[str] = []
    monkeypatch.setattr(
        "analytics.tasks.current_app.send_task", lambda name, **options: names.append(name)
    )
    return names


def just_now() -> datetime:
    """A moment within the windows of the views."""
    return timezone.now() - timedelta(minutes=1)


def test_a_fold_is_followed_by_what_must_not_wait(sent: list[str]) -> None:
    make_sale(at=just_now())

    tasks.fold_dirty_buckets()

    assert not RollupNote.objects.exists()
    assert set(RefreshRun.objects.values_list("view", "triggered_by")) == {
        (View.DASHBOARD_OVERVIEW, CHANGE),
        (View.HOURLY_SALES, CHANGE),
    }
    # The rest is a job of its own, so that the next fold comes in time.
    assert sent == ["analytics.refresh_due_views"]


def test_a_fold_of_nothing_asks_for_nothing(sent: list[str]) -> None:
    make_sale(at=just_now())
    tasks.fold_dirty_buckets()
    tasks.refresh_due_views()
    runs = RefreshRun.objects.count()
    sent.clear()

    tasks.fold_dirty_buckets()

    assert sent == []
    assert RefreshRun.objects.count() == runs


@pytest.mark.parametrize(
    ("task", "view"),
    [
        (tasks.refresh_dashboard_views, View.DASHBOARD_OVERVIEW),
        (tasks.refresh_hourly_sales, View.HOURLY_SALES),
        (tasks.refresh_category_sales, View.CATEGORY_DAILY),
        (tasks.refresh_inventory_health, View.INVENTORY_HEALTH),
        (tasks.refresh_customer_segments, View.CUSTOMER_SEGMENTS),
        (tasks.refresh_top_products, View.TOP_PRODUCTS),
        (tasks.analyze_customer_patterns, View.CUSTOMER_SEGMENTS),
    ],
)
def test_each_job_refreshes_its_view(task: Callable[[], None], view: View) -> None:
    task()

    run = RefreshRun.objects.get()
    assert (run.view, run.status, run.triggered_by) == (view, RefreshStatus.DONE, "schedule")


def test_the_overviews_job_takes_a_reading() -> None:
    make_product(stock=0)

    tasks.refresh_dashboard_views()

    assert LevelReading.objects.get().out == 1


def test_the_nightly_audit_repairs_and_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    make_sale(at=just_now(), customer=make_customer())
    tasks.fold_dirty_buckets()
    CustomerStats.objects.update(orders=9)
    monkeypatch.setattr("analytics.audit.NIGHTLY_SHARE", 1)

    tasks.audit_rollups()

    assert CustomerStats.objects.get().orders == 1
    assert Alert.objects.get().kind == AlertKind.OPS_ROLLUP_DRIFT


def test_windows_slide_without_a_sale() -> None:
    product = make_product()
    make_sale(product, at=just_now())
    tasks.fold_dirty_buckets()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rollup_state SET window_day = window_day - 1")
        cursor.execute('DELETE FROM product_totals WHERE "window" > 0')

    tasks.slide_windows()

    assert ProductDaily.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute('SELECT count(*) FROM product_totals WHERE "window" > 0')
        # The sale of today entered its four windows.
        assert cursor.fetchone()[0] == 4


def test_levels_follow_the_lists_behind_them() -> None:
    product = make_product(stock=3, reorder_threshold=3, order_up_to=9)
    make_sale(product, status=TransactionStatus.IN_REVIEW, quantity=2)
    make_sale(product)

    reading = levels.record_levels(now=NOW)

    assert (reading.held, str(reading.held_amount)) == (1, "10.00")
    assert (reading.low, reading.out) == (1, 0)


def test_an_hour_has_one_reading() -> None:
    levels.record_levels(now=NOW)
    make_product(stock=0)
    levels.record_levels(now=NOW + timedelta(minutes=59))
    levels.record_levels(now=NOW + timedelta(minutes=60))

    assert list(LevelReading.objects.order_by("hour").values_list("hour", "out")) == [
        (NOW, 1),
        (NOW + timedelta(hours=1), 1),
    ]


def test_old_readings_are_let_go() -> None:
    levels.record_levels(now=NOW - timedelta(days=731))
    levels.record_levels(now=NOW)

    assert levels.purge_old_readings(now=NOW) == 1


def refreshed(view: View, *, ago: float) -> None:
    at = NOW - timedelta(seconds=ago)
    RefreshRun.objects.create(view=view, status=RefreshStatus.DONE, started_at=at, finished_at=at)


@pytest.mark.parametrize(
    ("factor", "severity"), [(0.9, None), (1.1, Severity.HIGH), (5.1, Severity.CRITICAL)]
)
def test_a_late_view_raises_an_alert(factor: float, severity: Severity | None) -> None:
    refreshed(View.TOP_PRODUCTS, ago=factor * VIEW_PLANS[View.TOP_PRODUCTS].limit_seconds)

    drift.report_late_views(now=NOW)

    found = list(Alert.objects.values_list("kind", "severity"))
    assert found == ([] if severity is None else [(AlertKind.OPS_STALE_VIEW, severity)])


def test_a_late_views_alert_ends_with_the_refresh() -> None:
    refreshed(View.TOP_PRODUCTS, ago=2 * VIEW_PLANS[View.TOP_PRODUCTS].limit_seconds)
    drift.report_late_views(now=NOW)
    refreshed(View.TOP_PRODUCTS, ago=1)

    # Two healthy checks in a row.
    drift.report_late_views(now=NOW + timedelta(minutes=1))
    drift.report_late_views(now=NOW + timedelta(minutes=2))

    assert Alert.objects.get().state == AlertState.RESOLVED
