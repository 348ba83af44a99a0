"""Refreshing the six views: on schedule, soon after a change, and when somebody asks.

Each refresh leaves a RefreshRun, failed and skipped ones too; one refresh of a view runs at a
time. Afterwards the cached values made from the view are purged, and pages are told.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import current_app
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from kombu.exceptions import OperationalError as BrokerAway

from alerts.choices import Topic
from alerts.services import publish
from analytics.choices import RefreshStatus, View
from analytics.models import RefreshRun, RollupState
from analytics.rollups import FoldResult, fold
from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib.cache import Tag, bump
from techmart.lib.locks import lock_key

logger = logging.getLogger(__name__)

SCHEDULE = "schedule"
CHANGE = "change"
# One manual refresh a person in this time.
MANUAL_GAP_SECONDS = 5
# Runs after a change come every few seconds: only the last two days' are kept.
KEEP_CHANGE_RUNS = timedelta(days=2)
KEEP_RUNS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """How a view is kept fresh.

    limit_seconds: age at which its numbers count as late. gap_seconds: least time between two
    refreshes after changes; 0: after every fold; None: on schedule only. tags: cached values made
    from it. of_rollups: fed by the fold alone, so current while the rollups' version is the same.
    """

    view: View
    limit_seconds: int
    gap_seconds: int | None
    tags: tuple[Tag, ...]
    of_rollups: bool


# Limits are the scheduled interval and a margin for a refresh that waits its turn.
VIEW_PLANS = {
    plan.view: plan
    for plan in (
        # Reads base rows of two days, and levels of now: it ages without any change.
        ViewPlan(View.DASHBOARD_OVERVIEW, 120, 0, (Tag.DASHBOARD,), of_rollups=False),
        ViewPlan(View.HOURLY_SALES, 600, 0, (Tag.DASHBOARD, Tag.SALES), of_rollups=True),
        ViewPlan(View.CATEGORY_DAILY, 1800, 60, (Tag.SALES,), of_rollups=True),
        ViewPlan(View.INVENTORY_HEALTH, 1200, 120, (Tag.STOCK,), of_rollups=False),
        ViewPlan(View.TOP_PRODUCTS, 3600, 30, (Tag.SALES,), of_rollups=True),
        # Patterns are made anew every four hours, and refresh it themselves.
        ViewPlan(View.CUSTOMER_SEGMENTS, 5 * 3600, None, (Tag.CUSTOMERS,), of_rollups=False),
    )
}


class RefreshTooSoon(Refusal):
    """The person asked for a refresh a moment ago. wait: seconds until the next one."""

    def __init__(self, wait: int) -> None:
        super().__init__(
            f"The numbers were refreshed a moment ago; again in {wait} s.",
            code="refresh_too_soon",
            status=429,
        )
        self.wait = wait


def refresh_view(view: View, *, now: datetime, triggered_by: str = SCHEDULE) -> RefreshRun:
    """Refresh one view, unless that is going on already, and tell the pages.

    Never raises for a refresh that failed: the run says so, and the log.
    """
    return _refresh([view], now=now, triggered_by=triggered_by)[0]


def refresh_all_views(*, now: datetime, triggered_by: str) -> list[RefreshRun]:
    """Refresh the six views one after the other."""
    return _refresh(list(View), now=now, triggered_by=triggered_by)


def refresh_after_fold(result: FoldResult, *, now: datetime) -> list[RefreshRun]:
    """Refresh what must follow every change at once; nothing when nothing changed."""
    if not result.changed:
        return []
    at_once = [plan.view for plan in VIEW_PLANS.values() if plan.gap_seconds == 0]
    return _refresh(at_once, now=now, triggered_by=CHANGE)


def views_due_after_changes(*, now: datetime) -> list[View]:
    """Return the views that lack a change and whose least gap is over."""
    version = _version()
    due = []
    for plan in VIEW_PLANS.values():
        if plan.gap_seconds:
            last = latest_run(plan.view)
            waited = last is None or last.started_at <= now - timedelta(seconds=plan.gap_seconds)
            if waited and (last is None or last.rollup_version < version):
                due.append(plan.view)
    return due


def refresh_due_views(*, now: datetime) -> list[RefreshRun]:
    """Refresh the views that lack a change and have waited long enough."""
    return _refresh(views_due_after_changes(now=now), now=now, triggered_by=CHANGE)


def latest_run(view: View) -> RefreshRun | None:
    """Return the newest refresh that succeeded; served by idx_refresh_runs_done."""
    return (
        RefreshRun.objects.filter(view=view, status=RefreshStatus.DONE)
        .order_by("-finished_at")
        .first()
    )


def view_as_of(view: View) -> datetime | None:
    """Return the moment up to which every committed change is in a view; None if never filled.

    A view of rollups that lacks none of their changes is as current as they are.
    """
    run = latest_run(view)
    if run is None:
        return None
    state = RollupState.objects.first()
    if state and VIEW_PLANS[view].of_rollups and run.rollup_version == state.version:
        return state.folded_through
    return run.as_of


# --- When somebody asks


@dataclass(frozen=True, slots=True)
class ManualRefresh:
    """What a person's refresh has done so far, and which views follow in the background."""

    runs: Sequence[RefreshRun]
    queued: Sequence[View]


@dataclass(frozen=True, slots=True)
class RefreshProgress:
    """How far a manual refresh is: views by how their refresh ended, or not yet."""

    done: Sequence[View]
    running: Sequence[View]
    failed: Sequence[View]
    waiting: Sequence[View]

    @property
    def finished(self) -> bool:
        """Return whether nothing is left to wait for."""
        return not self.running and not self.waiting


def request_refresh(*, person: User, now: datetime) -> ManualRefresh:
    """Fold, refresh what the dashboard's numbers need, and queue the slower views.

    Raises RefreshTooSoon within five seconds of the person's last one.
    """
    asked_by = _asked_by(person)
    claim = _claim(person, asked_by, now=now)
    # A fold that is running will refresh after itself: nothing is gained by waiting for it.
    fold(now=now, wait=False)
    at_once = [plan.view for plan in VIEW_PLANS.values() if plan.gap_seconds == 0]
    runs = _refresh(at_once, now=now, triggered_by=asked_by, begun=claim)
    slower = [plan.view for plan in VIEW_PLANS.values() if plan.gap_seconds]
    return ManualRefresh(runs, slower if _queue(slower, asked_by) else [])


def manual_progress(*, person: User, since: datetime) -> RefreshProgress:
    """Return how far the refresh is that the person asked for at `since`."""
    runs = RefreshRun.objects.filter(triggered_by=_asked_by(person), started_at__gte=since)
    status = {run.view: run.status for run in runs.order_by("started_at", "pk")}
    expected = [plan.view for plan in VIEW_PLANS.values() if plan.gap_seconds is not None]

    def having(*wanted: RefreshStatus | None) -> list[View]:
        return [view for view in expected if status.get(view) in wanted]

    return RefreshProgress(
        # Skipped: another refresh of the view was running, and is as good.
        done=having(RefreshStatus.DONE, RefreshStatus.SKIPPED),
        running=having(RefreshStatus.RUNNING),
        failed=having(RefreshStatus.FAILED),
        waiting=having(None),
    )


def _claim(person: User, asked_by: str, *, now: datetime) -> RefreshRun:
    """Begin the overview's run, unless the person began one within the gap.

    In the database, so that it holds without the cache and across processes. Raises
    RefreshTooSoon.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s)", [lock_key(f"manual-refresh-{person.pk}")]
            )
        gap = timedelta(seconds=MANUAL_GAP_SECONDS)
        last = (
            RefreshRun.objects.filter(
                triggered_by=asked_by,
                view=View.DASHBOARD_OVERVIEW,
                started_at__gt=now - gap,
            )
            .order_by("-started_at")
            .first()
        )
        if last is not None:
            left = (last.started_at + gap - now).total_seconds()
            raise RefreshTooSoon(max(1, round(left + 0.499)))
        return RefreshRun.objects.create(
            view=View.DASHBOARD_OVERVIEW, started_at=now, triggered_by=asked_by
        )


def _asked_by(person: User) -> str:
    return person.email[:160]


def _queue(views: Iterable[View], asked_by: str) -> bool:
    """Send the slower views to a worker; without a broker the schedule brings them later."""
    try:
        for view in views:
            # By name: the task calls this module.
            current_app.send_task(
                "analytics.refresh_one_view",
                kwargs={"view": view.value, "triggered_by": asked_by},
                expires=60,
                retry=False,
            )
    except BrokerAway as error:
        logger.warning("views asked for by hand were not queued: %s", error)
        return False
    return True


# --- One refresh


def _refresh(
    views: Sequence[View],
    *,
    now: datetime,
    triggered_by: str,
    begun: RefreshRun | None = None,
) -> list[RefreshRun]:
    """Refresh views in order, then purge and tell once. begun: a run that is recorded already."""
    began = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    runs = []
    for view in views:
        run = begun
        if run is None or run.view != view:
            run = RefreshRun.objects.create(
                view=view, started_at=clock(), triggered_by=triggered_by
            )
        _carry_out(run, clock=clock)
        runs.append(run)
    done = [View(run.view) for run in runs if run.status == RefreshStatus.DONE]
    if done:
        bump(*{tag for view in done for tag in VIEW_PLANS[view].tags})
        with transaction.atomic():
            publish(
                topic=Topic.DASHBOARD,
                kind="refreshed",
                payload={"views": [view.value for view in done]},
                now=now,
            )
    return runs


def _carry_out(run: RefreshRun, *, clock: Callable[[], datetime]) -> None:
    """Refresh the view of a run, and write into the run how that ended."""
    try:
        with transaction.atomic():
            run.status = RefreshStatus.DONE if _try_refresh(run) else RefreshStatus.SKIPPED
    except DatabaseError as error:
        logger.exception("refresh of %s failed", run.view)
        run.status, run.error = RefreshStatus.FAILED, str(error)[:500]
    run.finished_at = clock()
    run.save()


def _try_refresh(run: RefreshRun) -> bool:
    """Refresh under the view's lock; False when another refresh holds it."""
    view = View(run.view)
    table = connection.ops.quote_name(view.value)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_key(f"refresh-{view}")])
        if not cursor.fetchone()[0]:
            return False
        # Before the refresh takes its look: what was folded by then is in the view.
        cursor.execute(
            "SELECT clock_timestamp(), (SELECT folded_through FROM rollup_state),"
            " coalesce((SELECT version FROM rollup_state), 0),"
            " (SELECT relispopulated FROM pg_class WHERE oid = %s::regclass)",
            [view.value],
        )
        moment, folded_through, run.rollup_version, populated = cursor.fetchone()
        run.as_of = folded_through if VIEW_PLANS[view].of_rollups else moment
        run.concurrently = bool(populated)
        cursor.execute(f"REFRESH MATERIALIZED VIEW {'CONCURRENTLY ' if populated else ''}{table}")
    return True


def _version() -> int:
    return RollupState.objects.values_list("version", flat=True).first() or 0


def purge_old_runs(*, now: datetime) -> int:
    """Remove runs past their retention, never the newest success of a view; return how many."""
    kept = [run.pk for view in View if (run := latest_run(view))]
    old = Q(started_at__lt=now - KEEP_RUNS) | Q(
        started_at__lt=now - KEEP_CHANGE_RUNS, triggered_by=CHANGE
    )
    removed, _ = RefreshRun.objects.filter(old).exclude(pk__in=kept).delete()
    return removed
