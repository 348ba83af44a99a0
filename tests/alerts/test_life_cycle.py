"""The life cycle's rules, one case each, with times worked out by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts import life_cycle
from alerts.choices import AlertKind, AlertState, EventKind, Resolution, Severity, SnoozeUntil
from alerts.life_cycle import Hold, Outcome, Standing

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
AT_ONCE = Hold()
TEN_MINUTES = life_cycle.hold_of(AlertKind.STOCK_OUT)
TWO_CHECKS = life_cycle.hold_of(AlertKind.OPS_BEAT)


def at(minutes: float) -> datetime:
    """The moment so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def open_alert(severity: Severity = Severity.MEDIUM) -> Standing:
    return life_cycle.opened(severity, times=1, now=NOON).standing


def fire(before: Standing, minutes: float, severity: Severity = Severity.MEDIUM) -> Outcome:
    return life_cycle.fired(before, severity=severity, times=1, now=at(minutes))


def end(before: Standing, minutes: float, hold: Hold = AT_ONCE) -> Outcome:
    outcome = life_cycle.ended(before, hold=hold, now=at(minutes))
    assert outcome is not None
    return outcome


def come_and_go(until_minute: int) -> Standing:
    """Open at 0, gone at 1, back at 2, ... up to and with the given minute."""
    standing = open_alert()
    for minute in range(1, until_minute + 1):
        outcome = end(standing, minute) if minute % 2 else fire(standing, minute)
        standing = outcome.standing
    return standing


def test_a_new_alert_is_open_and_counts_its_sightings() -> None:
    outcome = life_cycle.opened(Severity.HIGH, times=3, now=NOON)

    assert outcome.event is EventKind.OPENED
    assert outcome.standing.state is AlertState.OPEN
    assert outcome.standing.occurrences == 3


def test_firing_again_counts() -> None:
    outcome = fire(open_alert(), 5)

    assert outcome.event is EventKind.REPEATED
    assert outcome.standing.occurrences == 2


def test_severity_rises_and_does_not_fall_while_open() -> None:
    raised = fire(open_alert(Severity.MEDIUM), 1, Severity.CRITICAL)
    fallen = fire(raised.standing, 2, Severity.LOW)

    assert raised.event is EventKind.RAISED
    assert fallen.event is EventKind.REPEATED
    assert fallen.standing.severity is Severity.CRITICAL


def test_ending_resolves_by_itself() -> None:
    outcome = end(open_alert(), 5)

    assert outcome.event is EventKind.RESOLVED
    assert outcome.standing.state is AlertState.RESOLVED
    assert outcome.standing.resolution is Resolution.AUTO
    assert outcome.standing.resolved_at == at(5)


def test_ending_what_is_resolved_changes_nothing() -> None:
    assert life_cycle.ended(end(open_alert(), 5).standing, hold=AT_ONCE, now=at(6)) is None


def test_firing_after_the_end_reopens_with_the_new_severity() -> None:
    resolved = end(open_alert(Severity.CRITICAL), 5).standing

    outcome = fire(resolved, 5 + 24 * 60, Severity.LOW)

    assert outcome.event is EventKind.REOPENED
    assert outcome.standing.state is AlertState.OPEN
    assert outcome.standing.severity is Severity.LOW
    assert outcome.standing.reopened == 1
    assert outcome.standing.occurrences == 2
    assert outcome.standing.resolved_at is None


def test_out_of_stock_must_have_ended_for_ten_minutes() -> None:
    clearing = end(open_alert(), 1, TEN_MINUTES)

    assert clearing.event is EventKind.CLEARING
    assert clearing.standing.state is AlertState.OPEN
    assert life_cycle.passed(clearing.standing, hold=TEN_MINUTES, now=at(10.9)) is None
    resolved = life_cycle.passed(clearing.standing, hold=TEN_MINUTES, now=at(11))
    assert resolved is not None
    assert resolved.standing.state is AlertState.RESOLVED


def test_firing_within_the_hold_time_starts_it_anew() -> None:
    clearing = end(open_alert(), 1, TEN_MINUTES).standing
    back = fire(clearing, 5).standing

    assert back.clearing_since is None
    assert back.changed_at == (NOON,)  # a blip is no change
    assert life_cycle.passed(back, hold=TEN_MINUTES, now=at(30)) is None


def test_a_failing_check_needs_two_healthy_ones() -> None:
    once = end(open_alert(), 1, TWO_CHECKS).standing

    # Time alone does not say that it is well; nor does the first check delivered twice.
    assert life_cycle.passed(once, hold=TWO_CHECKS, now=at(60)) is None
    assert life_cycle.ended(once, hold=TWO_CHECKS, now=at(1.1)) is None
    assert end(once, 2, TWO_CHECKS).event is EventKind.RESOLVED


def test_the_fifth_change_within_the_hour_makes_it_flap() -> None:
    # Opened at 0, gone 1, back 2, gone 3: four changes. Back at 4 is the fifth.
    assert come_and_go(3).state is AlertState.RESOLVED

    outcome = fire(come_and_go(3), 4)

    assert outcome.event is EventKind.FLAPPING
    assert outcome.standing.state is AlertState.FLAPPING


def test_four_changes_in_an_hour_are_not_flapping() -> None:
    # At 60.5 the opening at 0 has left the window: changes at 1, 2, 3 and 60.5.
    assert fire(come_and_go(3), 60.5).event is EventKind.REOPENED


def test_a_flapping_alert_stays_when_its_condition_ends() -> None:
    outcome = end(come_and_go(4), 5)

    assert outcome.event is EventKind.CLEARING
    assert outcome.standing.state is AlertState.FLAPPING
    assert life_cycle.ended(outcome.standing, hold=AT_ONCE, now=at(6)) is None


def test_a_flapping_alert_speaks_once_an_hour() -> None:
    flapping = come_and_go(4)  # told at 4

    quiet = fire(flapping, 30)
    hourly = fire(quiet.standing, 64)

    assert quiet.event is EventKind.REPEATED
    assert hourly.event is EventKind.FLAPPING
    assert hourly.standing.notified_at == at(64)


def test_a_flapping_alert_that_became_quiet_is_open_again() -> None:
    flapping = come_and_go(4)  # changes at 0, 1, 2, 3, 4

    assert life_cycle.passed(flapping, hold=AT_ONCE, now=at(59)) is None
    settled = life_cycle.passed(flapping, hold=AT_ONCE, now=at(60))
    assert settled is not None
    assert settled.event is EventKind.SETTLED
    assert settled.standing.state is AlertState.OPEN


def test_a_flapping_alert_that_ended_is_resolved_once_quiet() -> None:
    ended = end(come_and_go(4), 5).standing  # changes at 1, 2, 3, 4, 5

    assert life_cycle.passed(ended, hold=AT_ONCE, now=at(60)) is None
    resolved = life_cycle.passed(ended, hold=AT_ONCE, now=at(61))
    assert resolved is not None
    assert resolved.standing.state is AlertState.RESOLVED


def test_an_acknowledged_alert_does_not_leave_its_state_by_flapping() -> None:
    acknowledged = life_cycle.acknowledged(come_and_go(4), until=None, now=at(4)).standing

    ended = end(acknowledged, 5)
    back = fire(ended.standing, 6)

    assert ended.standing.state is AlertState.ACKNOWLEDGED
    assert back.standing.state is AlertState.ACKNOWLEDGED
    assert back.standing.changed_at == (at(2), at(3), at(4), at(5), at(6))


@pytest.mark.parametrize(
    ("severity", "hours"),
    [
        (Severity.CRITICAL, 1),
        (Severity.HIGH, 4),
        (Severity.MEDIUM, 24),
        (Severity.LOW, 24),
        (Severity.INFO, 24),
    ],
)
def test_an_acknowledgement_lasts_as_the_severity_says(severity: Severity, hours: int) -> None:
    standing = life_cycle.acknowledged(open_alert(severity), until=None, now=NOON).standing

    assert standing.state is AlertState.ACKNOWLEDGED
    assert standing.acknowledged_until == at(hours * 60)


def test_an_acknowledgement_may_be_shorter_but_not_longer() -> None:
    before = open_alert(Severity.CRITICAL)

    shorter = life_cycle.acknowledged(before, until=at(30), now=NOON)
    assert shorter.standing.acknowledged_until == at(30)
    with pytest.raises(life_cycle.BadMoment, match="up to 1 h"):
        life_cycle.acknowledged(before, until=at(61), now=NOON)
    with pytest.raises(life_cycle.BadMoment):
        life_cycle.acknowledged(before, until=NOON, now=NOON)


def test_an_acknowledgement_runs_out() -> None:
    acknowledged = life_cycle.acknowledged(open_alert(), until=at(30), now=NOON).standing

    assert life_cycle.passed(acknowledged, hold=AT_ONCE, now=at(29)) is None
    outcome = life_cycle.passed(acknowledged, hold=AT_ONCE, now=at(30))
    assert outcome is not None
    assert outcome.event is EventKind.ACK_EXPIRED
    assert outcome.standing.state is AlertState.OPEN


def test_a_rising_severity_shortens_the_acknowledgement() -> None:
    acknowledged = life_cycle.acknowledged(open_alert(), until=None, now=NOON).standing

    outcome = fire(acknowledged, 10, Severity.CRITICAL)

    assert outcome.event is EventKind.RAISED
    assert outcome.standing.state is AlertState.ACKNOWLEDGED
    assert outcome.standing.acknowledged_until == at(70)  # one hour from 10


def test_an_acknowledged_alert_ends_with_its_condition() -> None:
    acknowledged = life_cycle.acknowledged(open_alert(), until=None, now=NOON).standing

    assert end(acknowledged, 5).standing.state is AlertState.RESOLVED


def snooze(rule: SnoozeUntil, until: datetime | None = None, occurrences: int = 1) -> Standing:
    before = life_cycle.opened(Severity.MEDIUM, times=occurrences, now=NOON).standing
    return life_cycle.snoozed(before, rule=rule, until=until, now=NOON).standing


def test_a_snooze_until_a_moment_ends_then_and_is_quiet_before() -> None:
    standing = snooze(SnoozeUntil.TIME, at(60))

    loud = fire(standing, 5, Severity.CRITICAL)
    assert loud.event is EventKind.REPEATED
    assert loud.standing.state is AlertState.SNOOZED
    assert life_cycle.passed(standing, hold=AT_ONCE, now=at(59)) is None
    woken = life_cycle.passed(standing, hold=AT_ONCE, now=at(60))
    assert woken is not None
    assert woken.event is EventKind.WOKEN
    assert woken.standing.state is AlertState.OPEN


def test_a_snooze_until_the_severity_rises_ends_then() -> None:
    standing = snooze(SnoozeUntil.SEVERITY)

    assert fire(standing, 5, Severity.MEDIUM).standing.state is AlertState.SNOOZED
    woken = fire(standing, 5, Severity.HIGH)
    assert woken.event is EventKind.WOKEN
    assert woken.standing.state is AlertState.OPEN


def test_a_snooze_until_the_count_doubles_ends_then() -> None:
    standing = snooze(SnoozeUntil.COUNT, occurrences=2)  # 2 seen, wakes at 4

    third = fire(standing, 1)
    fourth = fire(third.standing, 2)

    assert third.standing.state is AlertState.SNOOZED
    assert fourth.event is EventKind.WOKEN


@pytest.mark.parametrize("until", [None, NOON, NOON + timedelta(days=31)])
def test_a_snooze_needs_a_moment_in_the_next_30_days(until: datetime | None) -> None:
    with pytest.raises(life_cycle.BadMoment):
        snooze(SnoozeUntil.TIME, until)


def test_only_a_snoozed_alert_can_be_woken() -> None:
    assert life_cycle.unsnoozed(snooze(SnoozeUntil.COUNT), now=NOON).event is EventKind.WOKEN
    with pytest.raises(life_cycle.NotSnoozed):
        life_cycle.unsnoozed(open_alert(), now=NOON)


def test_resolving_by_hand_needs_a_reason() -> None:
    outcome = life_cycle.resolved_by_hand(open_alert(), reason="counted again", now=at(3))

    assert outcome.standing.resolution is Resolution.MANUAL
    assert outcome.standing.resolved_at == at(3)
    with pytest.raises(life_cycle.ReasonMissing):
        life_cycle.resolved_by_hand(open_alert(), reason="  ", now=at(3))


def test_nobody_acts_on_what_is_resolved() -> None:
    resolved = end(open_alert(), 1).standing

    with pytest.raises(life_cycle.AlertEnded):
        life_cycle.acknowledged(resolved, until=None, now=at(2))
    with pytest.raises(life_cycle.AlertEnded):
        life_cycle.snoozed(resolved, rule=SnoozeUntil.COUNT, until=None, now=at(2))
    with pytest.raises(life_cycle.AlertEnded):
        life_cycle.unsnoozed(resolved, now=at(2))
    with pytest.raises(life_cycle.AlertEnded):
        life_cycle.resolved_by_hand(resolved, reason="done", now=at(2))
