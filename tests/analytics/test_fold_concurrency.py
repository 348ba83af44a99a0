"""The fold beside writers that commit while it runs, on real connections."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from analytics.models import RollupNote, RollupState
from analytics.rollups import fold, folding
from inventory.models import Product
from tests.analytics.definitions import expected, stored
from tests.analytics.factories import NOW, make_sale, sale_row
from tests.analytics.threads import in_thread
from tests.inventory.factories import make_product
from transactions.models import Transaction

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_rollups() -> Iterator[None]:
    """Leave nothing for the next test: rollups have no rows that a flush would find by models."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE rollup_notes, rollup_state, sales_hourly, product_daily, product_totals,"
            " category_daily, customer_stats, transactions CASCADE"
        )


def check() -> None:
    window_day = RollupState.objects.get().window_day
    assert stored() == expected(window_day=window_day)


class Failures(list[BaseException]):
    """What went wrong in other threads."""

    def caught(self, act: Callable[[], None]) -> Callable[[], None]:
        """Return the act, its failure remembered."""

        def run() -> None:
            try:
                act()
            except BaseException as error:
                self.append(error)
                raise

        return run


def sell_and_move(products: list[Product], *, offset: int) -> None:
    """Commit many small changes, and take a product to another category now and then."""
    for n in range(30):
        with transaction.atomic():
            at = NOW - timedelta(hours=(n + offset) % 50)
            Transaction.objects.bulk_create([sale_row(product, at=at) for product in products])
            if n % 10 == offset:
                Product.objects.filter(pk=products[0].pk).update(category=f"Move {n}")


def test_writers_and_folds_at_the_same_time_lose_nothing() -> None:
    products = [make_product(category=name) for name in ("Tea", "Fish")]
    stop, failures = threading.Event(), Failures()

    def keep_folding() -> None:
        while not stop.is_set():
            fold(now=NOW, wait=False, chunk=7)

    writers = [
        in_thread(failures.caught(partial(sell_and_move, products, offset=offset)))
        for offset in range(3)
    ]
    folders = [in_thread(failures.caught(keep_folding)) for _ in range(2)]
    for thread in writers:
        thread.join()
    stop.set()
    for thread in folders:
        thread.join()
    fold(now=NOW)

    assert failures == []
    assert not RollupNote.objects.exists()
    check()


def test_a_change_that_commits_after_the_notes_were_taken_waits_for_the_next_fold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = make_product()
    make_sale(product)
    recompute = folding._recompute

    def recompute_late(*args: object, **kwargs: object) -> bool:
        in_thread(lambda: make_sale(product)).join()
        return recompute(*args, **kwargs)  # type: ignore[arg-type]  # passed through

    with monkeypatch.context() as patch:
        patch.setattr(folding, "_recompute", recompute_late)
        fold(now=NOW)
    # Its bucket was recomputed with it in: the note is still there, and harmless.
    assert RollupNote.objects.exists()
    check()

    again = fold(now=NOW)

    assert not again.changed
    check()


def test_only_one_folds_at_a_time() -> None:
    make_sale()
    skipped = []

    with transaction.atomic():
        folding.hold_fold_lock()
        in_thread(lambda: skipped.append(fold(now=NOW, wait=False).skipped)).join()

    assert skipped == [True]
    assert not fold(now=NOW, wait=False).skipped


def test_a_rolled_back_sale_leaves_no_note() -> None:
    product = make_product()
    with transaction.atomic():
        make_sale(product)
        transaction.set_rollback(True)

    assert not RollupNote.objects.exists()
