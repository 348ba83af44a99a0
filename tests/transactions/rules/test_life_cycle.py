"""A rule's life: what each act does, and everything it refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from techmart.core.models import AuditEntry, ShopSettings
from techmart.core.problems import Refusal
from tests.transactions.factories import NOW, make_analyst
from tests.transactions.rules.rules import LARGE, author, make_active, make_rule, with_backtest
from transactions.models import FraudRule, RuleApproval, RuleStamp
from transactions.services import rules

pytestmark = pytest.mark.django_db
HUGE = {"all": [{"field": "amount", "operator": "at_least", "value": "1000.00"}]}
LATER = NOW + timedelta(minutes=5)


def _refused(act: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as refusal:
        act()
    return [(error.field, error.code) for error in refusal.value.errors] or [
        ("", refusal.value.code)
    ]


def _state(rule: FraudRule) -> tuple[str, int | None, int | None]:
    rule = FraudRule.objects.select_related("live", "shadow").get(pk=rule.pk)
    return (
        rule.state,
        rule.live.number if rule.live else None,
        rule.shadow.number if rule.shadow else None,
    )


def _activate(rule: FraudRule, number: int = 1, **fields: Any) -> FraudRule:
    values: dict[str, Any] = {"actor": author(), "now": NOW}
    return rules.activate(rule_id=rule.pk, number=number, **values | fields)


def _add(rule: FraudRule, expression: Any = HUGE) -> int:
    return rules.add_version(
        rule_id=rule.pk, expression=expression, note="", actor=author(), now=LATER
    ).number


def test_a_rule_begins_as_a_draft_that_says_what_it_means() -> None:
    rule = make_rule(name=" Large ones ")

    version = rule.versions.get()
    assert (rule.name, rule.owner) == ("Large ones", author())
    assert _state(rule) == ("draft", None, None)
    assert (version.number, version.sentence) == (1, "amount ≥ $100.00")
    entry = AuditEntry.objects.get(action="rule.make")
    assert (entry.subject_kind, entry.subject_id, entry.actor) == (
        "fraud_rule",
        rule.pk,
        author(),
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": " "}, ("name", "required")),
        ({"name": "x" * 121}, ("name", "too_long")),
        ({"name": "Taken"}, ("name", "taken")),
        ({"reason": ""}, ("reason", "required")),
        ({"action": "burn"}, ("action", "unknown")),
        ({"expression": {"all": []}}, ("expression", "empty")),
    ],
)
def test_a_rule_without_its_parts_is_refused(
    changes: dict[str, Any], error: tuple[str, str]
) -> None:
    make_rule(name="Taken")

    assert _refused(lambda: make_rule(**changes)) == [error]
    assert FraudRule.objects.count() == 1


def test_a_new_version_lets_the_old_one_run() -> None:
    rule = make_active()

    number = _add(rule)

    assert (number, _state(rule)) == (2, ("active", 1, None))
    assert _refused(lambda: _add(rule)) == [("expression", "unchanged")]


def test_a_version_needs_a_backtest_of_its_own() -> None:
    rule = make_rule()
    assert _refused(lambda: _activate(rule)) == [("backtest", "required")]

    with_backtest(rule)
    _activate(rule)
    assert _state(rule) == ("active", 1, None)

    # What was found of version 1 says nothing of version 2.
    _add(rule)
    assert _refused(lambda: _activate(rule, 2)) == [("backtest", "required")]
    with_backtest(rule, number=2, at=LATER)
    _activate(rule, 2)
    assert _state(rule) == ("active", 2, None)


@pytest.mark.parametrize("status", ["queued", "running", "failed"])
def test_a_backtest_that_is_not_done_does_not_count(status: str) -> None:
    rule = make_rule()
    backtest = with_backtest(rule)
    backtest.status = status
    backtest.save()

    assert _refused(lambda: _activate(rule)) == [("backtest", "required")]


def test_a_backtest_grows_old() -> None:
    rule = make_rule()
    with_backtest(rule)

    assert _refused(lambda: _activate(rule, now=NOW + timedelta(days=31))) == [
        ("backtest", "outdated")
    ]


def test_a_rule_that_became_active_since_makes_a_backtest_old() -> None:
    first, second = make_rule(), make_rule()
    with_backtest(first)
    with_backtest(second)
    _activate(first, now=LATER)

    assert _refused(lambda: _activate(second, now=LATER)) == [("backtest", "outdated")]


@pytest.mark.parametrize(
    ("added_a_day", "held_otherwise", "allowed"),
    [
        (10.0, 0.0, True),
        (10.1, 0.0, False),
        (4.0, 6.0, True),
        (4.1, 6.0, False),
        (0.5, 50.0, False),
    ],
)
def test_a_review_rule_has_to_fit_into_the_free_capacity(
    added_a_day: float, held_otherwise: float, allowed: bool
) -> None:
    ShopSettings.objects.create(review_capacity_per_day=10)
    rule = make_rule()
    backtest = with_backtest(rule, added_a_day=added_a_day)
    backtest.result["held_otherwise_a_day"] = held_otherwise
    backtest.save()

    if allowed:
        assert _activate(rule).state == "active"
    else:
        assert _refused(lambda: _activate(rule)) == [("capacity", "exceeded")]
        assert _state(rule) == ("draft", None, None)


@pytest.mark.parametrize("action", ["allow", "block"])
def test_rules_that_hold_nothing_need_no_capacity(action: str) -> None:
    ShopSettings.objects.create(review_capacity_per_day=1)
    rule = make_rule(action=action)
    with_backtest(rule, added_a_day=100)
    if action == "block":
        rules.approve_version(rule_id=rule.pk, number=1, reason="", actor=make_analyst(), now=NOW)

    assert _activate(rule).state == "active"


def test_a_block_rule_needs_a_second_person() -> None:
    rule = make_rule(action="block")
    with_backtest(rule)
    assert _refused(lambda: _activate(rule)) == [("approval", "required")]

    def approve(**fields: Any) -> RuleApproval:
        values: dict[str, Any] = {"rule_id": rule.pk, "number": 1, "reason": "", "now": NOW}
        return rules.approve_version(**values | fields)

    assert _refused(lambda: approve(actor=author())) == [("approver", "author")]
    approve(actor=make_analyst(), reason="Seen")
    assert _refused(lambda: approve(actor=make_analyst("third@example.test"))) == [
        ("", "wrong_state")
    ]

    # The author himself may switch it on then.
    assert _activate(rule).state == "active"
    # An approval is of one version.
    _add(rule)
    with_backtest(rule, number=2, at=LATER)
    assert _refused(lambda: _activate(rule, 2)) == [("approval", "required")]


def test_a_review_rule_needs_no_second_person() -> None:
    rule = make_rule()

    assert _refused(
        lambda: rules.approve_version(
            rule_id=rule.pk, number=1, reason="", actor=make_analyst(), now=NOW
        )
    ) == [("", "wrong_state")]


def test_shadow_begins_and_ends_without_a_backtest() -> None:
    rule = make_rule(action="block")
    who: dict[str, Any] = {"rule_id": rule.pk, "actor": author(), "now": NOW}

    rules.start_shadow(number=1, **who)
    assert _state(rule) == ("shadow", None, 1)
    assert _refused(lambda: rules.start_shadow(number=1, **who)) == [("", "wrong_state")]
    rules.stop_shadow(**who)
    assert _state(rule) == ("draft", None, None)
    assert _refused(lambda: rules.stop_shadow(**who)) == [("", "wrong_state")]


def test_an_active_rule_steps_back_into_shadow() -> None:
    rule = make_active()

    rules.start_shadow(rule_id=rule.pk, number=1, actor=author(), now=NOW)

    assert _state(rule) == ("shadow", None, 1)


def test_a_newer_version_in_shadow_is_activated() -> None:
    rule = make_active()
    _add(rule)
    rules.start_shadow(rule_id=rule.pk, number=2, actor=author(), now=NOW)
    assert _state(rule) == ("active", 1, 2)

    with_backtest(rule, number=2, at=LATER)
    _activate(rule, 2)

    assert _state(rule) == ("active", 2, None)
    assert _refused(lambda: _activate(rule, 2)) == [("", "wrong_state")]


def test_a_rule_is_retired_for_a_reason_and_may_come_back() -> None:
    rule = make_active()

    def retire(reason: str) -> FraudRule:
        return rules.retire(rule_id=rule.pk, reason=reason, actor=author(), now=NOW)

    assert _refused(lambda: retire(" ")) == [("reason", "required")]
    retire("Too many")
    assert _state(rule) == ("retired", None, None)
    assert _refused(lambda: retire("Again")) == [("", "wrong_state")]
    entry = AuditEntry.objects.get(action="rule.retire")
    assert (entry.before["live"], entry.after["live"], entry.reason) == (1, None, "Too many")

    assert _activate(rule).state == "active"


def test_every_change_of_what_runs_renews_the_stamp() -> None:
    rule = make_rule()
    with_backtest(rule)
    who: dict[str, Any] = {"rule_id": rule.pk, "actor": author(), "now": NOW}
    acts: list[Callable[[], object]] = [
        lambda: rules.start_shadow(number=1, **who),
        lambda: rules.activate(number=1, **who),
        lambda: rules.start_shadow(number=1, **who),
        lambda: rules.stop_shadow(**who),
        lambda: rules.retire(reason="Done", **who),
    ]
    stamps = []
    for act in acts:
        act()
        stamps.append(RuleStamp.objects.get().stamp)

    assert len(set(stamps)) == 5


@pytest.mark.parametrize(
    "act",
    [
        lambda: rules.activate(rule_id=1, number=1, actor=author(), now=NOW),
        lambda: rules.retire(rule_id=1, reason="x", actor=author(), now=NOW),
        lambda: rules.add_version(rule_id=1, expression=LARGE, note="", actor=author(), now=NOW),
        lambda: rules.start_shadow(rule_id=make_rule().pk, number=7, actor=author(), now=NOW),
    ],
)
def test_what_does_not_exist_is_said(act: Callable[[], object]) -> None:
    assert _refused(act) == [("", "unknown_rule")]
