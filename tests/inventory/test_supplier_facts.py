"""How well a supplier delivers, and how sure that is."""

from datetime import UTC, datetime, timedelta

import pytest

from inventory.services.orders import LineInput, create_order, receive_line, send_order
from inventory.supplier_facts import Delivery, load_deliveries, reliability
from tests.inventory.factories import make_product, make_supplier

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def test_without_deliveries_the_prior_alone_speaks() -> None:
    known = reliability(0.8, [])

    # Beta(8, 2): 5 % and 95 % quantiles, as tables of the distribution have them
    assert (known.low, known.high) == pytest.approx((0.5709, 0.9590), abs=1e-4)
    assert known.on_time_of is None


def test_deliveries_narrow_the_interval_and_old_ones_less() -> None:
    prior = reliability(0.8, [])
    fresh = reliability(0.8, [Delivery(0, True, True)] * 20)
    old = reliability(0.8, [Delivery(720, True, True)] * 20)

    widths = [each.high - each.low for each in (fresh, old, prior)]
    assert widths == sorted(widths)
    assert len(set(widths)) == 3


def test_the_newest_ten_are_counted() -> None:
    deliveries = [Delivery(i, i != 0, i != 1) for i in range(12)]

    assert reliability(0.8, deliveries).on_time_of == (8, 10)


def test_certainty_has_no_interval() -> None:
    assert (reliability(1.0, []).low, reliability(1.0, []).high) == (1.0, 1.0)


@pytest.mark.django_db
def test_receipts_are_judged_by_promise_tolerance_and_quantity() -> None:
    supplier = make_supplier(lead_time_days=2, tolerance_days=1)
    product = make_product(supplier=supplier)
    # Promised for two days later: on the last day of the tolerance, and a day after it.
    for days, quantity in ((3, 5), (4, 5), (1, 4)):
        order = create_order(
            supplier_id=supplier.pk,
            lines=[LineInput(product.pk, 5)],
            actor=None,
            now=NOW - timedelta(days=10),
        )
        send_order(order_id=order.pk, actor=None, now=NOW - timedelta(days=10))
        receive_line(
            line_id=order.lines.get().pk,
            quantity=quantity,
            actor=None,
            now=NOW - timedelta(days=10 - days),
        )

    found = load_deliveries(supplier, now=NOW)

    assert [(each.on_time, each.in_full) for each in found] == [
        (False, True),
        (True, True),
        (True, False),
    ]
    assert found[0].age_days == pytest.approx(6)
