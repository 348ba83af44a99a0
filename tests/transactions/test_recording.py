"""Recording sales: what is checked, written, refused, and answered again."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.choices import AlertKind, Severity, Topic
from alerts.models import Alert, AlertEvent
from inventory.models import Product, StockMovement
from inventory.services.ledger import InsufficientStock
from techmart.core.models import ShopSettings
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, make_analyst, make_customer, recorded, sale_of
from transactions.choices import Decision, StatisticKind, TransactionStatus
from transactions.models import FraudStatistic, Transaction, TransactionEvent
from transactions.services import (
    ReferenceConflict,
    SaleError,
    SaleInput,
    SaleOutcome,
    SaleRefused,
    record_sales,
    record_sales_each,
)
from transactions.services.sale_decisions import opening_of

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
    assert txn.score_version == "prior.3"


def test_an_outstanding_payment_waits_for_a_quarter_of_an_hour() -> None:
    txn = recorded(payment_status="outstanding")

    assert (txn.status, txn.completed_at) == (TransactionStatus.PENDING, None)
    assert txn.expires_at == NOW + timedelta(minutes=15)
    assert StockMovement.objects.filter(kind="sale", quantity=-1).exists()


# --- held and blocked


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
    ("decision", "payment", "status", "takes_stock"),
    [
        (Decision.ALLOW, "paid", TransactionStatus.COMPLETED, True),
        (Decision.ALLOW, "outstanding", TransactionStatus.PENDING, True),
        (Decision.REVIEW, "paid", TransactionStatus.IN_REVIEW, True),
        (Decision.REVIEW, "outstanding", TransactionStatus.IN_REVIEW, True),
        (Decision.BLOCK, "paid", TransactionStatus.FAILED, False),
        (Decision.BLOCK, "outstanding", TransactionStatus.FAILED, False),
    ],
)
def test_a_sale_begins_by_its_decision(
    decision: Decision, payment: str, status: TransactionStatus, takes_stock: bool
) -> None:
    opening = opening_of(decision, payment)

    assert (opening.status, opening.takes_stock) == (status, takes_stock)


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


# --- refused


def refused(sales: list[SaleInput], **options: Any) -> set[tuple[int | None, str, str]]:
    """Return row, field and code of every error; nothing may have been written."""
    with pytest.raises(SaleRefused) as refusal:
        record_sales(sales, now=NOW, **options)
    assert not Transaction.objects.exists()
    assert not StockMovement.objects.filter(kind="sale").exists()
    assert refusal.value.status == 422
    return {(error.row, error.field, error.code) for error in refusal.value.errors}


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"reference": " "}, "reference", "required"),
        ({"reference": "x" * 121}, "reference", "invalid"),
        ({"reference": "a\x00b"}, "reference", "invalid"),
        ({"order_ref": "x" * 81}, "order_ref", "invalid"),
        ({"sku": "no such"}, "sku", "unknown"),
        ({"sku": ""}, "sku", "required"),
        ({"customer_code": "no such"}, "customer_code", "unknown"),
        ({"customer_code": ""}, "customer_code", "invalid"),
        ({"quantity": 0}, "quantity", "invalid"),
        ({"quantity": -1}, "quantity", "invalid"),
        ({"quantity": 2**31}, "quantity", "invalid"),
        ({"quantity": 2**31 - 1, "unit_price": Decimal("9e8")}, "quantity", "invalid"),
        ({"unit_price": Decimal("-0.01")}, "unit_price", "invalid"),
        ({"unit_price": Decimal("1.00001")}, "unit_price", "invalid"),
        ({"unit_price": Decimal("NaN")}, "unit_price", "invalid"),
        ({"unit_price": Decimal("Infinity")}, "unit_price", "invalid"),
        ({"discount": Decimal("-1")}, "discount", "invalid"),
        ({"discount": Decimal("0.001")}, "discount", "invalid"),
        ({"discount": Decimal("5.01")}, "discount", "invalid"),
        ({"total_amount": Decimal("5.01")}, "total_amount", "mismatch"),
        ({"currency": "EUR"}, "currency", "mismatch"),
        ({"channel": "pigeon"}, "channel", "invalid"),
        ({"payment_method": "shells"}, "payment_method", "invalid"),
        ({"payment_status": "maybe"}, "payment_status", "invalid"),
        ({"ship_country": "GBR"}, "ship_country", "invalid"),
        ({"ip_country": "1A"}, "ip_country", "invalid"),
        ({"store": "x" * 41}, "store", "invalid"),
        ({"device": "x" * 81}, "device", "invalid"),
        ({"timestamp": NOW + timedelta(minutes=6)}, "timestamp", "future"),
        ({"timestamp": NOW.replace(tzinfo=None)}, "timestamp", "invalid"),
    ],
)
def test_what_is_wrong_is_named_by_field(fields: dict[str, Any], field: str, code: str) -> None:
    product = make_product(stock=10, price=Decimal("5.00"))
    good = sale_of(product.sku)

    assert refused([good, replace(sale_of(product.sku), **fields)]) == {(1, field, code)}


def test_what_is_no_longer_sold_or_served_is_refused() -> None:
    product = make_product(stock=1, active=False)
    customer = make_customer(active=False)

    errors = refused([sale_of(product.sku, customer_code=customer.code)])

    assert errors == {(0, "sku", "inactive"), (0, "customer_code", "inactive")}


def test_every_error_of_every_line_is_told_at_once() -> None:
    errors = refused([sale_of("none", customer_code="nobody"), sale_of("nothing")])

    assert errors == {(0, "sku", "unknown"), (0, "customer_code", "unknown"), (1, "sku", "unknown")}


def test_anonymous_sales_are_refused_on_request() -> None:
    product = make_product(stock=1)

    errors = refused([sale_of(product.sku)], allow_anonymous=False)

    assert errors == {(0, "customer_code", "required")}


def test_a_clock_that_runs_a_little_ahead_is_forgiven() -> None:
    assert recorded(timestamp=NOW + timedelta(minutes=5)).pk


def test_one_call_has_each_reference_once() -> None:
    product = make_product(stock=5)
    sale = sale_of(product.sku)

    assert refused([sale, sale]) == {(1, "reference", "duplicate")}


# --- stock


def test_all_shortages_are_told_and_nothing_is_kept() -> None:
    short, enough, shorter = (make_product(stock=n) for n in (1, 9, 2))
    lines = [
        sale_of(short.sku),
        sale_of(short.sku),
        sale_of(enough.sku, quantity=9),
        sale_of(shorter.sku, quantity=5),
    ]

    with pytest.raises(InsufficientStock) as refusal:
        record_sales(lines, now=NOW)

    told = [(s.sku, s.requested, s.available) for s in refusal.value.shortages]
    assert told == [(short.sku, 2, 1), (shorter.sku, 5, 2)]
    assert refusal.value.status == 409
    assert [(e.row, e.field) for e in refusal.value.errors] == [
        (0, "quantity"),
        (1, "quantity"),
        (3, "quantity"),
    ]
    assert not Transaction.objects.exists()
    assert set(Product.objects.values_list("stock_quantity", flat=True)) == {1, 2, 9}


def in_parallel(count: int, act: Callable[[int], None]) -> list[Exception]:
    """Run an act at once on connections of their own; return what they raised."""
    raised: list[Exception] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=10)
            act(number)
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return raised


@pytest.mark.django_db(transaction=True)
def test_of_many_buyers_of_the_last_unit_one_gets_it() -> None:
    product = make_product(stock=1)
    customers = [make_customer() for _ in range(8)]

    raised = in_parallel(
        8,
        lambda n: void(
            record_sales([sale_of(product.sku, customer_code=customers[n].code)], now=NOW)
        ),
    )

    assert [type(error) for error in raised] == [InsufficientStock] * 7
    product.refresh_from_db()
    assert product.stock_quantity == 0
    assert Transaction.objects.count() == 1
    assert StockMovement.objects.filter(kind="sale").count() == 1


@pytest.mark.django_db(transaction=True)
def test_baskets_in_opposite_order_do_not_wait_for_each_other() -> None:
    one, other = make_product(stock=50), make_product(stock=50)
    skus = [one.sku, other.sku]

    raised = in_parallel(
        8,
        lambda n: void(
            record_sales([sale_of(sku) for sku in (skus if n % 2 else skus[::-1])], now=NOW)
        ),
    )

    assert raised == []
    assert set(Product.objects.values_list("stock_quantity", flat=True)) == {42}


def void(_: object) -> None:
    """Drop an answer nobody reads."""


# --- again


def test_the_same_sale_is_answered_again() -> None:
    product = make_product(stock=5)
    sale = sale_of(product.sku, unit_price=Decimal("4.50"), timestamp=NOW)
    [first] = record_sales([sale], now=NOW)
    Product.objects.filter(pk=product.pk).update(active=False)
    written_otherwise = replace(
        sale, unit_price=Decimal("4.5"), timestamp=NOW.astimezone(), ship_country=""
    )

    [again] = record_sales([written_otherwise], now=NOW + timedelta(hours=1))

    assert again == SaleOutcome(first.transaction, replayed=True)
    product.refresh_from_db()
    assert product.stock_quantity == 4
    assert TransactionEvent.objects.count() == 1


def test_the_same_reference_for_another_sale_is_a_conflict() -> None:
    product = make_product(stock=5)
    sale = sale_of(product.sku)
    record_sales([sale], now=NOW)
    fresh = sale_of(product.sku)

    with pytest.raises(ReferenceConflict) as refusal:
        record_sales([fresh, replace(sale, quantity=2)], now=NOW)

    [error] = refusal.value.errors
    assert (refusal.value.status, error.row, error.field) == (409, 1, "reference")
    assert Transaction.objects.count() == 1


def test_a_refused_reference_can_be_used() -> None:
    product = make_product(stock=1)
    with pytest.raises(InsufficientStock):
        record_sales([sale_of(product.sku, reference="r", quantity=2)], now=NOW)

    [outcome] = record_sales([sale_of(product.sku, reference="r", quantity=1)], now=NOW)

    assert not outcome.replayed


def test_known_and_new_lines_can_come_together() -> None:
    product = make_product(stock=5)
    old, new = sale_of(product.sku), sale_of(product.sku)
    record_sales([old], now=NOW)

    outcomes = record_sales([new, old], now=NOW)

    assert [o.transaction.reference for o in outcomes] == [new.reference, old.reference]
    assert [o.replayed for o in outcomes] == [False, True]


@pytest.mark.django_db(transaction=True)
def test_a_sale_sent_twice_at_once_is_recorded_once() -> None:
    product = make_product(stock=20)
    sale = sale_of(product.sku)
    answers: list[SaleOutcome] = []

    raised = in_parallel(6, lambda n: answers.extend(record_sales([sale], now=NOW)))

    assert raised == []
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 5
    assert len({answer.transaction.pk for answer in answers}) == 1
    product.refresh_from_db()
    assert product.stock_quantity == 19


# --- one by one


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


# --- cost


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
