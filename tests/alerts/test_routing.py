"""When a recipient is told: worked by hand from the timings."""

from datetime import datetime
from typing import Any

import pytest

from alerts.choices import AlertKind, Severity
from alerts.notifying.routing import Firing, Quiet, Told, Wish, audible, due_groups
from tests.alerts.factories import at

ALL = Wish(Severity.INFO)


def firing(number: int = 1, **changes: Any) -> Firing:
    given: dict[str, Any] = {
        "id": number,
        "reopened": 0,
        "kind": AlertKind.STOCK_LOW.value,
        "severity": Severity.MEDIUM,
        "dedupe_key": f"stock.low:{number}",
        "subject_kind": "product",
        "subject_id": number,
        "audience": "",
        "since": at(0),
    }
    return Firing(**given | changes)


def due(alerts: list[Firing], *, now: datetime, wish: Wish = ALL, **told: Told) -> list[list[int]]:
    last = {kind.replace("_", "."): given for kind, given in told.items()}
    return [
        [alert.id for alert in group] for group in due_groups(alerts, wish, last, now=now).values()
    ]


def test_the_first_message_waits_for_others_of_its_kind() -> None:
    alerts = [firing(1), firing(2, since=at(0.2))]

    assert due(alerts, now=at(0.24)) == []
    assert due(alerts, now=at(0.25)) == [[1, 2]]


def test_a_new_alert_of_a_told_kind_waits_for_the_interval() -> None:
    told = Told(at(1), frozenset({"1.0"}))
    alerts = [firing(1), firing(2, since=at(2))]

    assert due(alerts, now=at(5.9), stock_low=told) == []
    assert due(alerts, now=at(6), stock_low=told) == [[1, 2]]


def test_what_lasts_is_repeated_critical_ones_sooner() -> None:
    told = Told(at(0), frozenset({"1.0"}))

    assert due([firing()], now=at(239), stock_low=told) == []
    assert due([firing()], now=at(240), stock_low=told) == [[1]]
    critical = firing(severity=Severity.CRITICAL)
    assert due([critical], now=at(59), stock_low=told) == []
    assert due([critical], now=at(60), stock_low=told) == [[1]]


def test_an_alert_that_came_back_is_new() -> None:
    told = Told(at(0), frozenset({"1.0"}))

    assert due([firing(reopened=1, since=at(20))], now=at(21), stock_low=told) == [[1]]


def test_kinds_are_told_apart_and_the_gravest_comes_first() -> None:
    alerts = [
        firing(1),
        firing(2, severity=Severity.HIGH),
        firing(3, kind=AlertKind.PO_LATE.value),
    ]

    assert due(alerts, now=at(1)) == [[2, 1], [3]]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(Severity.HIGH), [[2]]),
        (Wish(Severity.INFO, frozenset({"po.late"})), []),
        (Wish(Severity.INFO, frozenset({"stock.low"})), [[2, 1]]),
    ],
)
def test_a_recipient_hears_what_it_asked_for(wish: Wish, expected: list[list[int]]) -> None:
    assert due([firing(1), firing(2, severity=Severity.HIGH)], wish=wish, now=at(1)) == expected


@pytest.mark.parametrize(
    ("severity", "minutes"), [(Severity.CRITICAL, 15), (Severity.HIGH, 60), (Severity.LOW, None)]
)
def test_the_next_step_hears_of_what_nobody_acknowledged(
    severity: Severity, minutes: int | None
) -> None:
    wish = Wish(Severity.INFO, is_escalation=True)
    alert = firing(severity=severity)

    assert due([alert], wish=wish, now=at((minutes or 6000) - 0.1)) == []
    if minutes:
        assert due([alert], wish=wish, now=at(minutes)) == [[1]]


@pytest.mark.parametrize(
    ("quiet", "heard"),
    [
        (Quiet("", "", None), []),
        (Quiet("stock.low", "", None), [3]),
        (Quiet("stock.low", "product", 1), [2, 3]),
        (Quiet("", "product", 1), [2]),
    ],
)
def test_a_silence_covers_its_kind_and_its_subject(quiet: Quiet, heard: list[int]) -> None:
    alerts = [firing(1), firing(2), firing(3, kind="stock.out", subject_id=1)]

    assert [alert.id for alert in audible(alerts, [quiet])] == heard


def test_a_late_view_hides_the_numbers_it_feeds_unless_it_is_silenced() -> None:
    view = firing(1, kind=AlertKind.OPS_STALE_VIEW.value)
    number = firing(2, kind=AlertKind.METRIC_THRESHOLD.value)

    assert audible([view, number], []) == [view]
    assert audible([view, number], [Quiet("ops.stale_view", "", None)]) == [number]


def test_an_alert_hides_those_it_stands_for() -> None:
    order = firing(1, kind=AlertKind.PO_LATE.value, hides=frozenset({"stock.soon:7"}))
    hidden = firing(2, kind=AlertKind.STOCK_SOON.value, dedupe_key="stock.soon:7")
    other = firing(3, kind=AlertKind.STOCK_SOON.value, dedupe_key="stock.soon:8")

    assert audible([order, hidden, other], []) == [order, other]
