"""A rule's life: made, rewritten, tried in shadow, active, retired. Each act leaves its entry.

A version becomes active only after a backtest of that very version; see `gate`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from techmart.core.audit import record_audit
from techmart.core.models import User
from techmart.core.problems import FieldError
from transactions.choices import Decision, RuleState
from transactions.models import FraudRule, FraudRuleVersion, RuleApproval
from transactions.rules.nodes import to_json
from transactions.rules.parsing import ExpressionRefused, parse
from transactions.rules.wording import sentence
from transactions.services.rules.gate import missing_for_activation
from transactions.services.rules.refusals import (
    ActivationRefused,
    RuleRefused,
    UnknownRule,
    WrongState,
)
from transactions.services.rules.running import list_kinds, list_names
from transactions.services.rules.stamps import renew_stamp

SUBJECT = "fraud_rule"
_NAME_LENGTH, _TEXT_LENGTH = 120, 500


@transaction.atomic
def create_rule(
    *,
    name: str,
    action: str,
    reason: str,
    expression: Any,
    actor: User,
    now: datetime,
) -> FraudRule:
    """Make a rule with its first version, as a draft owned by its author.

    Raises RuleRefused by field and ExpressionRefused by node, with all errors together.
    """
    name, reason = name.strip(), reason.strip()
    errors = [
        *_text_errors("name", name, _NAME_LENGTH, "Give the rule a name."),
        *_text_errors("reason", reason, _TEXT_LENGTH, "Say why the rule is there."),
    ]
    if action not in Decision.values:
        choices = ", ".join(Decision.values)
        errors.append(FieldError("action", "unknown", f"Choose one of: {choices}."))
    if name and FraudRule.objects.filter(name=name).exists():
        errors.append(FieldError("name", "taken", "Another rule has this name."))
    try:
        parse(expression, lists=list_kinds())
    except ExpressionRefused as refused:
        errors += refused.errors
    if errors:
        raise RuleRefused(errors)
    rule = FraudRule.objects.create(
        name=name, action=action, reason=reason, owner=actor, created_at=now, changed_at=now
    )
    version = _write_version(rule, expression, note="", actor=actor, now=now)
    _note(rule, "make", now, actor, after={"action": action, "sentence": version.sentence})
    return rule


@transaction.atomic
def add_version(
    *, rule_id: int, expression: Any, note: str, actor: User, now: datetime
) -> FraudRuleVersion:
    """Write a rule anew as its next version; what runs goes on until the new one is activated.

    Raises UnknownRule, RuleRefused, ExpressionRefused.
    """
    rule = _locked(rule_id)
    if errors := _text_errors("note", note.strip(), _TEXT_LENGTH, ""):
        raise RuleRefused(errors)
    newest = rule.versions.get(number=rule.versions_made)
    if to_json(parse(expression, lists=list_kinds())) == newest.expression:
        message = f"This is what version {newest.number} says already; change a condition."
        raise RuleRefused([FieldError("expression", "unchanged", message)])
    version = _write_version(rule, expression, note=note.strip(), actor=actor, now=now)
    _note(
        rule,
        "rewrite",
        now,
        actor,
        before={"version": newest.number, "sentence": newest.sentence},
        after={"version": version.number, "sentence": version.sentence},
        reason=note.strip(),
    )
    return version


@transaction.atomic
def start_shadow(*, rule_id: int, number: int, actor: User, now: datetime) -> FraudRule:
    """Count a version's hits beside the live rules; the live version itself stops deciding.

    Raises UnknownRule, WrongState when this version is in shadow already.
    """
    renew_stamp()
    rule = _locked(rule_id)
    version = _version(rule, number)
    if rule.shadow_id == version.pk:
        raise WrongState(f"Version {number} is in shadow already.")
    live = None if rule.live_id == version.pk else rule.live
    return _run(rule, "shadow", live=live, shadow=version, actor=actor, now=now)


@transaction.atomic
def stop_shadow(*, rule_id: int, actor: User, now: datetime) -> FraudRule:
    """Stop counting the version in shadow. Raises UnknownRule, WrongState when there is none."""
    renew_stamp()
    rule = _locked(rule_id)
    if rule.shadow_id is None:
        raise WrongState("No version of this rule is in shadow.")
    return _run(rule, "stop_shadow", live=rule.live, shadow=None, actor=actor, now=now)


@transaction.atomic
def activate(*, rule_id: int, number: int, actor: User, now: datetime) -> FraudRule:
    """Let a version decide, in place of the one that did.

    Raises UnknownRule; WrongState when it decides already; ActivationRefused with everything
    that is missing.
    """
    # First: no other rule may become active between the gate's look and this commit.
    renew_stamp()
    rule = _locked(rule_id)
    version = _version(rule, number)
    if rule.live_id == version.pk:
        raise WrongState(f"Version {number} is active already.")
    if missing := missing_for_activation(version, now=now):
        raise ActivationRefused(missing)
    newer = rule.shadow if rule.shadow and rule.shadow.number > number else None
    return _run(rule, "activate", live=version, shadow=newer, actor=actor, now=now)


@transaction.atomic
def retire(*, rule_id: int, reason: str, actor: User, now: datetime) -> FraudRule:
    """Let a rule run no longer, for a reason. Raises UnknownRule, WrongState, RuleRefused."""
    renew_stamp()
    rule = _locked(rule_id)
    reason = reason.strip()
    if rule.state == RuleState.RETIRED:
        raise WrongState("This rule is retired already.")
    if errors := _text_errors("reason", reason, _TEXT_LENGTH, "Say why it is retired."):
        raise RuleRefused(errors)
    return _run(rule, "retire", live=None, shadow=None, actor=actor, now=now, reason=reason)


@transaction.atomic
def approve_version(
    *, rule_id: int, number: int, reason: str, actor: User, now: datetime
) -> RuleApproval:
    """Put a second person's name under a version that blocks.

    Raises UnknownRule; WrongState when it was approved before or needs no approval; RuleRefused
    for its own author.
    """
    rule = _locked(rule_id)
    version = _version(rule, number)
    if rule.action != Decision.BLOCK:
        raise WrongState("Only rules that block need a second person.")
    if RuleApproval.objects.filter(version=version).exists():
        raise WrongState(f"Version {number} was approved already.")
    if version.author_id == actor.pk:
        message = "You wrote this version: somebody else has to approve it."
        raise RuleRefused([FieldError("approver", "author", message)])
    if errors := _text_errors("reason", reason.strip(), _TEXT_LENGTH, ""):
        raise RuleRefused(errors)
    approval = RuleApproval.objects.create(
        version=version, approver=actor, reason=reason.strip(), at=now
    )
    _note(rule, "approve", now, actor, after={"version": number}, reason=reason.strip())
    return approval


def _locked(rule_id: int) -> FraudRule:
    rows = FraudRule.objects.select_for_update(of=("self",)).select_related("live", "shadow")
    rule = rows.filter(pk=rule_id).first()
    if rule is None:
        raise UnknownRule(f"rule {rule_id}")
    return rule


def _version(rule: FraudRule, number: int) -> FraudRuleVersion:
    version = rule.versions.select_related("rule").filter(number=number).first()
    if version is None:
        raise UnknownRule(f"version {number} of this rule")
    return version


def _write_version(
    rule: FraudRule, expression: Any, *, note: str, actor: User, now: datetime
) -> FraudRuleVersion:
    node = parse(expression, lists=list_kinds())
    rule.versions_made += 1
    rule.save(update_fields=["versions_made"])
    return FraudRuleVersion.objects.create(
        rule=rule,
        number=rule.versions_made,
        expression=to_json(node),
        sentence=sentence(node, lists=list_names(), currency=settings.SHOP_CURRENCY),
        note=note,
        author=actor,
        created_at=now,
    )


def _run(
    rule: FraudRule,
    act: str,
    *,
    live: FraudRuleVersion | None,
    shadow: FraudRuleVersion | None,
    actor: User,
    now: datetime,
    reason: str = "",
) -> FraudRule:
    """Set what runs, and the state that follows from it."""
    before = _running(rule)
    rule.live, rule.shadow, rule.changed_at = live, shadow, now
    if act == "retire":
        rule.state = RuleState.RETIRED
    elif live:
        rule.state = RuleState.ACTIVE
    else:
        rule.state = RuleState.SHADOW if shadow else RuleState.DRAFT
    rule.save(update_fields=["live", "shadow", "state", "changed_at"])
    _note(rule, act, now, actor, before=before, after=_running(rule), reason=reason)
    return rule


def _running(rule: FraudRule) -> dict[str, Any]:
    return {
        "state": str(rule.state),
        "live": rule.live.number if rule.live else None,
        "shadow": rule.shadow.number if rule.shadow else None,
    }


def _note(
    rule: FraudRule,
    act: str,
    now: datetime,
    actor: User,
    *,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    record_audit(
        action=f"rule.{act}",
        subject_kind=SUBJECT,
        subject_id=rule.pk,
        now=now,
        actor=actor,
        before=before,
        after=after,
        reason=reason,
    )


def _text_errors(field: str, text: str, longest: int, missing: str) -> list[FieldError]:
    """missing: what to say of an empty text; empty when it may be."""
    if not text and missing:
        return [FieldError(field, "required", missing)]
    if len(text) > longest:
        return [FieldError(field, "too_long", f"Use at most {longest} characters.")]
    return []
