"""Alerts about the numbers themselves: rollups that drifted, views that are late."""

import logging
from collections.abc import Sequence
from datetime import datetime

from alerts.choices import AlertKind, Severity
from alerts.ops import Check, report
from alerts.services import clear_alert, raise_alert
from analytics.audit import Difference
from analytics.refresh import VIEW_PLANS, latest_run
from techmart.core.check_results import record_check
from techmart.core.choices import CheckName

logger = logging.getLogger(__name__)

DRIFT_KEY = "ops:rollup_drift"
_MOST_NAMED = 20
# Lateness at which an alert is critical, in promised ages.
_CRITICAL_FACTOR = 5


def report_drift(found: Sequence[Difference], *, now: datetime) -> None:
    """Log what an audit found and repaired, and raise one alert for it; clear it when nothing."""
    record_check(CheckName.ROLLUPS, differences=len(found), now=now)
    if not found:
        clear_alert(dedupe_key=DRIFT_KEY, now=now)
        return
    for difference in found[:_MOST_NAMED]:
        logger.error("rollup drift: %s", difference)
    raise_alert(
        kind=AlertKind.OPS_ROLLUP_DRIFT,
        severity=Severity.HIGH,
        dedupe_key=DRIFT_KEY,
        subject_kind="ops",
        subject_id=None,
        title=f"{len(found)} sums differed from their sales",
        message=f"Repaired. The first: {found[0]}"[:500],
        path="/health/",
        facts={"differences": len(found)},
        now=now,
    )


def report_late_views(*, now: datetime) -> None:
    """Raise an alert for each view whose newest refresh is older than its limit.

    A view that was never refreshed is not late: nothing has run yet, which other checks watch.
    """
    checks = []
    for plan in VIEW_PLANS.values():
        run = latest_run(plan.view)
        if run is None or run.finished_at is None:
            continue
        age = (now - run.finished_at).total_seconds()
        severity = None
        if age > plan.limit_seconds:
            critical = age > plan.limit_seconds * _CRITICAL_FACTOR
            severity = Severity.CRITICAL if critical else Severity.HIGH
        checks.append(
            Check(
                kind=AlertKind.OPS_STALE_VIEW,
                name=f"stale_view.{plan.view.value}",
                severity=severity,
                title=f"{plan.view.label} is late",
                message=f"Last refreshed {int(age // 60)} min ago;"
                f" promised every {plan.limit_seconds // 60} min.",
                path="/health/",
                facts={"age_seconds": int(age), "limit_seconds": plan.limit_seconds},
            )
        )
    report(checks, now=now)
