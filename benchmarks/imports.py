"""The import engine against COPY of the rows it writes."""

from datetime import timedelta

import numpy as np
import polars as pl
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.measuring import Figure, by_turns
from benchmarks.synthetic import TRANSACTION_COLUMNS
from transactions.choices import ImportKind
from transactions.importing.engine import SALES_SCHEMA, LoadRules, SalesBatch, load_sales
from transactions.models import ImportRun, Transaction


def _batch(lines: int) -> SalesBatch:
    """A day's orders of three lines, of known products and customers."""
    rng = np.random.default_rng(1)
    number = np.arange(lines)
    price = rng.integers(200, 5000, lines) * 100
    quantity = rng.integers(1, 5, lines)
    begin = timezone.now() - timedelta(days=1)
    frame = pl.DataFrame(
        {
            "reference": [f"B{i}" for i in number],
            "order_ref": [f"BO{i // 3}" for i in number],
            "sku": [f"P{i:07d}" for i in rng.integers(1, 2001, lines)],
            "customer_code": [f"C{1 + i // 3 * 7919 % 1000}" for i in number],
            "quantity": quantity,
            "unit_price_e4": price,
            "discount_cents": np.zeros(lines, np.int64),
            "total_cents": quantity * price // 100,
            "unit_cost_e4": price // 2,
            "timestamp": [begin + timedelta(seconds=int(i) * 86400 / lines) for i in number],
        }
    ).with_columns(
        pl.lit(settings.SHOP_CURRENCY).alias("currency"),
        pl.lit("completed").alias("status"),
        pl.lit("web").alias("channel"),
        pl.lit("card").alias("payment_method"),
        pl.lit("").alias("device"),
        pl.lit("US").alias("ip_country"),
        pl.lit("US").alias("ship_country"),
        pl.lit("web").alias("store"),
        pl.col("timestamp").alias("recorded_at"),
    )
    # Without the marks of buyers, as a file of sales that knows none.
    return SalesBatch(
        sales=frame.select(pl.col(name).cast(SALES_SCHEMA[name]) for name in frame.columns)
    )


def measure_import(*, lines: int, rounds: int) -> Figure:
    """Load a batch and COPY the rows it made, by turns, each taken back."""
    batch = _batch(lines)
    rules = LoadRules(shortage="correct")

    def load(*, keep: list[bytes] | None = None) -> None:
        with transaction.atomic():
            run = ImportRun.objects.create(kind=ImportKind.SALES, source="benchmark")
            result = load_sales(batch, rules=rules, run=run, now=timezone.now())
            assert result.imported == lines, result
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                if keep is not None:
                    written = Transaction.objects.filter(imported_from=run).order_by("pk")
                    sql = f"COPY (SELECT {TRANSACTION_COLUMNS} FROM transactions WHERE id >= %s) "
                    with cursor.copy(sql + "TO STDOUT", [written.values_list("pk")[0][0]]) as out:
                        keep += [bytes(part) for part in out]
            transaction.set_rollback(True)

    rows: list[bytes] = []
    load(keep=rows)
    text = b"".join(rows)

    def copy() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE transactions DISABLE TRIGGER USER")
            with cursor.copy(f"COPY transactions ({TRANSACTION_COLUMNS}) FROM STDIN") as into:
                into.write(text)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)

    medians = by_turns({"load": load, "copy": copy}, rounds=rounds)
    return Figure(
        name="import with scoring, ledger and notes",
        limit="COPY of the same rows into the same indexed table",
        ratio=medians["copy"] / medians["load"],
        target=1 / 5,
        at_least=True,
        detail=f"{lines / medians['load']:,.0f} against {lines / medians['copy']:,.0f} rows a "
        f"second, {lines:,} rows",
    )
