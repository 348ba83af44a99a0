"""The fold, held against the definitions worked out from all base rows."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from analytics.models import CategoryDaily, RollupNote, RollupState, SalesHourly
from analytics.rollups import FoldResult, fold, folding, slide_windows
from inventory.models import Product, ProductDaily, ProductTotals
from tests.analytics.definitions import expected, stored
from tests.analytics.factories import NOW, give_back, make_customer, make_sale
from tests.inventory.factories import make_product
from transactions.choices import AdjustmentKind, Channel, TransactionStatus
from transactions.models import Customer, Transaction

NEW_YORK = ZoneInfo("America/New_York")
TODAY = date(2026, 11, 24)

pytestmark = pytest.mark.django_db


def check() -> None:
    """Every rollup holds exactly what the base rows say."""
    window_day = RollupState.objects.get().window_day
    found, wanted = stored(), expected(window_day=window_day)
    for name in wanted:
        assert found[name] == wanted[name], name


class Shop:
    """Random acts of a shop over a few products, customers and months."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.products = [make_product(category=name) for name in ("Tea", "Tea", "Fish", "Bread")]
        self.customers: list[Customer | None] = [make_customer(), make_customer(), None]
        self.orders = [f"random-{seed}-{n}" for n in range(6)]

    def moment(self) -> datetime:
        # Long enough for each window but the longest to have days on both sides of its edge;
        # some land on the two nights in which clocks change.
        if self.random.random() < 0.2:
            return self.random.choice(
                [datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 3, 8, 7, 5, tzinfo=UTC)]
            ) + timedelta(minutes=self.random.randrange(-90, 90))
        return NOW - timedelta(minutes=self.random.randrange(140 * 24 * 60))

    def act(self) -> None:
        self.random.choice([self.sell, self.sell, self.sell, self.refund, self.change, self.move])()

    def sell(self) -> None:
        make_sale(
            self.random.choice(self.products),
            at=self.moment(),
            customer=self.random.choice(self.customers),
            order_ref=self.random.choice(self.orders),
            quantity=self.random.randint(1, 4),
            channel=self.random.choice([Channel.STORE, Channel.WEB]),
            status=self.random.choice(
                [TransactionStatus.COMPLETED] * 3
                + [TransactionStatus.PENDING, TransactionStatus.FAILED]
            ),
        )

    def refund(self) -> None:
        txn = self.any_sale(completed_at__isnull=False)
        if txn is not None:
            give_back(
                txn,
                str(self.random.randint(1, 5)),
                at=self.moment(),
                kind=self.random.choice(list(AdjustmentKind)),
                units=self.random.randint(0, 1),
            )

    def change(self) -> None:
        """Settle, cancel or correct a line."""
        txn = self.any_sale(completed_at__isnull=True)
        if txn is not None and self.random.random() < 0.7:
            txn.status = self.random.choice(
                [TransactionStatus.COMPLETED, TransactionStatus.CANCELLED]
            )
            if txn.status == TransactionStatus.COMPLETED:
                txn.completed_at = txn.timestamp + timedelta(minutes=self.random.randrange(3000))
            txn.save()
            return
        txn = self.any_sale()
        if txn is not None:
            with connection.cursor() as cursor:
                # A correction by hand: nothing in the application does this.
                cursor.execute(
                    "UPDATE transactions SET product_id = %s, channel = %s, unit_cost = %s,"
                    " customer_id = %s WHERE id = %s",
                    [
                        self.random.choice(self.products).pk,
                        self.random.choice(["store", "phone"]),
                        self.random.randint(1, 4),
                        self.random.choice([c.pk if c else None for c in self.customers]),
                        txn.pk,
                    ],
                )

    def move(self) -> None:
        product = self.random.choice(self.products)
        category = self.random.choice(["Tea", "Fish", "Bread"])
        Product.objects.filter(pk=product.pk).update(category=category)

    def any_sale(self, **conditions: object) -> Transaction | None:
        rows = list(Transaction.objects.filter(**conditions).order_by("pk"))
        return self.random.choice(rows) if rows else None


@pytest.fixture
def correctable() -> None:
    """Let a test change what the application's own trigger keeps."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'transactions'::regclass"
            " AND NOT tgisinternal AND tgname NOT LIKE 'transactions_note_%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name} ON transactions")


@pytest.mark.parametrize("seed", range(6))
def test_random_acts_leave_rollups_as_defined(seed: int, correctable: None) -> None:
    shop = Shop(seed)
    now = NOW - timedelta(days=3)
    for round_ in range(6):
        for _ in range(12):
            shop.act()

        fold(now=now + timedelta(days=round_), chunk=shop.random.choice([5, 100_000]))

        check()


def test_a_sale_is_in_every_rollup() -> None:
    product = make_product(category="Tea")
    make_sale(product, quantity=2, customer=make_customer())

    result = fold(now=NOW)

    assert result.changed
    # 2 units at 5.00 that cost 3 each.
    hour = SalesHourly.objects.get()
    assert (hour.hour, hour.lines, hour.gross, hour.cost) == (NOW, 1, Decimal("10"), Decimal("6"))
    assert CategoryDaily.objects.get().category == "Tea"
    day = ProductDaily.objects.get()
    assert (day.day, day.units, day.demand_units) == (TODAY, 2, 2)
    assert set(ProductTotals.objects.values_list("window", "units")) == {
        (window, 2) for window in (0, 7, 30, 90, 365)
    }


def test_folding_again_changes_nothing() -> None:
    make_sale()
    version = fold(now=NOW).version

    again = fold(now=NOW)

    assert again == FoldResult(False, 0, version, again.folded_through)


def test_a_refolded_bucket_changes_nothing() -> None:
    make_sale()
    fold(now=NOW)
    RollupNote.objects.create(kind=2, subject_id=Product.objects.get().pk, day=TODAY)

    result = fold(now=NOW)

    assert (result.notes, result.changed) == (1, False)
    check()


def test_a_refund_counts_on_the_day_it_is_booked() -> None:
    txn = make_sale(at=NOW - timedelta(days=10))
    give_back(txn, "5.00", at=NOW, units=1)

    fold(now=NOW)

    sold, back = ProductDaily.objects.order_by("day")
    assert (sold.gross, sold.refunds) == (Decimal("5"), Decimal("0"))
    assert (back.gross, back.refunds, back.units_returned) == (Decimal("0"), Decimal("5"), 1)
    # The window of 7 days has the refund alone, and its goods came back.
    week = ProductTotals.objects.get(window=7)
    assert (week.gross, week.refunds, week.cost) == (Decimal("0"), Decimal("5"), Decimal("-3"))
    check()


def test_a_late_row_reaches_its_own_day() -> None:
    product = make_product()
    make_sale(product)
    fold(now=NOW)

    make_sale(product, at=NOW - timedelta(days=40), recorded_at=NOW)
    fold(now=NOW)

    assert ProductTotals.objects.get(window=30).units == 1
    assert ProductTotals.objects.get(window=90).units == 2
    assert ProductTotals.objects.get(window=0).first_sold_on == date(2026, 10, 15)
    check()


def test_an_emptied_bucket_is_removed() -> None:
    txn = make_sale(status=TransactionStatus.PENDING)
    fold(now=NOW)
    assert ProductDaily.objects.get().demand_units == 1

    txn.status = TransactionStatus.CANCELLED
    txn.save()
    fold(now=NOW)

    assert not ProductDaily.objects.exists()
    assert not ProductTotals.objects.exists()


def test_a_score_alone_notes_nothing() -> None:
    txn = make_sale()
    fold(now=NOW)

    Transaction.objects.filter(pk=txn.pk).update(fraud_score=0.9, refunded_amount=1)

    assert not RollupNote.objects.exists()


def test_a_product_takes_its_history_to_another_category() -> None:
    product, other = make_product(category="Tea"), make_product(category="Tea")
    for days in (0, 1, 50):
        make_sale(product, at=NOW - timedelta(days=days))
    make_sale(other)
    fold(now=NOW)

    Product.objects.filter(pk=product.pk).update(category="Coffee")
    fold(now=NOW)

    lines = dict(CategoryDaily.objects.filter(category="Coffee").values_list("day", "lines"))
    assert lines == {TODAY: 1, date(2026, 11, 23): 1, date(2026, 10, 5): 1}
    assert CategoryDaily.objects.get(category="Tea").day == TODAY
    check()


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 2), 24)]
)
def test_a_shop_day_is_as_long_as_its_clock_says(day: date, hours: int) -> None:
    product = make_product()
    start = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC)
    for hour in range(-1, hours + 1):
        make_sale(product, at=start + timedelta(hours=hour, minutes=30))

    fold(now=NOW)

    assert ProductDaily.objects.get(day=day).units == hours
    # The hour that the clock shows twice is two hours.
    assert SalesHourly.objects.count() == hours + 2
    check()


def test_windows_slide_by_whole_days() -> None:
    product = make_product()
    for days in (0, 3, 6, 29):
        make_sale(product, at=NOW - timedelta(days=days))
    fold(now=NOW)
    assert ProductTotals.objects.get(window=7).units == 3

    slid = slide_windows(now=NOW + timedelta(days=1))

    assert slid
    # The sale of six days ago has left the seven days, that of 29 days ago the thirty.
    assert ProductTotals.objects.get(window=7).units == 2
    assert ProductTotals.objects.get(window=30).units == 3
    check()


def test_sliding_past_a_whole_window_empties_it() -> None:
    make_sale()
    fold(now=NOW)

    slide_windows(now=NOW + timedelta(days=20))

    assert not ProductTotals.objects.filter(window=7).exists()
    assert ProductTotals.objects.get(window=30).units == 1
    check()


def test_windows_never_slide_back() -> None:
    make_sale()
    fold(now=NOW)

    assert not slide_windows(now=NOW - timedelta(days=5))

    check()


def test_a_sale_of_tomorrow_enters_its_windows_tomorrow() -> None:
    make_sale(at=NOW + timedelta(days=1))
    fold(now=NOW)
    assert not ProductTotals.objects.filter(window=7).exists()

    fold(now=NOW + timedelta(days=1))

    assert ProductTotals.objects.get(window=7).units == 1
    check()


def test_a_fold_that_fails_loses_no_note(monkeypatch: pytest.MonkeyPatch) -> None:
    make_sale()
    notes = RollupNote.objects.count()

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(folding, "_write_state", fail)
        with pytest.raises(RuntimeError):
            fold(now=NOW)

    assert RollupNote.objects.count() == notes
    fold(now=NOW)
    check()


def test_in_pieces_the_cut_moves_at_the_end_only() -> None:
    for _ in range(3):
        make_sale()
    fold(now=NOW, chunk=2)
    state = RollupState.objects.get()
    assert not RollupNote.objects.exists()

    later = fold(now=NOW)

    assert later.folded_through is not None
    assert later.folded_through > state.folded_through


def test_one_sale_takes_few_statements(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    product, customer = make_product(), make_customer()
    make_sale(product, customer=customer)
    fold(now=NOW)
    make_sale(product, customer=customer)

    with django_assert_max_num_queries(14):
        fold(now=NOW)
