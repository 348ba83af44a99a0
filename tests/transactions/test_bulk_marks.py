"""Cards, addresses, e-mails, lists, limits and refunds: live, in bulk, and as of the sale."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from inventory.models import Product
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, make_analyst, make_customer, sale_of
from tests.transactions.test_bulk_scoring import (
    assert_same,
    frame_of,
    moment,
    record_in_turn,
    shop,
    stored,
)
from transactions.choices import ListKind
from transactions.fraud.bulk import SalesFrame, score_frame
from transactions.fraud.calendar import microseconds
from transactions.fraud.columns import CODES
from transactions.fraud.frame import NEVER_US
from transactions.fraud.recorded import recorded_sales
from transactions.models import Customer, Transaction
from transactions.services import (
    SaleInput,
    record_sales,
    refresh_fraud_statistics,
    refund,
    settle_payment,
)
from transactions.services.rules.lists import add_values, create_list, end_values

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def signal(txn: Transaction, code: str) -> float:
    """Return what a signal said of a recorded sale."""
    said: dict[str, float] = {reason["code"]: reason["value"] for reason in txn.reasons}
    return said.get(code, 0.0)


def record(*sales: SaleInput) -> list[Transaction]:
    """Record each sale when it happens."""
    return [record_sales([sale], now=moment(sale))[0].transaction for sale in sales]


def make_list(kind: ListKind, *values: str, at: Any = NOW - 9 * DAY, watched: bool = True) -> str:
    actor = make_analyst(f"{kind}@example.test")
    create_list(
        key=f"of-{kind}".replace("_", "-"),
        name=f"List of {kind}",
        kind=kind,
        reason="",
        actor=actor,
        now=at,
        watched=watched,
    )
    key = f"of-{kind}".replace("_", "-")
    add_values(key=key, values=values, expires_at=None, reason="", actor=actor, now=at)
    return key


def assert_bulk_agrees(
    sales: list[SaleInput],
    products: dict[str, Product],
    customers: dict[str, Customer],
    change: Callable[[SalesFrame], SalesFrame] = lambda frame: frame,
) -> None:
    """Score the recorded sales anew, and as if they came in a file; both as they were scored."""
    again = recorded_sales(NOW - 400 * DAY, NOW + DAY)
    by_ref = {ref: i for i, ref in enumerate(again.frame.order_ref.tolist())}
    txns = stored(sales)
    assert [by_ref[sale.order] for sale in sales] == list(range(len(sales)))
    assert_same(again.scores, txns)
    frame = change(frame_of(sales, products, customers))
    for name in ("declined_us", "refunded_us", "list_price_e4"):
        found = getattr(frame, name)
        if found is not None:
            np.testing.assert_array_equal(found, getattr(again.frame, name))


def test_customers_who_share_a_card_an_address_or_a_stem_are_counted_once_each() -> None:
    products, customers = shop(1, 5)
    [sku], codes = products, [*customers]
    for mark, words in (
        ({"card_token": "tok"}, "card"),
        ({"ship_address": "1 High Street"}, "shipping address"),
        ({"bill_address": "1 High Street"}, "billing address"),
        ({"email": "annalee@a.test"}, "e-mail stem"),
    ):
        at = NOW - 3 * DAY
        sales = [
            sale_of(sku, customer_code=code, timestamp=at + n * MINUTE, **mark)
            for n, code in enumerate([*codes[:4], codes[0], codes[4]])
        ]

        txns = record(*sales)

        # clip((k − 2)/5, 0, 1); the first customer's second sale makes no fifth.
        expected = [0, 0, 0.2, 0.4, 0.4, 0.6]
        assert [signal(txn, "F9") for txn in txns] == pytest.approx(expected)
        [fact] = [r["fact"] for r in txns[-1].reasons if r["code"] == "F9"]
        assert fact == f"5 customers with this {words} within 24 hours"


def test_sharing_ends_after_a_day() -> None:
    products, customers = shop(1, 3)
    [sku], codes = products, [*customers]
    times = [NOW - DAY, NOW - DAY + MINUTE, NOW, NOW + timedelta(seconds=1)]
    sales = [
        sale_of(sku, customer_code=code, card_token="t", timestamp=at)
        for code, at in zip([*codes, codes[2]], times, strict=True)
    ]

    txns = record(*sales)

    # A use a day ago to the second is still seen.
    assert [signal(txn, "F9") for txn in txns] == pytest.approx([0, 0, 0.2, 0])


def test_declined_payments_tell_of_a_tried_card_and_customer() -> None:
    products, customers = shop(1, 2)
    [sku], [ann, bob] = products, customers
    tries = [
        sale_of(
            sku,
            customer_code=ann,
            card_token="stolen",
            payment_status="declined",
            timestamp=NOW - (60 - n) * MINUTE,
        )
        for n in range(5)
    ]
    sales = [
        *tries,
        sale_of(sku, customer_code=bob, card_token="stolen", timestamp=NOW),
        sale_of(sku, customer_code=ann, timestamp=NOW + MINUTE),
        sale_of(sku, customer_code=bob, timestamp=NOW + MINUTE),
    ]

    txns = record(*sales)

    # (k − 1)/4 of those within the hour; a try an hour ago still counts, one more minute not.
    assert [signal(txn, "F18") for txn in txns] == [0, 0, 0.25, 0.5, 0.75, 1.0, 0.75, 0]
    assert_bulk_agrees(sales, products, customers)


def test_a_basket_that_is_settled_line_by_line_is_one_try() -> None:
    products, customers = shop(4, 1)
    [code] = customers
    basket = [
        sale_of(
            sku,
            order_ref="basket",
            customer_code=code,
            card_token="tok",
            payment_status="outstanding",
            timestamp=NOW,
        )
        for sku in products
    ]
    lines = [each.transaction for each in record_sales(basket, now=NOW)]
    for n, txn in enumerate(lines):
        settle_payment(transaction_id=txn.pk, paid=False, now=NOW + (n + 1) * SECOND)
    again, last = (
        sale_of(
            basket[0].sku,
            order_ref="basket",
            customer_code=code,
            card_token="tok",
            payment_status=status,
            timestamp=NOW + minutes * MINUTE,
        )
        for minutes, status in ((1, "declined"), (2, "paid"))
    )

    txns = record(again, last)

    # One try tells nothing yet; the second is the same order once more.
    assert [signal(txn, "F18") for txn in txns] == [0, 0.25]
    assert_same(recorded_sales(NOW, NOW + DAY).scores, stored([*basket, again, last]))


def test_a_retry_after_a_declined_card_is_no_second_purchase() -> None:
    products, customers = shop(1, 1)
    [sku], [code] = products, customers
    sales = [
        sale_of(sku, customer_code=code, payment_status=status, timestamp=NOW + seconds * SECOND)
        for seconds, status in (
            (0, "declined"),
            (30, "outstanding"),
            (60, "declined"),
            (90, "paid"),
            (600, "paid"),
        )
    ]

    txns = record(*sales[:3])
    settle_payment(transaction_id=txns[1].pk, paid=False, now=NOW + 70 * SECOND)
    txns += record(*sales[3:])

    # The second payment was not declined yet when the third was tried.
    assert [signal(txn, "F8") for txn in txns] == [0, 0, 1, 0, 0.5]

    def failed_later(frame: SalesFrame) -> SalesFrame:
        assert frame.declined_us is not None
        declined = frame.declined_us.copy()
        declined[1] = microseconds(NOW + 70 * SECOND)
        return replace(frame, declined_us=declined)

    assert_bulk_agrees(sales, products, customers, failed_later)


def test_like_addresses_of_four_accounts_are_a_burst() -> None:
    products, customers = shop(1, 5)
    [sku], codes = products, [*customers]
    # Each of the others is one edit from the last.
    locals_ = ["jonson2@a", "johnsen@a", "johnston@a", "johnson@b", "johnson1@a"]
    emails = [f"{local}.test" for local in locals_]
    sales = [
        sale_of(sku, customer_code=code, email=email, timestamp=NOW - DAY + n * MINUTE)
        for n, (code, email) in enumerate(zip(codes, emails, strict=True))
    ]

    txns = record(*sales)

    assert [signal(txn, "F16") for txn in txns] == [0, 0, 0, 0, 1]
    assert_bulk_agrees(sales, products, customers)


def test_the_customers_own_address_stands_in_for_one_not_given() -> None:
    customer = make_customer(email="X.Y@mailinator.com")
    product = make_product(stock=5)

    [txn] = record(sale_of(product.sku, customer_code=customer.code, timestamp=NOW))

    assert txn.email_stem == "xy@mailinator.com"
    assert signal(txn, "F16") == 0.7


def test_a_young_account_that_buys_dear_things_is_seen() -> None:
    product = make_product(stock=999)
    old = make_customer()
    new = make_customer(created_at=NOW - 2 * DAY)
    past = [
        sale_of(
            product.sku,
            customer_code=old.code,
            quantity=1,
            unit_price=Decimal(n),
            timestamp=NOW - 30 * DAY + n * MINUTE,
        )
        for n in range(1, 301)
    ]
    for first in range(0, 300, 100):
        record_sales(past[first : first + 100], now=NOW - 20 * DAY)
    refresh_fraud_statistics(now=NOW)
    dear = {"unit_price": Decimal(290), "timestamp": NOW}

    [by_new] = record(sale_of(product.sku, customer_code=new.code, **dear))
    [by_old] = record(sale_of(product.sku, customer_code=old.code, **dear))

    # 285 is q95 and 300 q99.9: percentile 0.95 + 0.049·ln(291/286)/ln(301/286).
    share = 0.95 + 0.049 * np.log(291 / 286) / np.log(301 / 286)
    assert signal(by_new, "F5") == pytest.approx((share - 0.8) / 0.2, abs=1e-9)
    assert signal(by_old, "F5") == 0
    again = recorded_sales(NOW, NOW + DAY)
    assert_same(again.scores, [by_new, by_old])


def test_refunds_count_once_they_are_booked() -> None:
    products, customers = shop(1, 1)
    [sku], [code] = products, customers
    analyst = make_analyst()
    sales = [sale_of(sku, customer_code=code, timestamp=NOW - (20 - n) * DAY) for n in range(9)]
    txns = record(*sales)
    booked = [NOW - 2 * DAY + n * MINUTE for n in range(4)]
    for n, (txn, at) in enumerate(zip(txns[:4], booked, strict=True)):
        refund(
            transaction_id=txn.pk,
            amount=txn.total_amount,
            units_returned=0,
            units_restocked=0,
            reference=f"back-{n}",
            reason="broken",
            actor=analyst,
            now=at,
        )
    later = sale_of(sku, customer_code=code, timestamp=NOW - 2 * DAY + 2 * MINUTE)
    last = sale_of(sku, customer_code=code, timestamp=NOW)
    recorded = record(later, last)

    # Two of nine by then; four of ten at last: 2·0.168. The category has no base yet: nobody
    # made the statistics.
    assert [signal(txn, "F14") for txn in recorded] == pytest.approx([2 * 0.0632, 0.3364], abs=1e-3)

    def refunded(frame: SalesFrame) -> SalesFrame:
        known = [*map(microseconds, booked), *[NEVER_US] * (len(frame) - 4)]
        return replace(frame, refunded_us=np.array(known, np.int64))

    everything = [*sales, later, last]
    frame = refunded(frame_of(everything, products, customers))
    again = recorded_sales(NOW - 30 * DAY, NOW + DAY)
    np.testing.assert_array_equal(again.frame.refunded_us, frame.refunded_us)
    # Day by day the base is known, too, and both bulk ways have the same.
    code_of = CODES.index("F14")
    assert again.scores.signals[-2, code_of] == pytest.approx(2 * (0.0632 - 0), abs=1e-3)
    assert again.scores.signals[-1, code_of] < 0.3364


def test_a_file_is_scored_with_its_refunds_as_if_they_were_recorded() -> None:
    products, customers = shop(2, 2)
    rng = np.random.default_rng(5)
    sales = [
        sale_of(
            str(rng.choice([*products])),
            customer_code=str(rng.choice([*customers])),
            timestamp=NOW - timedelta(hours=20 * (40 - n)),
        )
        for n in range(40)
    ]
    frame = frame_of(sales, products, customers)
    back = np.where(np.arange(40) % 3 == 0, frame.timestamp_us + 36 * 3_600_000_000, NEVER_US)

    in_file = score_frame(replace(frame, refunded_us=back))
    record(*sales)
    for n, txn in enumerate(stored(sales)):
        if n % 3 == 0:
            refund(
                transaction_id=txn.pk,
                amount=Decimal(1),
                units_returned=0,
                units_restocked=0,
                reference=f"back-{n}",
                reason="broken",
                actor=None,
                now=moment(sales[n]) + timedelta(hours=36),
            )
    again = recorded_sales(NOW - 40 * DAY, NOW + DAY)

    assert in_file.signals[:, CODES.index("F14")].max() > 0
    np.testing.assert_allclose(again.scores.contributions, in_file.contributions, atol=1e-9)


@pytest.mark.parametrize(
    ("kind", "value", "fields"),
    [
        (ListKind.DEVICE, "d-1", {"device": "d-1"}),
        (ListKind.STORE, "S1", {"store": "S1"}),
        (ListKind.COUNTRY, "FR", {"ip_country": "fr"}),
        (ListKind.EMAIL_DOMAIN, "a.test", {"email": "x.y@a.test"}),
        (ListKind.EMAIL, "xy@a.test", {"email": "x.y@a.test"}),
        (ListKind.CUSTOMER, "C-watched", {}),
        (ListKind.PRODUCT, "SKU-WATCHED", {}),
        (ListKind.CATEGORY, "Dairy", {}),
    ],
)
def test_what_stands_in_a_watch_list_is_said_of_the_sale(
    kind: ListKind, value: str, fields: dict[str, str]
) -> None:
    product = make_product(sku="SKU-watched", stock=9)
    customer = make_customer(code="C-watched")
    make_list(kind, value)
    sale = sale_of("SKU-watched", customer_code="C-watched", timestamp=NOW, **fields)

    [txn] = record(sale)

    assert signal(txn, "F19") == 1
    assert_bulk_agrees([sale], {sale.sku: product}, {customer.code: customer})


def test_a_code_that_nobody_has_watches_nobody_elses_key() -> None:
    product, customer = make_product(stock=9), make_customer()
    make_list(ListKind.CUSTOMER, str(customer.pk))
    make_list(ListKind.PRODUCT, str(product.pk))
    sale = sale_of(product.sku, customer_code=customer.code, timestamp=NOW)

    [txn] = record(sale)

    assert signal(txn, "F19") == 0
    assert_bulk_agrees([sale], {sale.sku: product}, {customer.code: customer})


def test_a_list_of_cards_holds_hashes_and_counts_while_a_value_stands() -> None:
    product = make_product(stock=9)
    [first] = record(sale_of(product.sku, card_token="tok", timestamp=NOW - 20 * DAY))
    key = make_list(ListKind.CARD, first.card_hash)
    end_values(
        key=key,
        values=[first.card_hash],
        reason="",
        actor=make_analyst("b@example.test"),
        now=NOW - DAY,
    )
    sales = [
        sale_of(product.sku, card_token="tok", timestamp=NOW - days * DAY) for days in (10, 5, 1)
    ]

    txns = record(*sales)

    assert [signal(txn, "F19") for txn in txns] == [0, 1, 0]
    assert [r["fact"] for r in txns[1].reasons if r["code"] == "F19"] == [
        "the card stands in a watch list"
    ]


def test_a_list_that_is_not_watched_says_nothing() -> None:
    product = make_product(stock=9)
    make_list(ListKind.DEVICE, "d-1", watched=False)

    [txn] = record(sale_of(product.sku, device="d-1", timestamp=NOW))

    assert signal(txn, "F19") == 0


def test_a_watched_country_is_a_signal_of_its_own() -> None:
    product = make_product(stock=9)
    make_list(ListKind.COUNTRY, "FR")

    [txn] = record(sale_of(product.sku, ship_country="FR", timestamp=NOW))

    assert (signal(txn, "F17"), signal(txn, "F19")) == (1, 1)


def test_sales_just_under_a_known_limit_are_counted_for_a_week() -> None:
    products, customers = shop(1, 1)
    [sku], [code] = products, customers
    make_list(ListKind.LIMIT, "500", watched=False)
    prices = ["499.99", "475.00", "480.00", "500.00", "474.99", "490.00"]
    sales = [
        sale_of(
            sku,
            customer_code=code,
            unit_price=Decimal(price),
            timestamp=NOW - (5 - n) * timedelta(hours=30),
        )
        for n, price in enumerate(prices)
    ]

    record_in_turn(sales)
    txns = stored(sales)

    assert [signal(txn, "F13") for txn in txns] == [0, 0.5, 1, 0, 0, 1]
    assert_bulk_agrees(sales, products, customers)


def test_staff_who_sell_far_below_the_list_are_seen() -> None:
    product = make_product(stock=9, price=Decimal("100.00"))
    half = {"unit_price": Decimal("60.00"), "discount": Decimal("20.00"), "timestamp": NOW}

    [in_store] = record(sale_of(product.sku, channel="store", **half))
    [on_web] = record(sale_of(product.sku, channel="web", **half))

    # (0.6 − 40/100)/0.4
    assert signal(in_store, "F15") == pytest.approx(0.5)
    assert signal(on_web, "F15") == 0
    assert in_store.list_price == Decimal("100.00")
