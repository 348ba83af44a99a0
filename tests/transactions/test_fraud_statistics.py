"""The daily refresh: what it stores, and that scoring reads it."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from techmart.core.models import ShopSettings
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, make_customer, recorded, sale_of
from transactions.choices import LabelSource, StatisticKind
from transactions.fraud.calendar import midnight, shop_day, shop_days
from transactions.models import FraudLabel, FraudStatistic, Transaction
from transactions.services import record_sales, refresh_fraud_statistics
from transactions.tasks import expire_pending_sales, refresh_statistics

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo(settings.TIME_ZONE)
TODAY = midnight(shop_day(NOW, ZONE), ZONE)


def statistic(kind: StatisticKind, key: str = "") -> FraudStatistic:
    return FraudStatistic.objects.get(kind=kind, key=key)


def test_amounts_and_quantities_are_those_of_the_days_before() -> None:
    product = make_product(stock=10_000, category="Tea")
    # Amounts 1.00, 1.00 and 3.00 yesterday; what is from today or 91 days ago does not count.
    for price, at in (
        ("1.00", TODAY - timedelta(seconds=1)),
        ("1.00", TODAY - timedelta(hours=2)),
        ("3.00", TODAY - timedelta(days=89)),
        ("900.00", TODAY),
        ("900.00", TODAY - timedelta(days=91)),
    ):
        record_sales(
            [sale_of(product.sku, unit_price=Decimal(price), quantity=1, timestamp=at)], now=NOW
        )

    stored = refresh_fraud_statistics(now=NOW)

    amount = statistic(StatisticKind.CATEGORY_AMOUNT, "Tea")
    assert stored == FraudStatistic.objects.count()
    assert amount.lines == 3
    assert amount.value == pytest.approx(np.log(2))
    # Distances from ln 2: 0, 0 and ln 4 − ln 2.
    assert amount.spread == 0
    assert statistic(StatisticKind.SHOP_AMOUNT).value == amount.value
    for kind, key in (
        (StatisticKind.PRODUCT_QUANTITY, str(product.pk)),
        (StatisticKind.CATEGORY_QUANTITY, "Tea"),
        (StatisticKind.SHOP_QUANTITY, ""),
    ):
        assert (statistic(kind, key).lines, statistic(kind, key).value) == (3, 1.0)
    assert amount.as_of_date == NOW.astimezone(ZONE).date()


def test_rates_are_orders_a_customer_and_day() -> None:
    product = make_product(stock=100)
    customers = [make_customer() for _ in range(2)]
    # Opened 10 days ago; 3 orders of 2 customers in GB on the web, one of two lines.
    for days, customer, order in ((10, 0, "a"), (10, 0, "a"), (5, 0, "b"), (1, 1, "c")):
        sale = sale_of(
            product.sku,
            order_ref=order,
            customer_code=customers[customer].code,
            ship_country="GB",
            timestamp=TODAY - timedelta(days=days) + timedelta(hours=12),
        )
        record_sales([sale], now=NOW)

    refresh_fraud_statistics(now=NOW)

    rate = statistic(StatisticKind.MARKET_RATE, "GB|web")
    assert rate.lines == 3
    assert rate.value == pytest.approx(3 / (2 * 10))


def test_known_fraud_makes_a_product_and_country_risky() -> None:
    bad, good = make_product(stock=1000), make_product(stock=1000)
    at = TODAY - timedelta(days=10)
    record_sales([sale_of(bad.sku, order_ref="f", ip_country="XX", timestamp=at)], now=NOW)
    record_sales([sale_of(good.sku, timestamp=at) for _ in range(99)], now=NOW)
    FraudLabel.objects.create(
        order_ref="f", is_fraud=True, source=LabelSource.ANALYST, known_at=at + timedelta(days=1)
    )

    refresh_fraud_statistics(now=NOW)
    [outcome] = record_sales([sale_of(bad.sku, timestamp=NOW)], now=NOW)

    # p0 = (1 + 1)/(100 + 1000); rate = (1 + 20·p0)/(1 + 20); ratio = 27.14.
    for kind, key in (
        (StatisticKind.PRODUCT_RISK, str(bad.pk)),
        (StatisticKind.COUNTRY_RISK, "XX"),
    ):
        risk = statistic(kind, key)
        assert risk.value == pytest.approx(27.1428, abs=1e-3)
        assert (risk.frauds, risk.lines, risk.window_days) == (1, 1, 7)
    # (1 + 20·p0)/(100 + 20) over p0: 5.09 of 100 lines in the channel.
    assert statistic(StatisticKind.CHANNEL_RISK, "web").lines == 100
    assert not FraudStatistic.objects.filter(
        kind=StatisticKind.PRODUCT_RISK, key=str(good.pk)
    ).exists()
    facts = {reason["code"]: reason["fact"] for reason in outcome.transaction.reasons}
    # All others were sold at another hour of the day.
    assert set(facts) == {"base", "F6", "F10"}
    assert facts["F10"] == ("This product: 1 fraud in 1 line of 7 days, 27.1 times the shop's rate")


def test_the_threshold_keeps_reviews_within_capacity() -> None:
    ShopSettings.objects.create(review_capacity_per_day=2)
    txns = [recorded(order_ref=f"o{n}", timestamp=TODAY - timedelta(hours=3)) for n in range(4)]
    for txn, score in zip(txns, (0.9, 0.8, 0.7, 0.6), strict=True):
        Transaction.objects.filter(pk=txn.pk).update(fraud_score=score, is_suspicious=True)

    refresh_fraud_statistics(now=NOW)

    # One day so far, two cases a day: what scores above the third of them is held.
    assert statistic(StatisticKind.REVIEW_THRESHOLD).value == 0.7


def test_lines_of_one_order_are_one_case() -> None:
    ShopSettings.objects.create(review_capacity_per_day=1)
    for score in (0.9, 0.8):
        txn = recorded(order_ref="one", timestamp=TODAY - timedelta(hours=3))
        Transaction.objects.filter(pk=txn.pk).update(fraud_score=score, is_suspicious=True)

    refresh_fraud_statistics(now=NOW)

    assert statistic(StatisticKind.REVIEW_THRESHOLD).value == 0.5


def test_an_empty_shop_has_a_threshold_only() -> None:
    assert refresh_fraud_statistics(now=NOW) == 1
    assert statistic(StatisticKind.REVIEW_THRESHOLD).value == 0.5


def test_a_refresh_replaces_what_was_stored() -> None:
    FraudStatistic.objects.create(
        kind=StatisticKind.PRODUCT_RISK, key="old", as_of_date=NOW.date(), lines=1, value=9.0
    )
    refresh_fraud_statistics(now=NOW)

    assert not FraudStatistic.objects.filter(key="old").exists()


def test_a_refresh_is_a_fixed_number_of_statements() -> None:
    recorded(timestamp=TODAY - timedelta(days=1))
    with CaptureQueriesContext(connection) as few:
        refresh_fraud_statistics(now=NOW)
    for _ in range(5):
        recorded(timestamp=TODAY - timedelta(days=2))

    with CaptureQueriesContext(connection) as more:
        refresh_fraud_statistics(now=NOW)

    assert len(more) == len(few)


def test_shop_days_change_at_the_shops_midnight_and_on_clock_changes() -> None:
    # New York: 8 March 2026 has 23 hours, 1 November has 25.
    for day, hours in (("2026-03-08", 23), ("2026-11-01", 25), ("2026-06-01", 24)):
        ordinal = NOW.fromisoformat(day).toordinal()
        begin, end = midnight(ordinal, ZONE), midnight(ordinal + 1, ZONE)
        assert end - begin == timedelta(hours=hours)
        moments = np.array(
            [int(m.timestamp() * 1_000_000) for m in (begin, end)], np.int64
        ) + np.array([0, -1])
        assert shop_days(moments, ZONE).tolist() == [ordinal, ordinal]
        assert shop_day(begin - timedelta(seconds=1), ZONE) == ordinal - 1


def test_tasks_call_their_service() -> None:
    recorded(payment_status="outstanding")

    assert expire_pending_sales() == 1
    assert refresh_statistics() == FraudStatistic.objects.count()
