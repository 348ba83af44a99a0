"""Learned reliability, late orders and suppliers that slip."""

from datetime import timedelta
from decimal import Decimal

import pytest

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert
from inventory.services.orders import cancel_order, confirm_order, receive_line
from inventory.services.stock_alerts import review_all_stock_alerts
from inventory.services.supplier_review import review_suppliers
from tests.inventory.factories import NOW, make_product, make_supplier
from tests.inventory.test_scorecards import ago, came, ordered

pytestmark = pytest.mark.django_db


def live(kind: AlertKind) -> list[Alert]:
    return list(Alert.objects.filter(kind=kind, state__in=LIVE_STATES))


def test_reliability_is_kept_once_something_came() -> None:
    known = make_supplier(lead_time_days=Decimal(1), reliability=Decimal("0.95"))
    unknown = make_supplier(reliability=Decimal("0.95"))
    came(ordered(make_product(supplier=known), 5, days_ago=1), 5, days_ago=0)

    review_suppliers(now=NOW)

    known.refresh_from_db()
    unknown.refresh_from_db()
    # One receipt and the prior: (8 + 1) / (10 + 1)
    assert known.reliability == Decimal("0.8182")
    assert unknown.reliability == Decimal("0.95")


def test_an_order_past_promise_and_tolerance_is_late() -> None:
    supplier = make_supplier(lead_time_days=Decimal(3), tolerance_days=2, name="Dairy")
    order = ordered(make_product(supplier=supplier), 5, days_ago=6)
    ordered(make_product(supplier=supplier), 5, days_ago=5)

    for _ in range(2):
        review_suppliers(now=NOW)

    [alert] = live(AlertKind.PO_LATE)
    assert (alert.dedupe_key, alert.severity) == (f"po.late:{order.pk}", Severity.MEDIUM)
    assert "Dairy promised it for " in alert.message
    assert "3 days ago" in alert.message
    # A second look at the same order is no second sighting.
    assert alert.occurrences == 1


def test_a_late_order_that_a_short_product_waits_for_is_high() -> None:
    product = make_product(
        supplier=make_supplier(lead_time_days=Decimal(1)), reorder_threshold=50, order_up_to=60
    )
    ordered(product, 5, days_ago=6)
    review_suppliers(now=NOW)
    review_all_stock_alerts(now=NOW)

    review_suppliers(now=NOW)

    assert [alert.severity for alert in live(AlertKind.PO_LATE)] == [Severity.HIGH]


def test_late_ends_when_it_came_was_called_off_or_promised_anew() -> None:
    supplier = make_supplier(lead_time_days=Decimal(1))
    here, off, later = (ordered(make_product(supplier=supplier), 5, days_ago=6) for _ in range(3))
    review_suppliers(now=NOW)
    assert len(live(AlertKind.PO_LATE)) == 3

    receive_line(line_id=here.lines.get().pk, quantity=5, actor=None, now=NOW)
    cancel_order(order_id=off.pk, reason="too late", actor=None, now=NOW)
    assert [alert.subject_id for alert in live(AlertKind.PO_LATE)] == [later.pk]
    confirm_order(order_id=later.pk, actor=None, now=NOW, promised_date=(NOW + ago(3)).date())
    review_suppliers(now=NOW)

    assert live(AlertKind.PO_LATE) == []


def test_a_supplier_that_slips_is_announced_until_it_recovers() -> None:
    supplier = make_supplier(lead_time_days=Decimal(1), name="Dairy")
    product = make_product(supplier=supplier)
    for _ in range(4):
        came(ordered(product, 5, days_ago=40), 5, days_ago=39)
    for _ in range(4):
        came(ordered(product, 5, days_ago=20), 5, days_ago=10)

    review_suppliers(now=NOW)

    [alert] = live(AlertKind.SUPPLIER_SLIP)
    assert alert.title == "Dairy became less reliable"
    assert alert.facts["before"] - alert.facts["reliability"] >= 0.10

    # 30 days on, what slipped is the past that it is compared with.
    review_suppliers(now=NOW + timedelta(days=30))

    assert live(AlertKind.SUPPLIER_SLIP) == []


def test_of_many_that_slip_the_worst_are_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.services.worst_first.MOST", 1)
    slipped = []
    for late in (2, 3):
        product = make_product(supplier=make_supplier(lead_time_days=Decimal(1)))
        came(ordered(product, 5, days_ago=40), 5, days_ago=39)
        for _ in range(late):
            came(ordered(product, 5, days_ago=20), 5, days_ago=10)
        slipped.append(product.supplier)

    review_suppliers(now=NOW)

    # One in time before, then two and three late: 9 of 11 becomes 9 of 13 and 9 of 14.
    assert [alert.subject_id for alert in live(AlertKind.SUPPLIER_SLIP)] == [slipped[1].pk]
