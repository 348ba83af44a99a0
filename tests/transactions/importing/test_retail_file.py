"""The public retail file itself, when TECHMART_RETAIL_FILE says where it is.

Everything the import wrote is held against an independent reading of the file.
"""

import json
import os
from pathlib import Path

import polars as pl
import pytest
from django.core.management import call_command
from django.db import connection

from inventory.services.reconciliation import stock_differences
from tests.transactions.importing.files import RETAIL_MAPPING

FILE = os.environ.get("TECHMART_RETAIL_FILE", "")

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FILE, reason="TECHMART_RETAIL_FILE is not set"),
]
# As the mapping has them, said again in other words.
NO_PRODUCT = r"^(POST|DOT|C2|M|D|B|S|BANK CHARGES|AMAZONFEE|CRUK|23444|GIFT_\d+_\d+)$"


def test_the_file_is_imported_and_every_day_adds_up(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    call_command(
        "import_sales",
        Path(FILE),
        mapping=RETAIL_MAPPING,
        report=report,
        errors=tmp_path / "errors.csv",
    )
    counts = json.loads(report.read_text("utf-8"))

    lines = pl.read_csv(FILE, infer_schema=False).select(
        "InvoiceNo",
        pl.col("StockCode").str.to_uppercase(),
        day=pl.col("InvoiceDate").str.to_datetime("%d/%m/%Y %H:%M").dt.date(),
        units=pl.col("Quantity").cast(pl.Int64),
        price=pl.col("UnitPrice").cast(pl.Float64),
    )
    sold = lines.filter(
        ~pl.col("StockCode").str.contains(NO_PRODUCT)
        & (pl.col("price") > 0)
        & (pl.col("units") > 0)
    )
    assert counts["lines"] == lines.height
    assert counts["imported"] == sold.select("InvoiceNo", "StockCode").n_unique()
    assert counts["imported"] + counts["merged"] == sold.height
    assert counts["returned"] + counts["refused"] == lines.height - sold.height

    expected = (
        sold.group_by("day")
        .agg(
            units=pl.col("units").sum(),
            cents=(pl.col("units") * pl.col("price") * 100).round().cast(pl.Int64).sum(),
        )
        .sort("day")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (completed_at AT TIME ZONE 'Europe/London')::date, sum(quantity)::bigint,
                (sum(total_amount) * 100)::bigint FROM transactions GROUP BY 1 ORDER BY 1"""
        )
        assert cursor.fetchall() == expected.rows()
        cursor.execute(
            """SELECT sum(refunded_amount), sum(units_returned) FROM transactions
            UNION ALL SELECT sum(amount), sum(units_returned) FROM adjustments"""
        )
        of_sales, of_adjustments = cursor.fetchall()
        assert of_sales == of_adjustments
    assert stock_differences() == []
