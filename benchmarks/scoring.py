"""What scoring costs: `python -m benchmarks.scoring [SALES]`, 1,200,000 past sales by default.

A server and a database of its own. Many lines at once are timed by this process's CPU, one sale
by the clock beside an INSERT of such a row alone, in a transaction of its own.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import django
import numpy as np
from django.core.management import call_command

from benchmarks.measuring import Figure, milliseconds, seconds_of
from benchmarks.servers import bench_servers

DAYS = 365
LINES_AT_ONCE = 200_000
SALES_A_SECOND = 10_000
ROUNDS = 400
# What the whole sale over the API may take; scoring has to leave room in it.
SHARE = 3.0
# A web sale in three through one of 5,000 devices; one order in a hundred labelled, half fraud.
_DEVICES = """
UPDATE transactions SET device = 'd' || mod(id, 5000) WHERE channel = 'web' AND timestamp >= %s
"""
_LABELS = """
INSERT INTO fraud_labels (order_ref, is_fraud, source, known_at, recorded_at)
SELECT order_ref, mod(min(id), 2) = 0, 'analyst', min(timestamp) + interval '7 days',
    min(timestamp) + interval '7 days'
FROM transactions WHERE mod(id, 100) = 0 AND timestamp >= %s GROUP BY order_ref
"""


def main(sales: int) -> None:
    """Fill, score many lines at once and single ones, and print what it took."""
    with bench_servers():
        _measure(sales)


def _measure(sales: int) -> None:
    django.setup()
    from django.utils import timezone

    now = timezone.now()
    filled = seconds_of(lambda: _fill(sales, now))
    print(f"Filled {sales:,} sales in {filled:.0f} s.", flush=True)
    for figure in (_many(now), _one(now, sales)):
        print(figure.line(), flush=True)


def _fill(sales: int, now: datetime) -> None:
    from django.db import connection, transaction

    from benchmarks.synthetic import BASE, CREATE_PICK, ShopSize
    from transactions.services import refresh_fraud_statistics
    from transactions.services.device_facts import rebuild_device_facts

    call_command("migrate", verbosity=0, interactive=False)
    size = ShopSize(
        days=DAYS, lines_per_day=sales // DAYS, products=2000, customers=20_000, suppliers=100
    )
    values = size.parameters(now=now)
    half_a_year = now - timedelta(days=182)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CREATE_PICK)
        cursor.execute("ALTER TABLE transactions DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE adjustments DISABLE TRIGGER USER")
        for statement in BASE:
            cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(_DEVICES, [half_a_year])
        cursor.execute(_LABELS, [half_a_year])
        cursor.execute("ALTER TABLE transactions ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE adjustments ENABLE TRIGGER USER")
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('transactions', 'id'), max(id)) FROM transactions"
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    rebuild_device_facts(now=now)
    refresh_fraud_statistics(now=now)


def _many(now: datetime) -> Figure:
    """Score the newest lines at once, as a backfill or a refit does."""
    from django.db import connection

    from transactions.fraud.recorded import recorded_sales

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT timestamp FROM transactions ORDER BY timestamp DESC OFFSET %s LIMIT 1",
            [LINES_AT_ONCE],
        )
        found = cursor.fetchone()
    since = found[0] if found else now - timedelta(days=DAYS + 1)
    began = time.process_time()
    scored = len(recorded_sales(since, now).label)
    seconds = time.process_time() - began
    return Figure(
        name="scoring many lines, lines a second of one core",
        limit="10,000",
        ratio=scored / seconds / SALES_A_SECOND,
        target=1.0,
        at_least=True,
        detail=f"{scored:,} lines in {seconds:.1f} s, {scored / seconds:,.0f} a second",
    )


def _one(now: datetime, sales: int) -> Figure:
    """Score one sale after the other, and insert one row after the other."""
    from django.db import connection, transaction

    from benchmarks.synthetic import TRANSACTION_COLUMNS
    from inventory.models import Product
    from transactions.models import Customer
    from transactions.services import SaleInput
    from transactions.services.sale_decisions import score_lines_now
    from transactions.services.sale_lines import checked_lines, look_up

    rng = np.random.default_rng(1)
    skus = list(Product.objects.filter(active=True).values_list("sku", flat=True)[:500])
    codes = list(Customer.objects.values_list("code", flat=True)[:5000])
    columns = TRANSACTION_COLUMNS
    copied = columns.replace("reference,", "'bench-' || %s,", 1)
    insert = f"INSERT INTO transactions ({columns}) SELECT {copied} FROM transactions WHERE id = %s"
    lines = []
    for number in range(ROUNDS):
        sale = SaleInput(
            reference=f"one-{number}",
            sku=str(rng.choice(skus)),
            customer_code=str(rng.choice(codes)),
            quantity=1,
            unit_price=Decimal(9),
            device=f"d{int(rng.integers(5000))}",
            channel="web",
            ip_country="US",
            ship_country="US",
            timestamp=now,
        )
        known, _ = look_up([sale])
        lines.append(checked_lines([sale], known, now=now, currency="USD"))

    def score(number: int) -> None:
        score_lines_now(lines[number], now=now)

    def write(number: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(insert, [number, sales - number])

    taken = {"score": _each(score), "insert": _each(write)}
    p95 = {name: float(np.quantile(seconds, 0.95)) for name, seconds in taken.items()}
    return Figure(
        name="scoring one sale, p95",
        limit="INSERT of its row alone, p95",
        ratio=p95["score"] / p95["insert"],
        target=SHARE,
        detail=f"{milliseconds(p95['score'])} against {milliseconds(p95['insert'])}, medians "
        f"{milliseconds(float(np.median(taken['score'])))} and "
        f"{milliseconds(float(np.median(taken['insert'])))}, {sales:,} past sales",
    )


def _each(call: Callable[[int], None]) -> list[float]:
    """Return what each call took; the first ones warm up."""
    seconds = [seconds_of(partial(call, number)) for number in range(ROUNDS)]
    return seconds[ROUNDS // 10 :]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_200_000)
