"""Rules and lists for the tests of what runs."""

from datetime import datetime
from itertools import count
from typing import Any

from techmart.core.models import User
from tests.transactions.factories import NOW, make_analyst
from transactions.choices import BacktestStatus, Decision
from transactions.models import FraudRule, RuleBacktest
from transactions.services import rules

_numbers = count(1)
LARGE = {"all": [{"field": "amount", "operator": "at_least", "value": "100.00"}]}


def author() -> User:
    """Return the analyst who writes rules."""
    known = User.objects.filter(email="author@example.test").first()
    return known or make_analyst("author@example.test")


def make_rule(expression: Any = LARGE, **fields: Any) -> FraudRule:
    """Make a draft."""
    values: dict[str, Any] = {
        "name": f"Rule {next(_numbers)}",
        "action": "review",
        "reason": "Trial",
        "actor": author(),
        "now": NOW,
    }
    return rules.create_rule(expression=expression, **values | fields)


def with_backtest(
    rule: FraudRule, *, number: int = 1, at: datetime = NOW, added_a_day: float = 1.0
) -> RuleBacktest:
    """Give a version a finished backtest."""
    return RuleBacktest.objects.create(
        version=rule.versions.get(number=number),
        since_date="2026-01-01",
        until_date="2026-03-01",
        status=BacktestStatus.DONE,
        requested_at=at,
        started_at=at,
        finished_at=at,
        result={"added_a_day": added_a_day, "held_otherwise_a_day": 0.0},
    )


def make_active(expression: Any = LARGE, **fields: Any) -> FraudRule:
    """Make a rule that decides: tested, and approved where that is needed."""
    rule = make_rule(expression, **fields)
    with_backtest(rule)
    if rule.action == Decision.BLOCK:
        approver = make_analyst(f"approver-{rule.pk}@example.test")
        rules.approve_version(rule_id=rule.pk, number=1, reason="", actor=approver, now=NOW)
    return rules.activate(rule_id=rule.pk, number=1, actor=author(), now=NOW)
