"""Looks at every rule that is on, and raises or ends its alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.choices import AlertKind, Severity
from alerts.services import AlertSpec, clear_alerts, raise_alerts
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

HISTORY_WEEKS = 8

_KINDS = {
    Comparison.THRESHOLD: AlertKind.METRIC_THRESHOLD,
    Comparison.CHANGE: AlertKind.METRIC_CHANGE,
    Comparison.ANOMALY: AlertKind.METRIC_ANOMALY,
}


@dataclass(frozen=True, slots=True)
class Look:
    """A rule, what its number is now, and what follows. value: None when it cannot be told."""

    rule: MetricRule
    value: float | None
    judgement: Judgement


def look_at(rule: MetricRule, *, now: datetime) -> Look:
    """Read a rule's number and judge it."""
    value = _value(rule, end=now)
    if value is None:
        return Look(rule, None, Judgement(Verdict.UNKNOWN, None))
    side, limit = Side(rule.side), float(rule.limit)
    if rule.comparison == Comparison.CHANGE:
        before = _value(rule, end=now - measures.WEEK)
        judgement = judge_change(value, before=before, limit=limit, side=side)
    elif rule.comparison == Comparison.ANOMALY:
        history = _history(rule, now=now)
        judgement = judge_anomaly(value, history=history, limit=limit, side=side)
    else:
        judgement = judge_threshold(value, limit=limit, side=side)
    return Look(rule, value, judgement)


def evaluate_metric_rules(*, now: datetime) -> Sequence[Look]:
    """Look at all rules that are on, note what was found, and bring their alerts up to it."""
    looks = [look_at(rule, now=now) for rule in MetricRule.objects.filter(enabled=True)]
    raise_alerts(
        [_spec(look) for look in looks if look.judgement.verdict is Verdict.FIRES], now=now
    )
    clear_alerts(
        [look.rule.dedupe_key for look in looks if look.judgement.verdict is Verdict.CLEAR], now=now
    )
    for look in looks:
        MetricRule.objects.filter(pk=look.rule.pk).update(
            judged_at=now,
            value=look.value,
            reference=look.judgement.reference,
            fires=look.judgement.verdict is Verdict.FIRES,
        )
    return looks


def _value(rule: MetricRule, *, end: datetime) -> float | None:
    measure = Measure(rule.measure)
    if measure in LEVELS:
        return measures.read_level(measure)
    return measures.read_window(
        measure,
        start=end - Span(rule.span).length,
        end=end,
        category=rule.category,
        store=rule.store,
    )


def _history(rule: MetricRule, *, now: datetime) -> list[float]:
    found = (_value(rule, end=now - weeks * measures.WEEK) for weeks in range(1, HISTORY_WEEKS + 1))
    return [value for value in found if value is not None]


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
        path=words.rows_behind(rule),
        facts={"Now": words.amount(rule, look.value), "Rule": words.sentence(rule)},
    )
