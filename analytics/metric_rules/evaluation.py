"""Looks at every rule that is on, and raises or ends its alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from alerts.choices import AlertKind, Severity
from alerts.services import AlertSpec, clear_alerts, raise_alerts
from analytics.filters import Scope
from analytics.metric_rules import measures, words
from analytics.metric_rules.choices import LEVELS, Comparison, Measure, Side, Span
from analytics.metric_rules.judging import (
    Judgement,
    Verdict,
    judge_anomaly,
    judge_change,
    judge_threshold,
)
from analytics.metric_rules.models import MetricRule
from techmart.lib.periods import Stretch, same_time_before

HISTORY_WEEKS = 8
_FOUND = ("judged_at", "value", "reference", "fires")

_KINDS = {
    Comparison.THRESHOLD: AlertKind.METRIC_THRESHOLD,
    Comparison.CHANGE: AlertKind.METRIC_CHANGE,
    Comparison.ANOMALY: AlertKind.METRIC_ANOMALY,
}


@dataclass(frozen=True, slots=True)
class Look:
    """A rule, what its number was at a moment, and what follows.

    value: None when it cannot be told.
    """

    rule: MetricRule
    at: datetime
    value: float | None
    judgement: Judgement


def look_at(rule: MetricRule, *, now: datetime) -> Look:
    """Read a rule's number and judge it."""
    value = _value(rule, end=now)
    if value is None:
        return Look(rule, now, None, Judgement(Verdict.UNKNOWN, None))
    side, limit = Side(rule.side), float(rule.limit)
    if rule.comparison == Comparison.CHANGE:
        before = _value(rule, end=_weeks_before(now, 1))
        judgement = judge_change(value, before=before, limit=limit, side=side)
    elif rule.comparison == Comparison.ANOMALY:
        history = _history(rule, now=now)
        judgement = judge_anomaly(value, history=history, limit=limit, side=side)
    else:
        judgement = judge_threshold(value, limit=limit, side=side)
    return Look(rule, now, value, judgement)


def evaluate_metric_rules(*, now: datetime) -> Sequence[Look]:
    """Look at all rules that are on, note what was found, and bring their alerts up to it."""
    looks = [look_at(rule, now=now) for rule in MetricRule.objects.filter(enabled=True)]
    return _noted(looks, now=now)


@transaction.atomic
def _noted(looks: Sequence[Look], *, now: datetime) -> Sequence[Look]:
    """Write down what was found, but nothing of a rule that somebody changed since it was read."""
    held = MetricRule.objects.filter(pk__in=[look.rule.pk for look in looks])
    versions = dict(held.order_by("pk").select_for_update().values_list("pk", "version"))
    looks = [look for look in looks if versions.get(look.rule.pk) == look.rule.version]
    raise_alerts(
        [_spec(look) for look in looks if look.judgement.verdict is Verdict.FIRES], now=now
    )
    clear_alerts(
        [look.rule.dedupe_key for look in looks if look.judgement.verdict is Verdict.CLEAR], now=now
    )
    for look in looks:
        look.rule.judged_at = look.at
        look.rule.value = look.value
        look.rule.reference = look.judgement.reference
        look.rule.fires = look.judgement.verdict is Verdict.FIRES
    MetricRule.objects.bulk_update([look.rule for look in looks], _FOUND)
    return looks


def _value(rule: MetricRule, *, end: datetime) -> float | None:
    measure = Measure(rule.measure)
    if measure in LEVELS:
        return measures.read_level(measure)
    scope = Scope(store=rule.store, category=rule.category)
    return measures.read_window(measure, scope, Stretch(end - Span(rule.span).length, end))


def _history(rule: MetricRule, *, now: datetime) -> list[float]:
    found = (_value(rule, end=_weeks_before(now, weeks)) for weeks in range(1, HISTORY_WEEKS + 1))
    return [value for value in found if value is not None]


def _weeks_before(moment: datetime, weeks: int) -> datetime:
    zone = ZoneInfo(settings.TIME_ZONE)
    return same_time_before(moment, timedelta(weeks=weeks), zone=zone)


def _spec(look: Look) -> AlertSpec:
    rule = look.rule
    return AlertSpec(
        kind=_KINDS[Comparison(rule.comparison)],
        severity=Severity(rule.severity),
        dedupe_key=rule.dedupe_key,
        subject_kind="metric_rule",
        subject_id=rule.pk,
        title=rule.name,
        message=words.finding(rule, look.value, look.judgement.reference),
        path=words.rows_behind(rule, at=look.at),
        facts={"Now": words.amount(rule, look.value), "Rule": words.sentence(rule)},
    )
