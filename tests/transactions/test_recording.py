"""Recording sales: what is written, held and blocked, and what it costs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.choices import AlertKind, Severity, Topic
from alerts.models import Alert, AlertEvent
from inventory.models import StockMovement
from techmart.core.models import ShopSettings
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, make_analyst, make_customer, recorded, sale_of
from transactions.choices import Decision, StatisticKind, TransactionStatus
from transactions.models import FraudStatistic, Transaction, TransactionEvent
from transactions.services import (
    SaleError,
    SaleInput,
    SaleOutcome,
    record_sales,
    record_sales_each,
)
from transactions.services.sale_decisions import opening_status

pytestmark = pytest.mark.django_db


def hold_everything() -> None:
    """Let every score be above the review threshold."""
    FraudStatistic.objects.create(
        kind=StatisticKind.REVIEW_THRESHOLD, as_of_date=NOW.date(), lines=0, value=0.0
    )


def test_a_sale_is_written_with_its_event_and_taken_out_of_stock() -> None:
    product = make_product(stock=10, price=Decimal("5.00"), unit_cost=Decimal("3.0000"))
    customer = make_customer()
    actor = make_analyst()
    at = NOW - timedelta(minutes=2)
    sale = SaleInput(
        reference="till-1-77",
        order_ref="order-9",
        sku=product.sku,
        customer_code=customer.code,
        quantity=3,
        unit_price=Decimal("4.9950"),
        discount=Decimal("1.00"),
        total_amount=Decimal("13.99"),
        currency="USD",
        channel="store",
        payment_method="cash",
        device="till 1",
        ip_country="de",
        ship_country="GB",
        store="north",
        timestamp=at,
    )

    [outcome] = record_sales([sale], now=NOW, actor=actor, request_id="req-1")

    txn = Transaction.objects.get()
    assert outcome == SaleOutcome(txn, replayed=False)
    # 3 × 4.995 = 14.985, rounded 14.99, less 1.00.
    assert (txn.total_amount, txn.unit_price, txn.unit_cost) == (
        Decimal("13.99"),
        Decimal("4.9950"),
        Decimal("3"),
    )
    assert (txn.order_ref, txn.customer, txn.product) == ("order-9", customer, product)
    assert (txn.status, txn.completed_at) == (TransactionStatus.COMPLETED, at)
    assert (txn.timestamp, txn.recorded_at) == (at, NOW)
    assert (txn.ip_country, txn.ship_country, txn.store) == ("DE", "GB", "north")
    assert (txn.channel, txn.payment_method, txn.device) == ("store", "cash", "till 1")
    event = TransactionEvent.objects.get()
    assert (event.transaction, event.from_status, event.to_status) == (txn, "", "completed")
    assert (event.actor, event.at, event.request_id) == (actor, NOW, "req-1")
    movement = StockMovement.objects.get(kind="sale")
    assert (movement.quantity, movement.source_id, movement.occurred_at) == (-3, txn.pk, at)
    assert movement.unit_cost == Decimal("3")
    product.refresh_from_db()
    assert product.stock_quantity == 7


def test_open_lists_hear_how_many_sales_were_recorded() -> None:
    sale = sale_of(make_product(stock=9).sku)

    record_sales([sale, sale_of(sale.sku)], now=NOW)
    record_sales([sale], now=NOW)

    news = AlertEvent.objects.filter(topic=Topic.TRANSACTIONS)
    assert [(event.kind, event.payload) for event in news] == [("recorded", {"sales": 2})]


def test_price_time_and_order_have_defaults() -> None:
    txn = recorded(price=Decimal("2.50"), quantity=2, reference="r-1")

    assert (txn.unit_price, txn.total_amount) == (Decimal("2.5"), Decimal("5.00"))
    assert (txn.order_ref, txn.timestamp, txn.customer, txn.currency) == ("r-1", NOW, None, "USD")


def test_a_code_in_another_letter_case_is_the_same_product() -> None:
    product = make_product(stock=1, sku="ab-1")

    [outcome] = record_sales([sale_of("AB-1")], now=NOW)

    assert outcome.transaction.product == product


def test_the_score_adds_up_to_its_reasons() -> None:
    txn = recorded()

    assert [reason["code"] for reason in txn.reasons] == ["base"]
    # σ(−4.8)
    assert txn.fraud_score == pytest.approx(0.008163, abs=1e-6)
    assert (txn.is_suspicious, txn.decision) == (False, Decision.ALLOW)
    assert txn.score_version == "prior.4"


def test_an_outstanding_payment_waits_for_a_quarter_of_an_hour() -> None:
    txn = recorded(payment_status="outstanding")

    assert (txn.status, txn.completed_at) == (TransactionStatus.PENDING, None)
    assert txn.expires_at == NOW + timedelta(minutes=15)
    assert StockMovement.objects.filter(kind="sale", quantity=-1).exists()


def test_a_score_above_the_threshold_holds_the_sale_and_opens_one_case() -> None:
    hold_everything()
    product = make_product(stock=10)
    lines = [sale_of(product.sku, order_ref="o-1", quantity=n) for n in (1, 2)]

    outcomes = record_sales(lines, now=NOW)

    assert [o.transaction.status for o in outcomes] == [TransactionStatus.IN_REVIEW] * 2
    assert [o.transaction.completed_at for o in outcomes] == [None, None]
    product.refresh_from_db()
    assert product.stock_quantity == 7
    alert = Alert.objects.get(kind=AlertKind.FRAUD_REVIEW)
    assert (alert.dedupe_key, alert.severity, alert.occurrences) == ("fraud:o-1", "medium", 1)
    # 1 × 5.00 + 2 × 5.00
    assert (alert.facts["amount"], alert.facts["lines"]) == ("15.00", 2)
    assert alert.path == f"/transactions/{alert.subject_id}/"


def test_a_case_above_the_limit_is_critical() -> None:
    hold_everything()
    ShopSettings.objects.create(review_critical_amount=Decimal("9.99"))

    recorded(quantity=2)

    assert Alert.objects.get().severity == Severity.CRITICAL


@pytest.mark.parametrize(
    ("decision", "payment", "status"),
    [
        (Decision.ALLOW, "paid", TransactionStatus.COMPLETED),
        (Decision.ALLOW, "outstanding", TransactionStatus.PENDING),
        (Decision.ALLOW, "declined", TransactionStatus.FAILED),
        (Decision.REVIEW, "paid", TransactionStatus.IN_REVIEW),
        (Decision.REVIEW, "outstanding", TransactionStatus.IN_REVIEW),
        (Decision.BLOCK, "paid", TransactionStatus.FAILED),
        (Decision.BLOCK, "outstanding", TransactionStatus.FAILED),
    ],
)
def test_a_sale_begins_by_its_decision(
    decision: Decision, payment: str, status: TransactionStatus
) -> None:
    assert opening_status(decision, payment) == status


def test_a_blocked_sale_takes_no_stock_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "transactions.services.sale_decisions.decision_of",
        lambda score, *, review_above, rules: (Decision.BLOCK, True),
    )

    txn = recorded(stock=4, order_ref="o-2")

    assert (txn.status, txn.completed_at) == (TransactionStatus.FAILED, None)
    assert txn.product.stock_quantity == 4
    assert not StockMovement.objects.filter(kind="sale").exists()
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.dedupe_key) == ("fraud.block", "high", "fraud:o-2")


def test_each_order_stands_for_itself() -> None:
    product = make_product(stock=3)
    sales = [
        sale_of(product.sku, order_ref="a"),
        sale_of("no such", order_ref="b"),
        sale_of(product.sku, order_ref="a"),
        sale_of(product.sku, order_ref="b"),
        sale_of(product.sku, order_ref="c", quantity=9),
    ]

    answers = record_sales_each(sales, now=NOW)

    assert [isinstance(answer, SaleError) for answer in answers] == [False, True, False, True, True]
    assert [a.refusal.code for a in answers if isinstance(a, SaleError)] == [
        "sale_refused",
        "sale_refused",
        "insufficient_stock",
    ]
    refused_b = answers[1]
    assert isinstance(refused_b, SaleError)
    assert [(e.row, e.field) for e in refused_b.refusal.errors] == [(1, "sku")]
    assert set(Transaction.objects.values_list("order_ref", flat=True)) == {"a"}


@pytest.mark.parametrize("sales_before", [0, 120])
def test_a_sale_costs_the_same_queries_whatever_went_before(sales_before: int) -> None:
    product = make_product(stock=500)
    customer = make_customer()
    for number in range(0, sales_before, 60):
        record_sales(
            [
                sale_of(
                    product.sku,
                    customer_code=customer.code,
                    order_ref=f"before-{number}",
                    timestamp=NOW - timedelta(days=60 + number),
                )
                for _ in range(60)
            ],
            now=NOW - timedelta(days=60 + number),
        )

    with CaptureQueriesContext(connection) as queries:
        record_sales([sale_of(product.sku, customer_code=customer.code)], now=NOW)

    ours = [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]
    # Look-up, statistics, past lines; sale, event; stock, movement, stock event; news.
    assert len(ours) == 10, "\n\n".join(ours)


def test_lines_of_one_order_share_the_queries() -> None:
    products = [make_product(stock=5) for _ in range(10)]
    customer = make_customer()

    with CaptureQueriesContext(connection) as queries:
        record_sales(
            [sale_of(p.sku, order_ref="o", customer_code=customer.code) for p in products], now=NOW
        )

    ours = [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]
    # One more than a single line: several products are locked in order.
    assert len(ours) == 11, "\n\n".join(ours)
