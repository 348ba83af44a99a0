"""Money given back counts against a customer (F14) once it is known, not from when it was given."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.transactions.factories import NOW, sale_of
from tests.transactions.importing.test_import_sales import run
from tests.transactions.test_bulk_marks import DAY, MINUTE, record, signal
from tests.transactions.test_bulk_scoring import assert_same, shop
from transactions.choices import AdjustmentKind
from transactions.fraud.columns import CODES
from transactions.fraud.recorded import recorded_sales
from transactions.models import Adjustment, Transaction
from transactions.services import refresh_fraud_statistics

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def refunded_late(txn: Transaction) -> None:
    """Give the money back for a sale two days ago, and hear of it an hour ago."""
    Adjustment.objects.create(
        transaction=txn,
        kind=AdjustmentKind.REFUND,
        amount=txn.total_amount,
        booked_at=NOW - 2 * DAY,
        recorded_at=NOW - HOUR,
        reference=f"back-{txn.pk}",
    )
    Transaction.objects.filter(pk=txn.pk).update(refunded_amount=txn.total_amount)


def test_a_refund_is_not_seen_before_it_was_recorded() -> None:
    products, customers = shop(1, 2)
    [sku], [code, other] = products, customers
    old = [sale_of(sku, customer_code=code, timestamp=NOW - (20 - n) * DAY) for n in range(4)]
    old += [sale_of(sku, customer_code=other, timestamp=NOW - 16 * DAY + n * DAY) for n in range(9)]
    txns = record(*old)
    # The day's statistics are made before anybody hears of the refunds.
    refresh_fraud_statistics(now=NOW - 2 * HOUR)
    early = sale_of(sku, customer_code=code, timestamp=NOW - HOUR - MINUTE)
    late = sale_of(sku, customer_code=code, timestamp=NOW)

    unknowing = record(early)
    for txn in txns[:3]:
        refunded_late(txn)
    knowing = record(late)

    # Three of five; nothing was refunded in the category by the start of the day.
    assert [signal(txn, "F14") for txn in (*unknowing, *knowing)] == pytest.approx(
        [0, 2 * 0.2307], abs=1e-3
    )
    again = recorded_sales(NOW - 3 * HOUR, NOW + DAY)
    assert_same(again.scores, [*unknowing, *knowing])


def test_a_file_says_when_its_returns_were_known(tmp_path: Path) -> None:
    header = "order_ref,sku,quantity,timestamp,recorded_at,unit_price,customer"
    lines = [f"o{n},A1,1,2026-01-0{n} 10:00,,5.00,Ann" for n in (1, 2, 3, 4)]
    lines += [f"p{n},A1,1,2026-01-02 10:{n:02},,5.00,Other {n}" for n in range(40)]
    # Ann brings three back on 5 January; the shop hears of it on the 8th.
    lines += [f"r{n},A1,-1,2026-01-05 1{n}:00,2026-01-08 12:00,5.00,Ann" for n in (1, 2, 3)]
    lines += [f"o{n},A1,1,2026-01-0{n} 16:00,,5.00,Ann" for n in (6, 8)]

    run(tmp_path, lines, header=header)

    scored = {txn.order_ref: txn for txn in Transaction.objects.all()}
    assert Adjustment.objects.count() == 3
    assert signal(scored["o6"], "F14") == 0
    assert signal(scored["o8"], "F14") > 0
    again = recorded_sales(NOW - 400 * DAY, NOW)
    stored = [signal(scored[order], "F14") for order in again.frame.order_ref.tolist()]
    np.testing.assert_allclose(again.scores.signals[:, CODES.index("F14")], stored, atol=1e-9)
