"""What an operator needs to know, on one page."""

import platform
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import celery
import django
from django.db import connection

from alerts.models import JobHeartbeat
from alerts.queues import QueueServerAway, queue_limits, queue_states
from alerts.stream import stream_states
from analytics.choices import RefreshStatus, View
from analytics.models import RefreshRun
from analytics.refresh import VIEW_PLANS, latest_run
from techmart.core.check_results import last_checks
from techmart.core.choices import CheckName
from techmart.health.probes import probe_all
from techmart.lib.cache.backend import CacheUnavailable, default_backend
from techmart.lib.page_parts import AsOf

FRESH_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A materialized view: when it was last refreshed, and what was promised."""

    name: str
    label: str
    refreshed_at: datetime | None
    limit_seconds: int
    duration_ms: float | None
    rows: int | None
    # Of a refresh that failed since.
    error: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue: what waits, and when a heartbeat last came through. None: cannot be said."""

    name: str
    depth: int | None
    oldest_seconds: float | None
    heartbeat_at: datetime | None
    limit_seconds: int


@dataclass(frozen=True, slots=True)
class DriftRow:
    """What a recurring audit found last. ok: None before its first run."""

    name: str
    label: str
    ok: bool | None
    checked_at: datetime | None
    differences: int


def health_context(*, now: datetime, page_url: str) -> dict[str, Any]:
    """Return what the health page shows."""
    return {
        "page_url": page_url,
        "freshness": AsOf(now, FRESH_SECONDS),
        "checks": probe_all(),
        "views": view_rows(),
        "queues": queue_rows(now=now),
        "drift": drift_rows(),
        "streams": stream_states(),
        "versions": versions(),
    }


def view_rows() -> list[ViewRow]:
    """Return the six views in the order of their plans."""
    estimates = _row_estimates()
    return [
        _view_row(plan.view, plan.limit_seconds, estimates.get(plan.view.value))
        for plan in VIEW_PLANS.values()
    ]


def _view_row(view: View, limit_seconds: int, rows: int | None) -> ViewRow:
    run = latest_run(view)
    failed = RefreshRun.objects.filter(view=view, status=RefreshStatus.FAILED)
    if run is not None:
        failed = failed.filter(started_at__gt=run.started_at)
    last_failure = failed.order_by("-started_at").first()
    seconds = (
        (run.finished_at - run.started_at).total_seconds() if run and run.finished_at else None
    )
    return ViewRow(
        name=view.value,
        label=view.label,
        refreshed_at=run.finished_at if run else None,
        limit_seconds=limit_seconds,
        duration_ms=None if seconds is None else seconds * 1000,
        rows=rows,
        error=(last_failure.error or "failed") if last_failure else "",
    )


def _row_estimates() -> dict[str, int]:
    """Return the planner's estimate of each view's rows; a count would read them all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::bigint FROM pg_class "
            "WHERE relname = ANY(%s) AND relkind = 'm' AND reltuples >= 0",
            [list(View.values)],
        )
        return dict(cursor.fetchall())


def queue_rows(*, now: datetime) -> list[QueueRow]:
    """Return every queue; without the queue server, what the database knows of it."""
    try:
        states = queue_states(now=now)
    except QueueServerAway:
        heartbeats = JobHeartbeat.objects.in_bulk()
        return [
            QueueRow(
                name=queue,
                depth=None,
                oldest_seconds=None,
                heartbeat_at=heartbeats[queue].completed_at if queue in heartbeats else None,
                limit_seconds=limit_seconds,
            )
            for queue, limit_seconds in queue_limits().items()
        ]
    return [
        QueueRow(
            name=state.queue,
            depth=state.depth,
            oldest_seconds=state.oldest_seconds,
            heartbeat_at=state.completed_at,
            limit_seconds=state.limit_seconds,
        )
        for state in states
    ]


def drift_rows() -> list[DriftRow]:
    """Return the audits and what they found last."""
    found = last_checks()
    return [
        DriftRow(
            name=name.value,
            label=name.label,
            ok=found[name].differences == 0 if name in found else None,
            checked_at=found[name].checked_at if name in found else None,
            differences=found[name].differences if name in found else 0,
        )
        for name in CheckName
    ]


def versions() -> list[tuple[str, str]]:
    """Return what runs here, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = str(cursor.fetchone()[0])
    return [
        ("PostgreSQL", postgres),
        ("Cache server", _cache_version()),
        ("Django", django.get_version()),
        ("Celery", str(celery.__version__)),
        ("Python", platform.python_version()),
    ]


def _cache_version() -> str:
    try:
        info = default_backend().ask(lambda redis: redis.info("server"))
    except CacheUnavailable:
        return "no answer"
    # Valkey also tells the version of the Redis it took over from.
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info['redis_version']}"
