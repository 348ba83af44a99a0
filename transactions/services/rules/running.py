"""The rules that run, held in memory until their stamp changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from transactions.choices import Decision
from transactions.fraud.calendar import microseconds
from transactions.models import FraudRule, FraudRuleVersion, ValueList, ValueListEntry
from transactions.rules.matching import ALWAYS, Facts, ListBook, Spell, matches
from transactions.rules.nodes import Group, lists_of
from transactions.rules.parsing import ExpressionRefused, parse

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunningRule:
    """A version that runs. shadow: it is counted and changes nothing."""

    rule_id: int
    version_id: int
    name: str
    action: Decision
    shadow: bool
    expression: Group


@dataclass(frozen=True, slots=True)
class Judgement:
    """Rules that a sale met, and the actions of those that decide."""

    met: tuple[RunningRule, ...] = ()

    @property
    def actions(self) -> frozenset[Decision]:
        """Actions of the live rules among them."""
        return frozenset(rule.action for rule in self.met if not rule.shadow)

    @property
    def live_names(self) -> list[str]:
        """Names of the live rules among them, but of those that let through."""
        return [rule.name for rule in self.met if not rule.shadow and rule.action != Decision.ALLOW]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules that run, and the value lists they look into."""

    rules: tuple[RunningRule, ...] = ()
    lists: ListBook = field(default_factory=ListBook)

    def judge(self, facts: Facts) -> Judgement:
        """Return the rules that a sale meets."""
        return Judgement(
            tuple(rule for rule in self.rules if matches(rule.expression, facts, self.lists))
        )


_NONE = RuleSet()
# One tuple, replaced whole: threads see the old set or the new one.
_held: tuple[UUID | None, RuleSet] = (None, _NONE)


def running_rules(stamp: UUID | None) -> RuleSet:
    """Return the rules that run; without a query while the stamp is the one held.

    stamp: as the caller read it; None before the first rule was made.
    """
    global _held
    if stamp is None:
        return _NONE
    known, rules = _held
    if known != stamp:
        rules = load_running()
        _held = (stamp, rules)
    return rules


def load_running() -> RuleSet:
    """Read the rules that run, with their lists; three queries at most."""
    rows = FraudRule.objects.exclude(live=None, shadow=None).select_related("live", "shadow")
    versions = [
        (row, version, shadow)
        for row in rows.order_by("pk")
        for version, shadow in ((row.live, False), (row.shadow, True))
        if version is not None
    ]
    if not versions:
        return _NONE
    kinds = list_kinds()
    read = (_read(row, version, shadow=shadow, kinds=kinds) for row, version, shadow in versions)
    rules = tuple(rule for rule in read if rule is not None)
    return RuleSet(rules, load_lists(rule.expression for rule in rules))


def _read(
    rule: FraudRule, version: FraudRuleVersion, *, shadow: bool, kinds: dict[str, str]
) -> RunningRule | None:
    """Return the version as it runs; one that can no longer be read is reported and left out.

    A sale must not fail because of a rule that names a signal which no longer exists.
    """
    try:
        expression = parse(version.expression, lists=kinds)
    except ExpressionRefused as refused:
        _log.error(
            "rule cannot be read",
            rule=rule.pk,
            version=version.number,
            errors=[f"{error.field}: {error.message}" for error in refused.errors],
        )
        return None
    return RunningRule(
        rule_id=rule.pk,
        version_id=version.pk,
        name=rule.name,
        action=Decision(rule.action),
        shadow=shadow,
        expression=expression,
    )


def list_kinds() -> dict[str, str]:
    """Return the kind of every value list by its key."""
    return dict(ValueList.objects.values_list("key", "kind"))


def list_names() -> dict[str, str]:
    """Return the name of every value list by its key."""
    return dict(ValueList.objects.values_list("key", "name"))


def load_lists(expressions: Iterable[Group]) -> ListBook:
    """Return what the lists of these expressions hold and ever held; no query without lists."""
    keys = {key for expression in expressions for key in lists_of(expression)}
    if not keys:
        return ListBook()
    spells: dict[str, dict[str, tuple[Spell, ...]]] = {}
    rows = ValueListEntry.objects.filter(list__key__in=keys).order_by("pk")
    for key, value, begin, end in rows.values_list("list__key", "value", "added_at", "expires_at"):
        values = spells.setdefault(key, {})
        values[value] = (*values.get(value, ()), _spell(begin, end))
    return ListBook(spells)


def _spell(begin: datetime, end: datetime | None) -> Spell:
    return microseconds(begin), microseconds(end) if end else ALWAYS[1]
