"""The quality of the past weeks in one value, made at most every quarter of an hour."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

import numpy as np

from techmart.core.shop import shop_settings
from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import REVIEW_QUALITY
from techmart.lib.periods import midnight
from transactions.fraud.columns import SIGNALS
from transactions.fraud.scoring import SUSPICIOUS_ABOVE
from transactions.quality.loading import (
    DecisionTimes,
    RuleHits,
    Span,
    customers_by_week,
    customers_in,
    decision_times,
    labelled_lines,
    riskiest_orders,
    rule_hits,
    signal_bins,
)
from transactions.quality.measures import (
    LabelledLines,
    Measure,
    ModelQuality,
    RiskiestOrders,
    false_positives_per_1000,
    median_of,
    model_quality,
    population_stability,
    precision_at_capacity,
    recall_by_amount,
)

WEEKS: Final = 12
# The headline figures are of the last four weeks and compared with the four before.
HEADLINE_DAYS: Final = 28
RECENT_DAYS: Final = 7
_REFERENCE_DAYS: Final = 28
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of a stretch of shop days [first, last]. times: medians, seconds."""

    first: date
    last: date
    precision: Measure
    recall: Measure
    false_positives: Measure
    time_to_decision: Measure
    handling_time: Measure


@dataclass(frozen=True, slots=True)
class SignalDrift:
    """How far a signal moved in the last week from the four before. psi: None of too few sales.

    speaking: share of sales on which it is not silent, before and lately, 0 to 1.
    """

    code: str
    label: str
    psi: float | None
    speaking_before: float | None
    speaking_lately: float | None


@dataclass(frozen=True, slots=True)
class QualityReport:
    """What the page of quality shows. labelled: lines of the weeks with a label; capacity: reviews
    a day. now, before: the headline's weeks and those they are compared with; weeks: oldest first.
    """

    as_of: datetime
    capacity: int
    labelled: int
    now: Measures
    before: Measures
    weeks: list[Measures]
    models: list[ModelQuality]
    rules: list[RuleHits]
    drift: list[SignalDrift]


def quality_report(*, now: datetime, zone: tzinfo, refresh: bool = False) -> QualityReport:
    """Return the report, from the cache while no decision or label has come since."""
    return get_or_compute(
        REVIEW_QUALITY, {}, lambda: computed_report(now=now, zone=zone), refresh=refresh
    ).value


def computed_report(*, now: datetime, zone: tzinfo) -> QualityReport:
    """Return the report of the twelve weeks of seven shop days that end with today."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=7 * WEEKS - 1)
    span = Span(midnight(first, zone), now)
    capacity = shop_settings().review_capacity_per_day
    facts = _Facts(
        labelled_lines(span), riskiest_orders(span, capacity=capacity), decision_times(span)
    )
    bought = customers_by_week(span, first_day=_number(first), weeks=WEEKS)
    weeks = [
        facts.measures(first + timedelta(days=7 * week), days=7, customers=bought.get(week, 0))
        for week in range(WEEKS)
    ]
    lately = today - timedelta(days=HEADLINE_DAYS - 1)
    earlier = lately - timedelta(days=HEADLINE_DAYS)
    return QualityReport(
        as_of=now,
        capacity=capacity,
        labelled=len(facts.lines),
        now=facts.measures(
            lately,
            days=HEADLINE_DAYS,
            customers=customers_in(Span(midnight(lately, zone), now)),
        ),
        before=facts.measures(
            earlier,
            days=HEADLINE_DAYS,
            customers=customers_in(Span(midnight(earlier, zone), midnight(lately, zone))),
        ),
        weeks=weeks,
        models=_models(facts.lines),
        rules=rule_hits(span),
        drift=_drift(now),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    lines: LabelledLines
    riskiest: RiskiestOrders
    decisions: DecisionTimes

    def measures(self, first: date, *, days: int, customers: int) -> Measures:
        begin = _number(first)
        lines = self.lines.within(begin, begin + days)
        decided = (self.decisions.day >= begin) & (self.decisions.day < begin + days)
        handled = self.decisions.handled[decided]
        return Measures(
            first=first,
            last=first + timedelta(days=days - 1),
            precision=precision_at_capacity(self.riskiest.within(begin, begin + days)),
            recall=recall_by_amount(lines),
            false_positives=false_positives_per_1000(lines, customers=customers),
            time_to_decision=median_of(self.decisions.waited[decided].tolist()),
            handling_time=median_of(handled[~np.isnan(handled)].tolist()),
        )


def _models(lines: LabelledLines) -> list[ModelQuality]:
    found = [
        model_quality(version, lines.only(lines.version == version), threshold=SUSPICIOUS_ABOVE)
        for version in sorted(set(lines.version.tolist()))
    ]
    return sorted(found, key=lambda model: -model.lines)


def _drift(now: datetime) -> list[SignalDrift]:
    recent_from = now - timedelta(days=RECENT_DAYS)
    span = Span(recent_from - timedelta(days=_REFERENCE_DAYS), now)
    bins = signal_bins(span, recent_from=recent_from)
    found = []
    for signal in SIGNALS:
        if signal.code not in bins:
            continue
        before, lately = bins[signal.code]
        found.append(
            SignalDrift(
                signal.code,
                signal.label,
                population_stability(before, lately),
                float(1 - before[0] / before.sum()) if before.sum() else None,
                float(1 - lately[0] / lately.sum()) if lately.sum() else None,
            )
        )
    return sorted(found, key=lambda signal: -(signal.psi or 0.0))


def _number(day: date) -> int:
    return (day - _EPOCH).days
