"""What people do to an alert, and what is refused."""

import pytest

from alerts.choices import AlertState, EventKind, Severity, SnoozeUntil
from alerts.models import Alert, AlertEvent
from alerts.services import (
    AlertEnded,
    BadMoment,
    HeldBySomeone,
    NotSnoozed,
    ReasonMissing,
    acknowledge,
    assign,
    resolve,
    snooze,
    sweep_alerts,
    unsnooze,
)
from techmart.core.models import User
from tests.alerts.factories import NOON, at, make_alert, make_analyst


@pytest.fixture
def ana() -> User:
    return make_analyst()


@pytest.fixture
def ben() -> User:
    return make_analyst("ben@example.com", name="Ben")


def last_event() -> AlertEvent:
    return AlertEvent.objects.order_by("-id")[0]


@pytest.mark.django_db
def test_acknowledging_says_who_and_until_when(ana: User) -> None:
    alert = make_alert(severity=Severity.HIGH)

    acknowledge(alert_id=alert.pk, actor=ana, now=at(1))

    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, ana)
    assert alert.acknowledged_until == at(1 + 4 * 60)
    event = last_event()
    assert (event.kind, event.actor) == (EventKind.ACKNOWLEDGED, ana)
    assert event.payload["until"] == at(241).isoformat()


@pytest.mark.django_db
def test_an_alert_of_someone_else_cannot_be_acknowledged(ana: User, ben: User) -> None:
    alert = make_alert()
    acknowledge(alert_id=alert.pk, actor=ana, now=NOON)

    with pytest.raises(HeldBySomeone, match="Ana has acknowledged"):
        acknowledge(alert_id=alert.pk, actor=ben, now=at(1))
    prolonged = acknowledge(alert_id=alert.pk, actor=ana, now=at(2))

    assert prolonged.acknowledged_until == at(2 + 24 * 60)


@pytest.mark.django_db
def test_the_sweep_ends_acknowledgements_and_snoozes(ana: User) -> None:
    held = make_alert("stock.low:1", severity=Severity.CRITICAL)
    quiet = make_alert("stock.low:2")
    waiting = make_alert("stock.low:3")
    acknowledge(alert_id=held.pk, actor=ana, now=NOON)
    snooze(alert_id=quiet.pk, actor=ana, rule=SnoozeUntil.TIME, until=at(60), now=NOON)
    snooze(alert_id=waiting.pk, actor=ana, rule=SnoozeUntil.COUNT, now=NOON)

    assert sweep_alerts(now=at(59)) == 0
    assert sweep_alerts(now=at(60)) == 2
    assert sweep_alerts(now=at(60)) == 0

    states = dict(Alert.objects.values_list("dedupe_key", "state"))
    assert states == {"stock.low:1": "open", "stock.low:2": "open", "stock.low:3": "snoozed"}
    held.refresh_from_db()
    assert held.acknowledged_by is None
    kinds = AlertEvent.objects.filter(actor=None).values_list("kind", flat=True)
    assert sorted(kinds) == ["ack_expired", "opened", "opened", "opened", "woken"]


@pytest.mark.django_db
def test_a_snooze_until_the_count_doubles_is_woken_by_a_sighting(ana: User) -> None:
    alert = make_alert()
    snooze(alert_id=alert.pk, actor=ana, rule=SnoozeUntil.COUNT, now=NOON)

    assert make_alert(now=at(1)).state == AlertState.OPEN
    assert last_event().kind == EventKind.WOKEN


@pytest.mark.django_db
def test_a_person_can_end_a_snooze(ana: User) -> None:
    alert = make_alert()
    with pytest.raises(NotSnoozed):
        unsnooze(alert_id=alert.pk, actor=ana, now=NOON)
    snooze(alert_id=alert.pk, actor=ana, rule=SnoozeUntil.SEVERITY, now=NOON)

    assert unsnooze(alert_id=alert.pk, actor=ana, now=at(1)).state == AlertState.OPEN


@pytest.mark.django_db
def test_assigning_is_in_the_history(ana: User, ben: User) -> None:
    alert = make_alert()

    assign(alert_id=alert.pk, actor=ana, assignee=ben, now=at(1))

    alert.refresh_from_db()
    assert alert.assigned_to == ben
    event = last_event()
    assert (event.kind, event.actor, event.payload["assignee"]) == ("assigned", ana, "Ben")
    assert assign(alert_id=alert.pk, actor=ana, assignee=None, now=at(2)).assigned_to is None


@pytest.mark.django_db
def test_resolving_keeps_the_reason_and_the_person(ana: User) -> None:
    alert = make_alert()
    with pytest.raises(ReasonMissing):
        resolve(alert_id=alert.pk, actor=ana, reason=" ", now=at(1))

    resolve(alert_id=alert.pk, actor=ana, reason="Counted again", now=at(1))

    alert.refresh_from_db()
    assert (alert.state, alert.resolution, alert.resolved_by, alert.reason) == (
        "resolved",
        "manual",
        ana,
        "Counted again",
    )
    assert last_event().payload["reason"] == "Counted again"


@pytest.mark.django_db
def test_an_alert_that_comes_back_forgets_who_resolved_it(ana: User) -> None:
    alert = make_alert()
    assign(alert_id=alert.pk, actor=ana, assignee=ana, now=NOON)
    resolve(alert_id=alert.pk, actor=ana, reason="Ordered", now=at(1))

    make_alert(now=at(2))

    alert.refresh_from_db()
    assert (alert.state, alert.resolved_by, alert.reason, alert.resolution) == (
        "open",
        None,
        "",
        "",
    )
    assert alert.assigned_to == ana


@pytest.mark.django_db
def test_acts_on_a_resolved_alert_are_refused_and_change_nothing(ana: User) -> None:
    alert = make_alert()
    resolve(alert_id=alert.pk, actor=ana, reason="Ordered", now=at(1))
    events = AlertEvent.objects.count()

    with pytest.raises(AlertEnded):
        acknowledge(alert_id=alert.pk, actor=ana, now=at(2))
    with pytest.raises(AlertEnded):
        assign(alert_id=alert.pk, actor=ana, assignee=ana, now=at(2))
    with pytest.raises(AlertEnded):
        snooze(alert_id=alert.pk, actor=ana, rule=SnoozeUntil.COUNT, now=at(2))
    with pytest.raises(AlertEnded):
        resolve(alert_id=alert.pk, actor=ana, reason="Again", now=at(2))

    assert AlertEvent.objects.count() == events


@pytest.mark.django_db
def test_a_moment_in_the_past_is_refused(ana: User) -> None:
    alert = make_alert()

    with pytest.raises(BadMoment):
        snooze(alert_id=alert.pk, actor=ana, rule=SnoozeUntil.TIME, until=at(-1), now=NOON)
    with pytest.raises(BadMoment):
        acknowledge(alert_id=alert.pk, actor=ana, until=at(-1), now=NOON)
