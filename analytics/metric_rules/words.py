"""A rule and what it found, in words."""

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from analytics.metric_rules.choices import LEVELS, Comparison, Measure, Side, Span
from analytics.metric_rules.models import MetricRule
from techmart.lib import formats
from techmart.lib.periods import address, format_bound

_MONEY = frozenset({Measure.NET_SALES, Measure.AVERAGE_ORDER, Measure.REFUNDS})
# Their rows are sales with what was booked back; those of the rest, sales alone.
_NET = frozenset({Measure.NET_SALES, Measure.REFUNDS})


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


def rows_behind(rule: MetricRule, *, at: datetime) -> str:
    """Return the address of the rows that a rule's number counted at a moment."""
    if rule.measure in {Measure.LOW_STOCK, Measure.OUT_OF_STOCK}:
        status = "low" if rule.measure == Measure.LOW_STOCK else "out"
        return f"{reverse('inventory:list')}?{urlencode({'status': status})}"
    if rule.measure == Measure.HELD:
        return f"{reverse('transactions:list')}?{urlencode({'status': 'in_review'})}"
    query = {
        "from": format_bound(at - Span(rule.span).length),
        "to": format_bound(at),
        "basis": "booked" if rule.measure in _NET else "completed",
        "store": rule.store,
        "cat": rule.category,
        "suspicious": "1" if rule.measure == Measure.SUSPICIOUS_SHARE else "",
    }
    given = {name: value for name, value in query.items() if value}
    return address(reverse("transactions:list"), given)
