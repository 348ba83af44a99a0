"""Purchase patterns from sales, written set-based."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from analytics.choices import LoyaltyTier
from analytics.models import CustomerPurchasePattern, RepeatModelFit
from analytics.patterns import analyze_customer_patterns
from inventory.models import Product, Supplier
from tests.analytics.factories import sale_row
from transactions.choices import AdjustmentKind, Channel, Decision, TransactionStatus
from transactions.models import Adjustment, Customer, Transaction

# A Tuesday, 07:00 in New York.
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea() -> Product:
    supplier = Supplier.objects.create(code="S1", name="Northfield Foods")
    return Product.objects.create(
        sku="TEA", name="Tea", category="Tea", supplier=supplier, price=4, unit_cost=2
    )


@pytest.fixture
def ada() -> Customer:
    return Customer.objects.create(code="C1", name="Ada Baker")


def sell(
    product: Product, customer: Customer, order: str, *, days_ago: float, amount: str
) -> Transaction:
    at = NOW - timedelta(days=days_ago)
    count = Transaction.objects.count()
    return Transaction.objects.create(
        reference=f"{order}-{count}",
        order_ref=order,
        customer=customer,
        product=product,
        quantity=1,
        unit_price=Decimal(amount),
        unit_cost=2,
        total_amount=Decimal(amount),
        currency="USD",
        status=TransactionStatus.COMPLETED,
        channel=Channel.STORE,
        timestamp=at,
        recorded_at=at,
        completed_at=at,
        request_hash="",
        fraud_score=0,
        is_suspicious=False,
        decision=Decision.ALLOW,
        score_version="test",
    )


def test_a_customer_with_two_orders(tea: Product, ada: Customer) -> None:
    sell(tea, ada, "O1", days_ago=10.5, amount="30.00")
    sell(tea, ada, "O1", days_ago=10.5, amount="10.00")
    returned = sell(tea, ada, "O2", days_ago=2.5, amount="20.00")
    Adjustment.objects.create(
        transaction=returned,
        kind=AdjustmentKind.REFUND,
        amount=Decimal("5.00"),
        booked_at=NOW - timedelta(days=1),
        reference="R1",
    )

    assert analyze_customer_patterns(now=NOW) == 1

    pattern = CustomerPurchasePattern.objects.get()
    # Two orders of 40 and 20, 5 of it given back: 55 net, 27.50 an order; 2·30/365 a month.
    assert (pattern.recency_days, pattern.orders) == (2, 2)
    assert (pattern.net_sales, pattern.average_amount) == (Decimal("55.00"), Decimal("27.50"))
    assert pattern.frequency == pytest.approx(0.16438, abs=1e-5)
    # ln 41 = 3.71357, ln 21 = 3.04452: median 3.37905, each 0.33452 away, sd 0.66905/√2.
    assert pattern.log_value_median == pytest.approx(3.37905, abs=1e-5)
    assert pattern.log_value_mad == pytest.approx(0.33452, abs=1e-5)
    assert pattern.log_value_sd == pytest.approx(0.47309, abs=1e-5)
    assert sum(pattern.hour_counts) == sum(pattern.weekday_counts) == 2
    assert pattern.top_categories[0]["category"] == "Tea"


def test_hours_and_months_are_the_shops(tea: Product, ada: Customer) -> None:
    # 1 November 2026, 01:30 UTC is 31 October, 21:30 in New York, a Saturday.
    sell(
        tea,
        ada,
        "O1",
        days_ago=(NOW - datetime(2026, 11, 1, 1, 30, tzinfo=UTC)) / timedelta(days=1),
        amount="5",
    )

    analyze_customer_patterns(now=NOW)

    pattern = CustomerPurchasePattern.objects.get()
    assert pattern.hour_counts[21] == 1
    assert pattern.weekday_counts[5] == 1
    assert pattern.cohort_month.isoformat() == "2026-10-01"


def test_orders_outside_the_year_do_not_count(tea: Product, ada: Customer) -> None:
    sell(tea, ada, "O1", days_ago=366, amount="5")

    assert analyze_customer_patterns(now=NOW) == 0
    assert not CustomerPurchasePattern.objects.exists()


def test_a_second_run_updates_in_place_and_keeps_a_tier_near_its_edge(
    tea: Product, ada: Customer
) -> None:
    sell(tea, ada, "O1", days_ago=3, amount="5")
    analyze_customer_patterns(now=NOW)
    first = CustomerPurchasePattern.objects.get()
    # One customer alone has the score 1 everywhere: loyalty 20, bronze.
    assert (first.loyalty, first.tier) == (20, LoyaltyTier.BRONZE)

    sell(tea, ada, "O2", days_ago=1, amount="5")
    analyze_customer_patterns(now=NOW)

    again = CustomerPurchasePattern.objects.get()
    assert again.pk == first.pk
    assert again.orders == 2


def test_who_bought_no_more_loses_the_pattern(tea: Product, ada: Customer) -> None:
    ben = Customer.objects.create(code="C2")
    sell(tea, ada, "O1", days_ago=300, amount="5")
    sell(tea, ben, "O2", days_ago=3, amount="5")
    analyze_customer_patterns(now=NOW)

    analyze_customer_patterns(now=NOW + timedelta(days=100))

    assert list(CustomerPurchasePattern.objects.values_list("customer__code", flat=True)) == ["C2"]


def test_it_costs_the_same_statements_for_many(
    tea: Product, django_assert_max_num_queries: object
) -> None:
    for number in range(5):
        customer = Customer.objects.create(code=f"C{number}")
        sell(tea, customer, f"O{number}", days_ago=number + 1, amount="5")

    with django_assert_max_num_queries(18):  # type: ignore[operator]  # a fixture without a type
        analyze_customer_patterns(now=NOW)


def test_repeat_behaviour_counts_days_with_orders(tea: Product, ada: Customer) -> None:
    sell(tea, ada, "O1", days_ago=30, amount="10.00")
    # Two orders of one day are one repeat day.
    sell(tea, ada, "O2", days_ago=9.1, amount="7.00")
    sell(tea, ada, "O3", days_ago=9, amount="5.00")
    last = sell(tea, ada, "O4", days_ago=2, amount="20.00")
    Adjustment.objects.create(
        transaction=last,
        kind=AdjustmentKind.REFUND,
        amount=Decimal("4.00"),
        booked_at=NOW - timedelta(days=1),
        reference="B1",
    )

    analyze_customer_patterns(now=NOW)

    pattern = CustomerPurchasePattern.objects.get()
    assert (pattern.repeat_days, pattern.repeat_span_days, pattern.observed_days) == (2, 28, 30)
    # 12 and 16 over two days.
    assert pattern.repeat_value == Decimal("14.00")
    # One customer is too few for a model, and nothing is made up.
    assert pattern.expected_orders_90d is None
    assert pattern.expected_value_90d is None
    fit = RepeatModelFit.objects.get()
    assert (fit.customers, fit.repeat_customers, fit.r) == (1, 1, None)


def test_expectations_follow_what_customers_did(tea: Product) -> None:
    rng = np.random.default_rng(11)
    customers = Customer.objects.bulk_create(
        Customer(code=f"C{number}", name=f"Customer {number}") for number in range(90)
    )
    lines = [
        sale_row(
            tea,
            at=NOW - timedelta(days=float(days)),
            customer=customer,
            price=str(round(float(rng.gamma(4, 5)), 2)),
        )
        for number, customer in enumerate(customers)
        # The first third comes each week, the second came long ago, the last came once.
        for days in (
            range(3, 150, 7)
            if number < 30
            else (300, 290, 280)
            if number < 60
            else (rng.integers(5, 300),)
        )
    ]
    Transaction.objects.bulk_create(lines)

    analyze_customer_patterns(now=NOW)

    weekly = CustomerPurchasePattern.objects.get(customer__code="C1")
    gone = CustomerPurchasePattern.objects.get(customer__code="C40")
    assert weekly.p_alive is not None
    assert gone.p_alive is not None
    assert weekly.p_alive > 0.9 > 0.5 > gone.p_alive
    assert weekly.expected_orders_90d == pytest.approx(12, abs=3)
    assert gone.expected_orders_90d is not None
    assert gone.expected_orders_90d < 1
    assert weekly.expected_order_value is not None
    assert weekly.expected_orders_90d is not None
    assert weekly.expected_value_90d == pytest.approx(
        Decimal(weekly.expected_orders_90d) * weekly.expected_order_value, abs=Decimal("0.2")
    )
    fit = RepeatModelFit.objects.get()
    assert fit.repeat_customers == 60
    assert fit.correlation is not None
    assert -1 <= fit.correlation <= 1
    assert None not in (fit.r, fit.alpha, fit.a, fit.b, fit.p, fit.q, fit.v)
