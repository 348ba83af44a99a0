"""Lists of sales: what a filter leaves, in which order, by which index."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.choices import MovementKind
from inventory.models import Product
from inventory.services.ledger import post_movements
from tests.inventory.factories import entry, make_product
from tests.transactions.factories import NOW, make_customer, recorded, sale_of
from transactions.choices import AdjustmentKind, TransactionStatus
from transactions.models import Adjustment, Transaction
from transactions.querysets import SORTS, SalesFilter
from transactions.services import record_sales

pytestmark = pytest.mark.django_db


def references(by: SalesFilter) -> set[str]:
    return set(Transaction.objects.narrowed(by).values_list("reference", flat=True))


@pytest.fixture
def shop() -> None:
    """Three sales that differ in everything a filter asks for."""
    lamp = make_product(stock=99, sku="LAMP-1", name="Desk lamp (brass)", category="Light")
    rug = make_product(stock=99, sku="RUG-7", name="Wool rug", category="Floor")
    ann = make_customer(code="ann", name="Ann Arbor")
    bob = make_customer(code="bob", name="Bob Lee")
    record_sales(
        [
            sale_of(
                lamp.sku,
                reference="a",
                order_ref="order-1",
                customer_code=ann.code,
                unit_price=Decimal(10),
                channel="web",
                store="",
                timestamp=NOW - timedelta(hours=2),
            ),
            sale_of(
                rug.sku,
                reference="b",
                order_ref="order-2",
                customer_code=bob.code,
                unit_price=Decimal(20),
                channel="store",
                store="north",
                timestamp=NOW - timedelta(hours=1),
            ),
            sale_of(
                rug.sku,
                reference="c",
                order_ref="order-3",
                unit_price=Decimal(30),
                channel="store",
                store="south",
                payment_status="outstanding",
                timestamp=NOW,
            ),
        ],
        now=NOW,
    )
    Transaction.objects.filter(reference="b").update(fraud_score=0.8, is_suspicious=True)


@pytest.mark.parametrize(
    ("by", "left"),
    [
        (SalesFilter(), "abc"),
        (SalesFilter(since=NOW - timedelta(hours=1)), "bc"),
        (SalesFilter(until=NOW), "ab"),
        (SalesFilter(completed_since=NOW - timedelta(hours=1)), "b"),
        (SalesFilter(completed_until=NOW), "ab"),
        (SalesFilter(statuses=("pending", "failed")), "c"),
        (SalesFilter(amount_min=Decimal(20)), "bc"),
        (SalesFilter(amount_max=Decimal(20)), "ab"),
        (SalesFilter(score_min=0.8), "b"),
        (SalesFilter(score_max=0.7), "ac"),
        (SalesFilter(suspicious=True), "b"),
        (SalesFilter(suspicious=False), "ac"),
        (SalesFilter(channel="web"), "a"),
        (SalesFilter(store="south"), "c"),
        (SalesFilter(category="Floor"), "bc"),
        (SalesFilter(order_ref="order-2"), "b"),
        (SalesFilter(q="order-3"), "c"),
        (SalesFilter(q="lamp (br"), "a"),
        (SalesFilter(q="WOOL"), "bc"),
        (SalesFilter(q="rug-7"), "bc"),
        (SalesFilter(q="arbor"), "a"),
        (SalesFilter(q="bob"), "b"),
        (SalesFilter(q=" a "), "a"),
        (SalesFilter(q="100%"), ""),
        (SalesFilter(q="nothing", channel="web"), ""),
        (SalesFilter(store="south", suspicious=True), ""),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_filter_leaves_what_it_asks_for(by: SalesFilter, left: str) -> None:
    assert references(by) == set(left)


@pytest.mark.usefixtures("shop")
def test_customer_and_product_are_filters() -> None:
    rug = Product.objects.get(sku="RUG-7")
    ann = Transaction.objects.get(reference="a").customer_id

    assert references(SalesFilter(product_id=rug.pk)) == {"b", "c"}
    assert references(SalesFilter(customer_id=ann)) == {"a"}


def test_an_empty_filter_says_so() -> None:
    assert SalesFilter().empty
    assert not SalesFilter(q="x").empty


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-timestamp", "cba"),
        ("timestamp", "abc"),
        ("-amount", "cba"),
        ("amount", "abc"),
        ("-score", "b"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_each_sort_pages_by_key(sort: str, order: str) -> None:
    found, cursor = "", ""
    while True:
        page = SORTS[sort].page(Transaction.objects.listed(), size=1, cursor=cursor)
        found += "".join(row.reference for row in page.rows)
        cursor = page.next_cursor
        if not cursor:
            break

    assert found.startswith(order)
    assert sorted(found) == ["a", "b", "c"]


def test_the_queue_is_held_sales_riskiest_first() -> None:
    txns = [recorded() for _ in range(3)]
    for txn, score in zip(txns, (0.6, 0.9, 0.7), strict=True):
        Transaction.objects.filter(pk=txn.pk).update(
            status=TransactionStatus.IN_REVIEW, completed_at=None, fraud_score=score
        )
    recorded()

    assert [txn.fraud_score for txn in Transaction.objects.awaiting_review()] == [0.9, 0.7, 0.6]


def fill(lines: int = 40_000) -> None:
    """Write many sales of 50 products and 200 customers, a few of each rare kind."""
    products = [make_product() for _ in range(50)]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO customers (code, name, email, country, active, version, created_at,
                                   updated_at)
            SELECT 'c' || n, 'C', '', '', true, 1, now(), now() FROM generate_series(1, 200) n
            """
        )
        cursor.execute("SELECT min(id) FROM customers")
        first_customer = cursor.fetchone()[0]
        cursor.execute(
            """
            INSERT INTO transactions (reference, order_ref, customer_id, product_id, quantity,
                unit_price, unit_cost, discount, total_amount, currency, status, channel,
                payment_method, device, ip_country, ship_country, store, timestamp, recorded_at,
                completed_at, refunded_amount, units_returned, request_hash, fraud_score,
                is_suspicious, decision, reasons, score_version)
            SELECT 'r' || n, 'o' || n / 3, %s + n %% 200, %s + n %% 50, 1, 5, 3, 0, 5, 'USD',
                CASE WHEN n %% 997 = 0 THEN 'disputed' ELSE 'completed' END, 'web', 'card', '',
                '', chr(65 + n %% 7) || 'X', '', %s - n * interval '1 minute',
                %s - n * interval '1 minute', %s - n * interval '1 minute', 0, 0, '',
                (n * 7919 %% 10000) / 10000.0, n %% 500 = 0, 'allow', '[]', 'v'
            FROM generate_series(1, %s) n
            """,
            [first_customer, products[0].pk, NOW, NOW, NOW, lines],
        )
        cursor.execute("ANALYZE transactions")


def second_page(sort: str, by: SalesFilter) -> str:
    """Return the statement that reads the page after the first."""
    rows = Transaction.objects.narrowed(by)
    first = SORTS[sort].page(rows, size=20)
    with CaptureQueriesContext(connection) as queries:
        SORTS[sort].page(rows, size=20, cursor=first.next_cursor)
    return str(queries.captured_queries[0]["sql"])


def newest_of_customer(customer_id: int | None) -> str:
    with CaptureQueriesContext(connection) as queries:
        SORTS["-timestamp"].page(
            Transaction.objects.narrowed(SalesFilter(customer_id=customer_id)), size=5
        )
    return str(queries.captured_queries[0]["sql"])


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_lists_are_read_by_their_indexes() -> None:
    fill()
    line = Transaction.objects.earliest("pk")
    plans = {
        "idx_tx_timestamp": second_page("-timestamp", SalesFilter()),
        "idx_transactions_product_timestamp": second_page(
            "-timestamp", SalesFilter(product_id=line.product_id)
        ),
        "idx_transactions_suspicious": second_page("-timestamp", SalesFilter(suspicious=True)),
        "idx_transactions_status_timestamp": second_page(
            "-timestamp", SalesFilter(statuses=("disputed",))
        ),
        "idx_transactions_fraud_score": second_page("-score", SalesFilter()),
        "idx_tx_amount": second_page("-amount", SalesFilter()),
        "idx_transactions_customer_timestamp": newest_of_customer(line.customer_id),
    }

    for index, sql in plans.items():
        text = plan(sql)
        assert index in text, text
        assert "Sort" not in text, text


def fill_range_and_refunds(rows: int = 3_000) -> None:
    """Make a range and refunds so large that reading all of them is never the shorter way."""
    supplier = make_product().supplier
    Product.objects.bulk_create(
        Product(sku=f"R{n}", name="R", category="R", supplier=supplier, price=5, unit_cost=3)
        for n in range(rows)
    )
    Adjustment.objects.bulk_create(
        Adjustment(
            transaction_id=pk,
            kind=AdjustmentKind.REFUND,
            amount=1,
            booked_at=NOW,
            recorded_at=NOW,
            reference=f"a{pk}",
        )
        for pk in Transaction.objects.order_by("pk").values_list("pk", flat=True)[:rows]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE products, adjustments")


def test_scoring_reads_the_past_by_index() -> None:
    fill()
    fill_range_and_refunds()
    line = Transaction.objects.earliest("pk")
    assert line.customer is not None
    sale = sale_of(
        line.product.sku, customer_code=line.customer.code, ship_country="FR", timestamp=NOW
    )
    make_up_stock(line.product)
    with CaptureQueriesContext(connection) as queries:
        record_sales([sale], now=NOW)

    [past] = [q["sql"] for q in queries.captured_queries if "asked (customer_id)" in q["sql"]]
    text = plan(past)
    assert "idx_transactions_customer_timestamp" in text, text
    assert "idx_tx_customer_country" in text, text
    assert "Seq Scan" not in text, text


def make_up_stock(product: Product) -> None:
    post_movements([entry(product, MovementKind.OPENING, 5)], now=NOW)
