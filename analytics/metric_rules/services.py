"""Everything that changes metric rules. One transaction each, with an audit entry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from alerts.services import clear_alert
from analytics.metric_rules.choices import LEVELS, Comparison, Measure
from analytics.metric_rules.models import MetricRule
from techmart.core.audit import record_audit
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal

FIELDS = (
    *("name", "measure", "span", "category", "store", "comparison", "side", "limit"),
    "severity",
)


class RuleRefused(Refusal):
    """What a rule says does not go together, or its name is taken."""


class StaleRule(Refusal):
    """Somebody changed the rule since it was read."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody changed this rule since you opened it. Reload to see it as it is now.",
            code="stale",
            status=409,
        )


@transaction.atomic
def create_metric_rule(*, fields: Mapping[str, Any], actor: User, now: datetime) -> MetricRule:
    """Make a rule that is on. Raises RuleRefused."""
    _check(fields)
    rule = MetricRule(**{name: fields[name] for name in FIELDS}, owner=actor, created_at=now)
    _save(rule)
    record_audit(
        action="metric_rule.create",
        subject_kind="metric_rule",
        subject_id=rule.pk,
        now=now,
        actor=actor,
        after=_state(rule),
    )
    return rule


@transaction.atomic
def change_metric_rule(
    *, rule_id: int, fields: Mapping[str, Any], version: int, actor: User, now: datetime
) -> MetricRule:
    """Change a rule that still has `version`. Its alert ends: another rule would have to raise it.

    Raises StaleRule, RuleRefused, MetricRule.DoesNotExist.
    """
    _check(fields)
    rule = _locked(rule_id, version)
    before, key = _state(rule), rule.dedupe_key
    for name in FIELDS:
        setattr(rule, name, fields[name])
    rule.version += 1
    rule.judged_at, rule.value, rule.reference, rule.fires = None, None, None, False
    _save(rule)
    clear_alert(dedupe_key=key, now=now)
    _audit("metric_rule.change", rule, before=before, actor=actor, now=now)
    return rule


@transaction.atomic
def switch_metric_rule(
    *, rule_id: int, enabled: bool, version: int, actor: User, now: datetime
) -> MetricRule:
    """Turn a rule on or off; off ends its alert. Raises StaleRule, MetricRule.DoesNotExist."""
    rule = _locked(rule_id, version)
    before = _state(rule)
    rule.enabled = enabled
    rule.version += 1
    rule.save(update_fields=["enabled", "version"])
    if not enabled:
        clear_alert(dedupe_key=rule.dedupe_key, now=now)
    _audit("metric_rule.switch", rule, before=before, actor=actor, now=now)
    return rule


@transaction.atomic
def delete_metric_rule(*, rule_id: int, version: int, actor: User, now: datetime) -> None:
    """Remove a rule and end its alert. Raises StaleRule, MetricRule.DoesNotExist."""
    rule = _locked(rule_id, version)
    clear_alert(dedupe_key=rule.dedupe_key, now=now)
    record_audit(
        action="metric_rule.delete",
        subject_kind="metric_rule",
        subject_id=rule.pk,
        now=now,
        actor=actor,
        before=_state(rule),
    )
    rule.delete()


def _check(fields: Mapping[str, Any]) -> None:
    errors = []
    if fields["measure"] in LEVELS:
        label = Measure(fields["measure"]).label
        if fields["comparison"] != Comparison.THRESHOLD:
            errors.append(
                FieldError(
                    "comparison", "mismatch", f"{label} is known for now only: use a fixed limit."
                )
            )
        errors += [
            FieldError(name, "mismatch", f"{label} counts the whole shop: leave this empty.")
            for name in ("category", "store")
            if fields[name]
        ]
    if fields["comparison"] != Comparison.THRESHOLD and not fields["limit"]:
        errors.append(FieldError("limit", "invalid", "Give a size greater than zero."))
    if errors:
        raise RuleRefused(errors[0].message, code="invalid", errors=errors)


def _save(rule: MetricRule) -> None:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        if "metric_rules_name_unique" not in str(error):
            raise
        message = f"There is a rule named {rule.name} already."
        raise RuleRefused(
            message, code="taken", errors=[FieldError("name", "taken", message)]
        ) from error


def _locked(rule_id: int, version: int) -> MetricRule:
    rule = MetricRule.objects.select_for_update().get(pk=rule_id)
    if rule.version != version:
        raise StaleRule
    return rule


def _state(rule: MetricRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in (*FIELDS, "enabled")}


def _audit(
    action: str, rule: MetricRule, *, before: Mapping[str, Any], actor: User, now: datetime
) -> None:
    record_audit(
        action=action,
        subject_kind="metric_rule",
        subject_id=rule.pk,
        now=now,
        actor=actor,
        before=before,
        after=_state(rule),
    )
