"""Raising and clearing: one alert a key, whoever raises it and how many do so at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from alerts.choices import AlertKind, AlertState, EventKind, Severity, Topic
from alerts.models import Alert, AlertEvent
from alerts.services import clear_alert, clear_alerts, raise_alerts, sweep_alerts
from tests.alerts.factories import NOON, at, make_alert, spec


def history(alert: Alert) -> list[str]:
    """Kinds of an alert's events, oldest first."""
    return list(
        AlertEvent.objects.filter(alert=alert).order_by("id").values_list("kind", flat=True)
    )


@pytest.mark.django_db
def test_a_first_sighting_opens_an_alert() -> None:
    made = make_alert(message="3 left", facts={"stock": 3}, audience="inventory.view_product")

    alert = Alert.objects.get()
    assert alert == made
    assert (alert.state, alert.occurrences, alert.severity_rank) == ("open", 1, 2)
    assert (alert.first_seen_at, alert.last_seen_at) == (NOON, NOON)
    assert alert.facts == {"stock": 3}


@pytest.mark.django_db
def test_each_change_writes_an_event_with_what_is_told_of_it() -> None:
    alert = make_alert(title="Socks are low", path="/inventory/products/S1/", audience="x.y")

    event = AlertEvent.objects.get()
    assert (event.topic, event.kind, event.alert, event.seq) == (
        Topic.ALERTS,
        EventKind.OPENED,
        alert,
        None,
    )
    assert (event.subject_kind, event.subject_id, event.audience, event.at) == (
        "product",
        7,
        "x.y",
        NOON,
    )
    assert event.payload["title"] == "Socks are low"
    assert event.payload["path"] == "/inventory/products/S1/"
    assert event.payload["severity"] == "medium"


@pytest.mark.django_db
def test_the_same_key_is_merged_and_its_severity_only_rises() -> None:
    make_alert(title="Low")
    make_alert(title="Lower", severity=Severity.HIGH, now=at(1))
    make_alert(title="Milder", severity=Severity.LOW, now=at(2))

    alert = Alert.objects.get()
    assert (alert.severity, alert.occurrences) == (Severity.HIGH, 3)
    assert alert.title == "Lower"
    assert alert.last_seen_at == at(2)
    assert history(alert) == ["opened", "raised", "repeated"]


@pytest.mark.django_db
def test_a_worse_kind_of_the_same_key_takes_over() -> None:
    make_alert("fraud:O-1", kind=AlertKind.FRAUD_REVIEW, severity=Severity.MEDIUM)
    make_alert("fraud:O-1", kind=AlertKind.FRAUD_BLOCK, severity=Severity.HIGH)

    assert Alert.objects.get().kind == AlertKind.FRAUD_BLOCK


@pytest.mark.django_db
def test_an_alert_comes_back_within_24_hours_and_is_a_new_one_later() -> None:
    first = make_alert()
    clear_alert(dedupe_key=first.dedupe_key, now=at(1))

    same = make_alert(now=at(1) + timedelta(hours=24))
    clear_alert(dedupe_key=first.dedupe_key, now=at(1) + timedelta(hours=25))
    later = make_alert(now=at(2) + timedelta(hours=49))

    assert same.pk == first.pk
    assert (same.reopened, same.occurrences) == (1, 2)
    assert history(first) == ["opened", "resolved", "reopened", "resolved"]
    assert later.pk != first.pk


@pytest.mark.django_db
def test_the_latest_resolved_alert_of_a_key_comes_back() -> None:
    old = make_alert()
    clear_alert(dedupe_key=old.dedupe_key, now=at(1))
    Alert.objects.filter(pk=old.pk).update(resolved_at=at(-2000))
    newer = make_alert(now=at(2))
    Alert.objects.filter(pk=old.pk).update(resolved_at=at(1))
    clear_alert(dedupe_key=newer.dedupe_key, now=at(3))

    assert make_alert(now=at(4)).pk == newer.pk


@pytest.mark.django_db
def test_clearing_resolves_and_a_key_without_an_alert_is_no_error() -> None:
    alert = make_alert()

    clear_alerts([alert.dedupe_key, "stock.low:8"], now=at(5))

    alert.refresh_from_db()
    assert (alert.state, alert.resolution, alert.resolved_at) == ("resolved", "auto", at(5))
    assert history(alert) == ["opened", "resolved"]


@pytest.mark.django_db
def test_out_of_stock_is_resolved_by_the_sweep_after_ten_minutes() -> None:
    alert = make_alert("stock.out:7", kind=AlertKind.STOCK_OUT)
    clear_alert(dedupe_key="stock.out:7", now=at(1))

    assert sweep_alerts(now=at(10)) == 0
    assert sweep_alerts(now=at(11)) == 1

    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED
    assert history(alert) == ["opened", "clearing", "resolved"]


@pytest.mark.django_db
def test_out_again_within_ten_minutes_stays_open() -> None:
    make_alert("stock.out:7", kind=AlertKind.STOCK_OUT)
    clear_alert(dedupe_key="stock.out:7", now=at(1))
    make_alert("stock.out:7", kind=AlertKind.STOCK_OUT, now=at(5))

    assert sweep_alerts(now=at(30)) == 0
    assert Alert.objects.get().state == AlertState.OPEN


@pytest.mark.django_db
def test_an_alert_that_comes_and_goes_flaps_and_settles() -> None:
    for minute in (0, 2, 4):
        alert = make_alert(now=at(minute))
        clear_alert(dedupe_key=alert.dedupe_key, now=at(minute + 1))

    alert.refresh_from_db()
    assert alert.state == AlertState.FLAPPING
    assert sweep_alerts(now=at(30)) == 0
    # Changes at 1, 2, 3, 4 and 5: at 61 the first has left the hour.
    assert sweep_alerts(now=at(61)) == 1
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED
    assert alert.reopened == 2


@pytest.mark.django_db
def test_many_are_raised_and_cleared_in_a_handful_of_statements() -> None:
    known = [spec(f"stock.low:{n}", severity=Severity.LOW) for n in range(300)]
    raise_alerts(known, now=NOON)
    everything = [spec(f"stock.low:{n}", severity=Severity.HIGH) for n in range(600)]

    with CaptureQueriesContext(connection) as raising:
        touched = raise_alerts(everything, now=at(1))
    with CaptureQueriesContext(connection) as clearing:
        clear_alerts([each.dedupe_key for each in everything], now=at(2))

    # Savepoint, lock, update, insert, events, release.
    assert len(raising) == 6
    assert len(clearing) == 5
    assert touched == 600
    assert Alert.objects.filter(occurrences=2).count() == 300
    assert not Alert.objects.live().exists()
    assert AlertEvent.objects.count() == 300 + 600 + 600


@pytest.mark.django_db
def test_sightings_of_one_key_in_one_call_are_merged() -> None:
    touched = raise_alerts(
        [
            spec(severity=Severity.HIGH, title="High"),
            spec(severity=Severity.LOW, title="Low"),
            spec(severity=Severity.HIGH, title="Last"),
        ],
        now=NOON,
    )

    alert = Alert.objects.get()
    assert touched == 1
    assert (alert.occurrences, alert.severity, alert.title) == (3, Severity.HIGH, "Last")


@pytest.mark.django_db
def test_words_that_are_too_long_are_cut_and_do_not_fail() -> None:
    alert = make_alert(title="t" * 300, message="m" * 900)

    alert.refresh_from_db()
    assert alert.title == "t" * 199 + "…"
    assert alert.message == "m" * 499 + "…"


@pytest.mark.django_db
def test_raising_nothing_does_nothing() -> None:
    assert raise_alerts([], now=NOON) == 0


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_sighting_leaves_nothing() -> None:
    with transaction.atomic():
        make_alert()
        transaction.set_rollback(True)

    assert not Alert.objects.exists()
    assert not AlertEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_sightings_of_one_key_make_one_alert() -> None:
    writers = 8
    start = threading.Barrier(writers)

    def raise_it(number: int) -> int:
        try:
            start.wait(timeout=10)
            with transaction.atomic():
                return make_alert(now=at(number)).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(writers) as pool:
        keys = set(pool.map(raise_it, range(writers)))

    alert = Alert.objects.get()
    assert keys == {alert.pk}
    assert alert.occurrences == writers
    assert sorted(history(alert)) == ["opened"] + ["repeated"] * (writers - 1)


@pytest.mark.django_db(transaction=True)
def test_concurrent_sightings_after_the_end_reopen_one_alert() -> None:
    first = make_alert()
    clear_alert(dedupe_key=first.dedupe_key, now=at(1))
    writers = 8
    start = threading.Barrier(writers)

    def raise_it(number: int) -> int:
        try:
            start.wait(timeout=10)
            with transaction.atomic():
                return make_alert(now=at(2)).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(writers) as pool:
        keys = set(pool.map(raise_it, range(writers)))

    alert = Alert.objects.get()
    assert keys == {first.pk}
    assert (alert.occurrences, alert.reopened) == (1 + writers, 1)


@pytest.mark.django_db(transaction=True)
def test_bulk_raises_of_the_same_keys_do_not_deadlock() -> None:
    writers = 4
    start = threading.Barrier(writers)

    def raise_them(number: int) -> int:
        keys = [f"stock.low:{n}" for n in range(200)]
        specs = [spec(key) for key in (keys if number % 2 else reversed(keys))]
        try:
            start.wait(timeout=10)
            return raise_alerts(specs, now=at(number))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(writers) as pool:
        assert list(pool.map(raise_them, range(writers))) == [200] * writers

    assert list(Alert.objects.values_list("occurrences", flat=True).distinct()) == [writers]
    assert Alert.objects.count() == 200
