"""Bursts of suspicious orders that share a device or a customer."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert
from tests.analytics.factories import NOW, make_customer, make_sale
from transactions.services.fraud_bursts import report_bursts

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def suspicious(at: datetime, **fields: Any) -> None:
    make_sale(at=at, is_suspicious=True, fraud_score=0.9, **fields)


def live() -> list[Alert]:
    return list(Alert.objects.filter(kind=AlertKind.FRAUD_BURST, state__in=LIVE_STATES))


def test_five_orders_of_one_device_in_ten_minutes_are_a_burst() -> None:
    for minute in range(4):
        suspicious(NOW - minute * MINUTE, device="D1")
    # Not in the window, not suspicious, another device, none at all.
    suspicious(NOW - 11 * MINUTE, device="D1")
    make_sale(at=NOW, device="D1")
    suspicious(NOW, device="D2")
    for _ in range(5):
        suspicious(NOW)
    assert report_bursts(now=NOW) == []

    suspicious(NOW - 9 * MINUTE, device="D1")
    [burst] = report_bursts(now=NOW)

    assert (burst.attribute, burst.value, burst.orders, burst.amount) == ("device", "D1", 5, 25.0)
    [alert] = live()
    assert (alert.severity, alert.dedupe_key) == (Severity.CRITICAL, "fraud.burst:device:D1")


def test_lines_of_one_order_are_one() -> None:
    for _ in range(6):
        suspicious(NOW, device="D1", order_ref="O1")
    assert report_bursts(now=NOW) == []


def test_a_customers_burst_ends_after_a_quiet_hour() -> None:
    customer = make_customer()
    for minute in range(5):
        suspicious(NOW - minute * MINUTE, customer=customer)
    [burst] = report_bursts(now=NOW)
    assert (burst.attribute, burst.value) == ("customer", customer.code)

    # Fewer than five a window, but not quiet yet.
    report_bursts(now=NOW + 59 * MINUTE)
    assert len(live()) == 1
    report_bursts(now=NOW + 61 * MINUTE)
    assert live() == []


def test_a_burst_names_the_alerts_that_tell_nothing_beside_it() -> None:
    for number in range(5):
        suspicious(NOW, device="D1", order_ref=f"O{number}")

    report_bursts(now=NOW)

    assert live()[0].facts["hides"] == [f"fraud:O{number}" for number in range(5)]
