"""What stands between a version and its becoming active."""

from datetime import datetime, timedelta

from techmart.core.problems import FieldError
from techmart.core.shop import shop_settings
from transactions.choices import BacktestStatus, Decision, RuleState
from transactions.models import FraudRule, FraudRuleVersion, RuleApproval, RuleBacktest
from transactions.rules.parsing import ExpressionRefused, parse
from transactions.services.rules.running import list_kinds

# A shop is another one after so long (judgement, 2026-11).
BACKTEST_VALID = timedelta(days=30)


def newest_backtest(version: FraudRuleVersion) -> RuleBacktest | None:
    """Return the newest finished backtest of a version; served by idx_backtests_version."""
    done = version.backtests.filter(status=BacktestStatus.DONE)
    return done.order_by("-pk").first()


def missing_for_activation(version: FraudRuleVersion, *, now: datetime) -> list[FieldError]:
    """Return what is missing, each with its remedy; nothing when the version may be activated."""
    missing = _unreadable(version)
    backtest = newest_backtest(version)
    if backtest is None:
        missing.append(
            _lacks("backtest", "required", f"Version {version.number} has no finished backtest.")
        )
    else:
        missing += _outdated(version, backtest, now)
        if version.rule.action == Decision.REVIEW:
            missing += _above_capacity(backtest)
    if version.rule.action == Decision.BLOCK:
        missing += _unapproved(version)
    return missing


def free_cases_a_day(backtest: RuleBacktest) -> float:
    """Return what the shop can review beside what is held without this rule; never below 0."""
    held = float(backtest.result["held_otherwise_a_day"])
    return max(0.0, shop_settings().review_capacity_per_day - held)


def _lacks(field: str, code: str, message: str) -> FieldError:
    return FieldError(field, code, message)


def _unreadable(version: FraudRuleVersion) -> list[FieldError]:
    try:
        parse(version.expression, lists=list_kinds())
    except ExpressionRefused as refused:
        first = refused.errors[0].message
        message = f"Version {version.number} cannot be read any more: {first} Write it anew."
        return [_lacks("expression", "unreadable", message)]
    return []


def _outdated(version: FraudRuleVersion, backtest: RuleBacktest, now: datetime) -> list[FieldError]:
    if now - backtest.requested_at > BACKTEST_VALID:
        days = BACKTEST_VALID.days
        message = f"Its backtest is more than {days} days old; run it again."
        return [_lacks("backtest", "outdated", message)]
    others = FraudRule.objects.filter(
        state=RuleState.ACTIVE, changed_at__gt=backtest.started_at or backtest.requested_at
    ).exclude(pk=version.rule_id)
    if name := others.order_by("-changed_at").values_list("name", flat=True).first():
        message = f"Rule '{name}' was changed since its backtest; run it again."
        return [_lacks("backtest", "outdated", message)]
    return []


def _above_capacity(backtest: RuleBacktest) -> list[FieldError]:
    added, free = float(backtest.result["added_a_day"]), free_cases_a_day(backtest)
    if added <= free:
        return []
    message = (
        f"It would add {added:.1f} cases a day, and there is room for {free:.1f}: make the rule "
        "narrower, or raise the shop's review capacity."
    )
    return [_lacks("capacity", "exceeded", message)]


def _unapproved(version: FraudRuleVersion) -> list[FieldError]:
    approval = RuleApproval.objects.filter(version=version).first()
    if approval is not None and approval.approver_id != version.author_id:
        return []
    message = "It blocks sales: somebody other than its author has to approve this version."
    return [_lacks("approval", "required", message)]
