"""How suppliers delivered, worked by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Product, PurchaseOrder, Supplier
from inventory.reorder.reliability import reliability, reliability_share
from inventory.scorecards import load_scorecards, reliability_shares
from inventory.services.orders import (
    LineInput,
    close_order,
    create_order,
    receive_line,
    send_order,
)
from inventory.services.supplier_returns import return_to_supplier
from tests.inventory.factories import NOW, make_product, make_supplier


def ago(days: float) -> timedelta:
    return timedelta(days=days)


def ordered(product: Product, units: int, *, days_ago: float, cost: str = "2") -> PurchaseOrder:
    at = NOW - ago(days_ago)
    order = create_order(
        supplier_id=product.supplier_id,
        lines=[LineInput(product.pk, units, Decimal(cost))],
        actor=None,
        now=at,
    )
    return send_order(order_id=order.pk, actor=None, now=at)


def came(order: PurchaseOrder, units: int, *, days_ago: float, cost: str | None = None) -> None:
    receive_line(
        line_id=order.lines.get().pk,
        quantity=units,
        actor=None,
        now=NOW - ago(days_ago),
        unit_cost=None if cost is None else Decimal(cost),
    )


def test_the_prior_alone() -> None:
    known = reliability(0, 0)

    # Beta(8, 2): 5 % and 95 % quantiles, as tables of the distribution have them
    assert (known.share, known.low, known.high) == pytest.approx((0.8, 0.5709, 0.9590), abs=1e-4)


def test_receipts_move_the_share_and_narrow_its_interval() -> None:
    prior, known = reliability(0, 0), reliability(20, 20)

    # Of 20 receipts and the prior: (8 + 20) / (10 + 20)
    assert known.share == pytest.approx(28 / 30)
    assert known.high - known.low < prior.high - prior.low
    assert reliability_share(0, 20) == pytest.approx(8 / 30)


@pytest.mark.django_db
def test_a_supplier_of_which_nothing_came() -> None:
    supplier = make_supplier()

    card = load_scorecards([supplier.pk], now=NOW)[supplier.pk]

    assert (card.receipts, card.otif, card.fill_rate, card.lead_time_cv) == (0, None, None, None)
    assert card.reliability.share == pytest.approx(0.8)
    assert reliability_shares(now=NOW) == {}


@pytest.mark.django_db
def test_receipts_are_judged_by_promise_tolerance_and_what_came_so_far() -> None:
    supplier = make_supplier(lead_time_days=Decimal(2), tolerance_days=1)
    product = make_product(supplier=supplier)
    # Promised for two days later: on the last day of the tolerance, and a day after it.
    came(ordered(product, 5, days_ago=10), 5, days_ago=7)
    came(ordered(product, 5, days_ago=10), 5, days_ago=6)
    # In two parts: the first alone is not in full, the second completes it, both in time.
    parts = ordered(product, 5, days_ago=10)
    came(parts, 3, days_ago=9)
    came(parts, 2, days_ago=8)

    card = load_scorecards([supplier.pk], now=NOW)[supplier.pk]

    # Good: 7 days ago and 8 days ago. All: 6, 7, 8 and 9 days ago.
    weights = {days: 0.5 ** (days / 180) for days in (6, 7, 8, 9)}
    share = (8 + weights[7] + weights[8]) / (10 + sum(weights.values()))
    assert card.reliability.share == pytest.approx(share)
    assert reliability_shares(now=NOW) == {supplier.pk: pytest.approx(share)}
    assert (card.receipts, card.otif) == (4, (2, 4))
    # Lead times 3, 4, 1 and 2 days: mean 2.5, sample variance 5/3. Promise missed by 1, 2, -1, 0.
    assert card.lead_time_mean_days == pytest.approx(2.5)
    assert card.lead_time_sd_days == pytest.approx((5 / 3) ** 0.5)
    assert card.lead_time_cv == pytest.approx((5 / 3) ** 0.5 / 2.5)
    assert card.bias_days == pytest.approx(0.5)


@pytest.mark.django_db
def test_as_known_at_a_moment() -> None:
    product = make_product(supplier=make_supplier(lead_time_days=Decimal(1)))
    came(ordered(product, 5, days_ago=60), 5, days_ago=40)

    before = reliability_shares(now=NOW - ago(41))
    after = reliability_shares(now=NOW - ago(40))

    assert before == {}
    # One receipt of today, late: 8 / 11
    assert list(after.values()) == [pytest.approx(8 / 11)]


@pytest.mark.django_db
def test_fill_price_late_lines_and_returns() -> None:
    supplier = make_supplier(lead_time_days=Decimal(3))
    product, other = make_product(supplier=supplier), make_product(supplier=supplier)
    short = ordered(product, 10, days_ago=50)
    came(short, 6, days_ago=45, cost="2.5")
    close_order(order_id=short.pk, reason="rest is gone", actor=None, now=NOW - ago(40))
    # More than ordered makes up for no other line.
    came(ordered(other, 10, days_ago=50), 14, days_ago=48)
    ordered(product, 5, days_ago=4)
    ordered(product, 5, days_ago=2)
    return_to_supplier(product_id=other.pk, quantity=3, reason="mould", actor=None, now=NOW)

    card = load_scorecards([supplier.pk], now=NOW)[supplier.pk]

    # (6 + 10) / (10 + 10); 6 x 0.5 more than 6 x 2 + 14 x 2
    assert card.fill_rate == pytest.approx(0.8)
    assert card.price_variance == pytest.approx(3 / 40)
    assert (card.open_late_lines, card.returned_units) == (1, 3)


@pytest.mark.django_db
def test_any_number_of_suppliers_takes_three_queries() -> None:
    suppliers = [make_supplier() for _ in range(5)]
    for supplier in suppliers:
        came(ordered(make_product(supplier=supplier), 5, days_ago=9), 5, days_ago=1)

    with CaptureQueriesContext(connection) as queries:
        cards = load_scorecards([supplier.pk for supplier in suppliers], now=NOW)

    assert len(queries) == 3
    assert {card.receipts for card in cards.values()} == {1}
    assert Supplier.objects.count() == 5
