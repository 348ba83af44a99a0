"""When a recipient is told of which alerts. Pure: no clock, no database.

Timings of docs/domain/alerts.md, after Prometheus' Alertmanager: the first message of a group
waits a little for others of its kind, later ones come at intervals, and what lasts is repeated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.choices import SEVERITY_RANK, AlertKind, Severity

GROUP_WAIT: Final = timedelta(seconds=15)
GROUP_INTERVAL: Final = timedelta(minutes=5)
REPEAT: Final = timedelta(hours=4)
REPEAT_CRITICAL: Final = timedelta(hours=1)
ESCALATES_AFTER: Final = {
    Severity.CRITICAL: timedelta(minutes=15),
    Severity.HIGH: timedelta(minutes=60),
}
# While the first fires, the second would tell nothing new: a late view feeds the numbers.
INHIBITS: Final = {
    AlertKind.OPS_STALE_VIEW: frozenset(
        {AlertKind.METRIC_THRESHOLD, AlertKind.METRIC_CHANGE, AlertKind.METRIC_ANOMALY}
    ),
}
# The fact in which an alert names the dedupe keys of those it stands for.
HIDES: Final = "hides"


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that nobody has taken on. since: when it last came."""

    id: int
    reopened: int
    kind: str
    severity: Severity
    dedupe_key: str
    subject_kind: str
    subject_id: int | None
    audience: str
    since: datetime
    hides: frozenset[str] = frozenset()

    @property
    def episode(self) -> str:
        """Names this coming of the alert."""
        return f"{self.id}.{self.reopened}"


@dataclass(frozen=True, slots=True)
class Quiet:
    """What is silenced; "" and None match all."""

    kind: str
    subject_kind: str
    subject_id: int | None

    def covers(self, alert: Firing) -> bool:
        """Return whether an alert is silenced by it."""
        subject = (self.subject_kind, self.subject_id)
        return self.kind in {"", alert.kind} and (
            not self.subject_kind or subject == (alert.subject_kind, alert.subject_id)
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a recipient wants to be told of. kinds: empty for all."""

    severity_from: Severity
    kinds: frozenset[str] = frozenset()
    is_escalation: bool = False

    def wants(self, alert: Firing, now: datetime) -> bool:
        """Return whether the recipient is to hear of an alert by now."""
        if SEVERITY_RANK[alert.severity] < SEVERITY_RANK[self.severity_from]:
            return False
        if self.kinds and alert.kind not in self.kinds:
            return False
        if not self.is_escalation:
            return True
        after = ESCALATES_AFTER.get(alert.severity)
        return after is not None and now - alert.since >= after


@dataclass(frozen=True, slots=True)
class Told:
    """The last message of a group: when, and of which episodes."""

    at: datetime
    episodes: frozenset[str]


def audible(alerts: Sequence[Firing], quiets: Iterable[Quiet]) -> list[Firing]:
    """Return the alerts that are neither silenced nor hidden by another that fires.

    What is silenced hides nothing.
    """
    quiets = list(quiets)
    heard = [alert for alert in alerts if not any(quiet.covers(alert) for quiet in quiets)]
    keys = {key for alert in heard for key in alert.hides}
    kinds = {kind for alert in heard for kind in INHIBITS.get(AlertKind(alert.kind), ())}
    return [alert for alert in heard if alert.dedupe_key not in keys and alert.kind not in kinds]


def due_groups(
    alerts: Iterable[Firing], wish: Wish, told: Mapping[str, Told], *, now: datetime
) -> dict[str, list[Firing]]:
    """Return what a recipient is to be told now, by kind, the gravest first.

    alerts: audible. told: the last message of each kind.
    """
    groups: dict[str, list[Firing]] = {}
    for alert in alerts:
        if wish.wants(alert, now):
            groups.setdefault(alert.kind, []).append(alert)
    return {
        kind: sorted(group, key=lambda alert: (-SEVERITY_RANK[alert.severity], alert.since))
        for kind, group in groups.items()
        if _is_due(group, told.get(kind), now)
    }


def _is_due(group: Sequence[Firing], last: Told | None, now: datetime) -> bool:
    new = [alert for alert in group if last is None or alert.episode not in last.episodes]
    if new:
        waited = now - min(alert.since for alert in new) >= GROUP_WAIT
        return waited and (last is None or now - last.at >= GROUP_INTERVAL)
    assert last is not None  # noqa: S101  every alert of the group is in it
    critical = any(alert.severity is Severity.CRITICAL for alert in group)
    return now - last.at >= (REPEAT_CRITICAL if critical else REPEAT)
