"""Acts on many alerts, and the pages they are done on."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.choices import AlertState, EventKind, Severity, SnoozeUntil
from alerts.life_cycle import ReasonMissing
from alerts.models import Alert, AlertEvent, Silence
from alerts.notifying.silences import silence
from alerts.services import acknowledge, acknowledge_many, resolve_many, snooze_many
from tests.alerts.factories import at, make_alert, make_analyst, make_user
from tests.pages import htmx, signed_in, text_of

pytestmark = pytest.mark.django_db
CHANGES = ("alerts.view_alert", "alerts.change_alert")


def _states() -> dict[str, str]:
    return dict(Alert.objects.values_list("dedupe_key", "state"))


def test_each_is_taken_on_for_as_long_as_its_severity_allows() -> None:
    ana = make_analyst()
    grave = make_alert("a", severity=Severity.CRITICAL)
    slight = make_alert("b", severity=Severity.LOW)

    assert acknowledge_many(alert_ids=[grave.pk, slight.pk], actor=ana, now=at(1)) == 2

    ends = Alert.objects.order_by("pk").values_list("acknowledged_until", "acknowledged_by")
    assert list(ends) == [(at(61), ana.pk), (at(24 * 60 + 1), ana.pk)]
    told = AlertEvent.objects.filter(kind=EventKind.ACKNOWLEDGED).order_by("alert_id")
    assert [event.payload["until"] for event in told] == [
        at(61).isoformat(),
        at(24 * 60 + 1).isoformat(),
    ]


def test_those_of_others_and_those_that_ended_are_left_out() -> None:
    ana, ben = make_analyst(), make_analyst("ben@example.com", name="Ben")
    held, ended, free = make_alert("a"), make_alert("b"), make_alert("c")
    acknowledge(alert_id=held.pk, actor=ben, now=at(1))
    resolve_many(alert_ids=[ended.pk], actor=ben, reason="Done", now=at(1))
    everyone = [held.pk, ended.pk, free.pk]

    assert acknowledge_many(alert_ids=everyone, actor=ana, now=at(2)) == 1

    held.refresh_from_db()
    assert held.acknowledged_by_id == ben.pk
    assert _states() == {"a": "acknowledged", "b": "resolved", "c": "acknowledged"}


def test_many_cost_as_many_statements_as_few(django_assert_num_queries: Any) -> None:
    ana = make_analyst()
    ids = [make_alert(f"k{number}").pk for number in range(40)]

    # Savepoint, lock, update, events, release.
    with django_assert_num_queries(5):
        assert snooze_many(
            alert_ids=ids, actor=ana, rule=SnoozeUntil.TIME, until=at(60), now=at(1)
        ) == len(ids)

    assert set(_states().values()) == {AlertState.SNOOZED}


def test_resolving_needs_a_reason() -> None:
    alert = make_alert()

    with pytest.raises(ReasonMissing):
        resolve_many(alert_ids=[alert.pk], actor=make_analyst(), reason=" ", now=at(1))


def test_ticked_alerts_are_acknowledged_and_the_list_comes_back() -> None:
    ids = [make_alert(key, title=key).pk for key in ("one", "two", "three")]

    answer = signed_in(*CHANGES).post(
        "/alerts/bulk/",
        {"act": "acknowledge", "alert": ids[:2], "next": "/alerts/"},
        **htmx("alerts-table"),
    )

    assert answer.status_code == 200
    assert "Acknowledged 2 alerts" in answer["HX-Trigger"]
    assert _states() == {"one": "acknowledged", "two": "acknowledged", "three": "open"}


def test_all_that_match_are_those_of_the_filter() -> None:
    make_alert("grave", severity=Severity.HIGH)
    make_alert("slight", severity=Severity.LOW)

    answer = signed_in(*CHANGES).post(
        "/alerts/bulk/",
        {"act": "snooze", "until": "1h", "all": "1", "next": "/alerts/?sev=high"},
    )

    assert (answer.status_code, answer["Location"]) == (303, "/alerts/?sev=high")
    assert _states() == {"grave": "snoozed", "slight": "open"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Choose what to do."),
        ({"act": "acknowledge"}, "Tick at least one alert."),
        ({"act": "resolve", "alert": "1"}, "Say why"),
        ({"act": "acknowledge", "alert": ["x", "999999"]}, "Tick at least one alert."),
    ],
)
def test_what_cannot_be_done_is_said(given: dict[str, Any], said: str) -> None:
    make_alert()

    answer = signed_in(*CHANGES).post("/alerts/bulk/", given, **htmx("alerts-table"))

    assert answer.status_code == 422
    assert said in answer["HX-Trigger"]
    assert _states() == {"stock.low:7": "open"}


def test_alerts_of_others_cannot_be_reached_by_their_number() -> None:
    hidden = make_alert(audience="transactions.view_transaction")

    signed_in(*CHANGES).post("/alerts/bulk/", {"act": "acknowledge", "alert": [hidden.pk]})

    assert _states() == {"stock.low:7": "open"}


def test_boxes_are_there_for_those_who_may_act() -> None:
    make_alert()

    assert (
        'input type="checkbox" name="alert"' in signed_in(*CHANGES).get("/alerts/").content.decode()
    )
    reader = signed_in("alerts.view_alert", email="reader@example.test")
    assert 'name="alert"' not in reader.get("/alerts/").content.decode()


def _keeper(*more: str) -> Client:
    silences = ("alerts.view_silence", "alerts.add_silence", "alerts.change_silence")
    return signed_in(*CHANGES, *silences, *more, email="keeper@example.test")


def test_alerts_like_one_are_silenced_with_a_reason_and_an_end() -> None:
    alert = make_alert(title="Low stock: Tea")
    client = _keeper()
    form = client.get("/alerts/silences/", {"alert": alert.pk})
    assert "Only about the product of: Low stock: Tea" in text_of(form)

    answer = client.post(
        "/alerts/silences/",
        {
            "alert": alert.pk,
            "kind": "stock.low",
            "only_subject": "on",
            "reason": "Moving",
            "days": "2",
        },
    )

    assert answer.status_code == 303
    row = Silence.objects.get()
    assert (row.kind, row.subject_kind, row.subject_id) == ("stock.low", "product", 7)
    assert row.ends_at - row.starts_at == timedelta(days=2)
    kept = text_of(client.get("/alerts/silences/"))
    assert f"{row.get_kind_display()}, only about the product of: Low stock: Tea Moving" in kept
    client.post(f"/alerts/silences/{row.pk}/end/")
    row.refresh_from_db()
    assert row.ended_at is not None
    assert row.ended_at <= timezone.now()


@pytest.mark.parametrize("days", ["0", "31", "nan", "inf", "x", ""])
def test_a_silence_of_no_or_too_many_days_is_refused(days: str) -> None:
    answer = _keeper().post("/alerts/silences/", {"reason": "Moving", "days": days})

    assert answer.status_code == 422
    assert not Silence.objects.exists()


def test_who_may_only_look_gets_no_form() -> None:
    make_user("x@example.com")
    client = signed_in("alerts.view_silence")

    assert '<form class="fields"' not in client.get("/alerts/silences/").content.decode()
    assert client.post("/alerts/silences/", {"reason": "x", "days": "1"}).status_code == 403


def test_what_an_alert_hides_is_no_fact_for_readers() -> None:
    alert = make_alert(facts={"orders": 5, "hides": ["fraud:O1"]})

    page = text_of(signed_in("alerts.view_alert").get(f"/alerts/{alert.pk}/"))

    assert "Orders 5" in page
    assert "fraud:O1" not in page


def test_more_silences_ask_no_more_questions(django_assert_max_num_queries: Any) -> None:
    client, ana = _keeper(), make_analyst()
    for number in range(5):
        silence(
            kind="po.late", reason=f"No. {number}", until=_soon(), actor=ana, now=timezone.now()
        )
    client.get("/alerts/silences/")

    # Session, person, permissions twice, silences, shop, counters.
    with django_assert_max_num_queries(9):
        client.get("/alerts/silences/")


def _soon() -> datetime:
    return timezone.now() + timedelta(hours=1)
