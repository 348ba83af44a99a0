"""A rule and what it found, in words."""

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from analytics.metric_rules.choices import LEVELS, Comparison, Measure, Side, Span
from analytics.metric_rules.models import MetricRule
from techmart.lib import formats

_MONEY = frozenset({Measure.NET_SALES, Measure.AVERAGE_ORDER, Measure.REFUNDS})
_PERIODS = {Span.HOUR: "today", Span.DAY: "today", Span.WEEK: "7d"}


def amount(rule: MetricRule, value: float | None) -> str:
    """Write a value of a rule's measure as pages do."""
    if value is None:
        return formats.UNKNOWN
    if rule.measure in _MONEY:
        return formats.money(value, settings.SHOP_CURRENCY)
    if rule.measure == Measure.SUSPICIOUS_SHARE:
        return formats.rate(value)
    return formats.count(round(value))


def sentence(rule: MetricRule) -> str:
    """Say when a rule fires: "Net sales of the last 24 hours falls below $1,000.00"."""
    subject = Measure(rule.measure).label
    parts = [part for part in (rule.category, f"store {rule.store}" if rule.store else "") if part]
    if parts:
        subject += f" in {', '.join(parts)}"
    if rule.measure not in LEVELS:
        subject += f" of {Span(rule.span).label}"
    verb = Side(rule.side).label
    limit = float(rule.limit)
    if rule.comparison == Comparison.CHANGE:
        return f"{subject} {verb} the same time a week before by more than {formats.rate(limit)}"
    if rule.comparison == Comparison.ANOMALY:
        return (
            f"{subject} {verb} what is usual at this weekday and hour by more than "
            f"{formats.decimal(limit)} deviations"
        )
    return f"{subject} {verb} {amount(rule, limit)}"


def finding(rule: MetricRule, value: float | None, reference: float | None) -> str:
    """Say what was found beside what it was held against."""
    now = amount(rule, value)
    if rule.comparison == Comparison.THRESHOLD:
        return f"{now}; the limit is {amount(rule, float(rule.limit))}."
    if reference is None:
        return f"{now}; there is nothing to compare with yet."
    what = "a week before" if rule.comparison == Comparison.CHANGE else "usual"
    return f"{now}; {amount(rule, reference)} {what}."


def rows_behind(rule: MetricRule) -> str:
    """Return the address of the rows that a rule's number counts."""
    if rule.measure in {Measure.LOW_STOCK, Measure.OUT_OF_STOCK}:
        status = "low" if rule.measure == Measure.LOW_STOCK else "out"
        return f"{reverse('inventory:list')}?{urlencode({'status': status})}"
    if rule.measure == Measure.HELD:
        return f"{reverse('transactions:list')}?{urlencode({'status': 'in_review'})}"
    query = {"period": _PERIODS[Span(rule.span)], "basis": "booked"}
    query |= {"store": rule.store} if rule.store else {}
    query |= {"cat": rule.category} if rule.category else {}
    if rule.measure == Measure.SUSPICIOUS_SHARE:
        query |= {"basis": "completed", "suspicious": "1"}
    return f"{reverse('transactions:list')}?{urlencode(query)}"
