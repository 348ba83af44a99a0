"""`manage.py import_sales` against a real database: every line, once, or nothing."""

import csv
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.management import CommandError, call_command

from alerts.models import Alert
from analytics.models import RollupNote
from inventory.choices import MovementKind
from inventory.models import Product, ProductDaily, StockMovement
from inventory.services.reconciliation import stock_differences
from tests.inventory.factories import make_product
from tests.transactions.importing.files import (
    RETAIL_HEADER,
    RETAIL_LINES,
    RETAIL_MAPPING,
    RUN_AT,
    write,
)
from transactions.choices import AdjustmentKind, ImportStatus, LabelSource, TransactionStatus
from transactions.models import (
    Adjustment,
    Customer,
    FraudLabel,
    ImportRun,
    Transaction,
    TransactionEvent,
)

pytestmark = pytest.mark.django_db

HEADER = "order_ref,sku,quantity,timestamp,unit_price,customer"


def run(
    tmp_path: Path,
    lines: Iterable[str],
    *,
    header: str = HEADER,
    mapping: str | None = None,
    name: str = "sales.csv",
    **options: Any,
) -> dict[str, Any]:
    """Run the command and return its report; CommandError passes after it is written."""
    path = write(tmp_path / name, lines, header)
    if mapping is not None:
        options["mapping"] = tmp_path / "mapping.toml"
        options["mapping"].write_text(mapping, "utf-8")
    options.setdefault("errors", tmp_path / "errors.csv")
    call_command("import_sales", path, report=tmp_path / "report.json", **options)
    return report(tmp_path)


def report(tmp_path: Path) -> dict[str, Any]:
    """Return the report last written, its counts checked against its lines."""
    counts: dict[str, Any] = json.loads((tmp_path / "report.json").read_text("utf-8"))
    parts = ("imported", "merged", "returned", "refused", "already_known")
    assert sum(counts[part] for part in parts) == counts["lines"]
    assert sum(counts["refused_by_reason"].values()) == counts["refused"]
    return counts


def retail(tmp_path: Path, lines: Iterable[str] = RETAIL_LINES, **options: Any) -> dict[str, Any]:
    """Import lines of the retail file as the shipped mapping says."""
    return run(tmp_path, lines, header=RETAIL_HEADER, mapping=RETAIL_MAPPING.read_text(), **options)


def errors(tmp_path: Path) -> list[dict[str, str]]:
    """Return the rows of the errors file."""
    with (tmp_path / "errors.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_line_of_a_real_file_is_accounted_for(tmp_path: Path) -> None:
    counts = retail(tmp_path)

    assert counts["outcome"] == "done"
    assert counts["lines"] == 15
    assert counts["imported"] == 4
    assert counts["merged"] == 2
    assert counts["returned"] == 2
    assert counts["refused_by_reason"] == {
        "not_a_product": 3,
        "anonymous_return": 1,
        "more_than_sold": 1,
        "no_matching_sale": 1,
        "zero_price": 1,
    }
    assert counts["already_known"] == 0


def test_what_is_written_is_what_the_file_says(tmp_path: Path) -> None:
    retail(tmp_path)

    heart = Transaction.objects.get(reference="536001:85123A")
    assert (heart.quantity, heart.unit_price, heart.discount, heart.total_amount) == (
        14,
        Decimal("2.5500"),
        Decimal("0.90"),
        Decimal("34.80"),
    )
    assert heart.timestamp == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert heart.recorded_at == heart.completed_at == heart.timestamp
    assert heart.customer is not None
    assert (heart.customer.code, heart.customer.country) == ("17850", "GB")
    assert heart.product.name == "WHITE HEART"
    assert heart.product.supplier.code == "unknown"
    assert (heart.status, heart.refunded_amount, heart.units_returned) == (
        TransactionStatus.PARTIALLY_REFUNDED,
        Decimal("10.20"),
        4,
    )
    assert heart.imported_from is not None
    assert heart.imported_from.status == ImportStatus.DONE
    assert Transaction.objects.get(reference="536002:22086").customer is None


def test_returns_are_booked_when_they_happened(tmp_path: Path) -> None:
    retail(tmp_path)

    back = Adjustment.objects.get(reference="C536011:23166")
    assert back.transaction.reference == "536010:23166"
    assert back.transaction.status == TransactionStatus.REFUNDED
    assert (back.kind, back.amount) == (AdjustmentKind.REFUND, Decimal("77183.60"))
    assert back.units_returned == back.units_restocked == 74215
    assert back.booked_at == back.recorded_at == datetime(2011, 1, 18, 10, 17, tzinfo=UTC)
    steps = TransactionEvent.objects.filter(transaction=back.transaction).order_by("pk")
    assert [(step.from_status, step.to_status) for step in steps] == [
        ("", "completed"),
        ("completed", "refunded"),
    ]


def test_stock_begins_with_what_the_sales_imply(tmp_path: Path) -> None:
    retail(tmp_path)

    jar = Product.objects.get(sku="23166")
    ledger = StockMovement.objects.filter(product=jar).order_by("occurred_at", "pk")
    assert [(m.kind, m.quantity, m.inferred) for m in ledger] == [
        (MovementKind.OPENING, 74215, True),
        (MovementKind.SALE, -74215, False),
        (MovementKind.RETURN, 74215, False),
    ]
    # Known when it happened, so that stock as known at a past moment is never below zero.
    assert {m.recorded_at - m.occurred_at for m in ledger} == {timedelta(0)}
    assert jar.stock_quantity == 74215
    assert stock_differences() == []


def test_the_import_folds_its_own_notes(tmp_path: Path) -> None:
    retail(tmp_path)

    assert not RollupNote.objects.exists()
    heart = ProductDaily.objects.get(product__sku="85123A", units__gt=0)
    assert (heart.units, heart.gross) == (14, Decimal("34.80"))


def test_refused_cells_are_listed_with_their_remedy(tmp_path: Path) -> None:
    retail(tmp_path)

    rows = {int(row["line"]): row for row in errors(tmp_path)}
    assert rows[9] == {
        "line": "9",
        "column": "UnitPrice",
        "value": "0",
        "reason": "zero_price",
        "remedy": 'Correct the price, or set [lines] zero_price = "accept".',
    }
    assert (rows[11]["reason"], rows[11]["value"]) == ("more_than_sold", "C536006:71053")


def test_running_it_twice_adds_nothing(tmp_path: Path) -> None:
    first = retail(tmp_path)
    before = Transaction.objects.count(), Adjustment.objects.count(), StockMovement.objects.count()

    second = retail(tmp_path)

    assert second["imported"] == second["merged"] == second["returned"] == 0
    assert second["already_known"] == first["imported"] + first["merged"] + first["returned"]
    assert second["refused_by_reason"] == first["refused_by_reason"]
    assert before == (
        Transaction.objects.count(),
        Adjustment.objects.count(),
        StockMovement.objects.count(),
    )


def test_a_changed_line_under_a_known_reference_is_a_conflict(tmp_path: Path) -> None:
    run(tmp_path, ["o1,a,2,2026-01-05 10:00,3.00,c", "o2,a,2,2026-01-05 10:00,3.00,c"])

    with pytest.raises(CommandError):
        run(tmp_path, ["o1,a,2,2026-01-05 10:00,3.00,c", "o2,a,3,2026-01-05 10:00,3.00,c"])

    assert report(tmp_path)["refused_by_reason"] == {"conflict": 1}
    assert report(tmp_path)["already_known"] == 1
    assert Transaction.objects.get(reference="o2:A").quantity == 2


def test_a_changed_return_under_a_known_reference_is_a_conflict(tmp_path: Path) -> None:
    lines = ["o1,a,5,2026-01-05 10:00,3.00,c", "r1,a,-1,2026-01-06 10:00,3.00,c"]
    run(tmp_path, lines)

    with pytest.raises(CommandError):
        run(tmp_path, [lines[0], "r1,a,-2,2026-01-06 10:00,3.00,c"])

    assert report(tmp_path)["refused_by_reason"] == {"conflict": 1}


def test_one_bad_line_refuses_the_file(tmp_path: Path) -> None:
    lines = ["o1,a,2,2026-01-05 10:00,3.00,c", "o2,a,two,2026-01-05 10:00,3.00,c"]

    with pytest.raises(CommandError, match="Nothing was imported"):
        run(tmp_path, lines)

    assert report(tmp_path)["outcome"] == "refused"
    assert not Transaction.objects.exists()
    assert not Product.objects.exists()
    assert not Customer.objects.exists()
    assert not ImportRun.objects.exists()
    assert [(row["line"], row["column"]) for row in errors(tmp_path)] == [("3", "quantity")]


def test_bad_lines_may_be_skipped(tmp_path: Path) -> None:
    lines = ["o1,a,2,2026-01-05 10:00,3.00,c", "o2,a,two,2026-01-05 10:00,3.00,c"]

    counts = run(tmp_path, lines, skip_bad=True)

    assert (counts["outcome"], counts["imported"], counts["refused"]) == ("done", 1, 1)
    assert Transaction.objects.count() == 1


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    dry = retail(tmp_path, dry_run=True)

    assert dry["outcome"] == "dry_run"
    assert not Transaction.objects.exists()
    assert not Product.objects.exists()
    assert not ImportRun.objects.exists()
    wet = retail(tmp_path)
    for name in ("imported", "merged", "returned", "refused_by_reason", "products_created"):
        assert dry[name] == wet[name]


def test_returns_find_sales_of_an_earlier_file(tmp_path: Path) -> None:
    run(tmp_path, ["o1,a,5,2026-01-05 10:00,3.00,c", "o2,a,2,2026-01-06 10:00,3.00,c"])

    counts = run(tmp_path, ["r1,a,-4,2026-02-05 10:00,3.00,c"], name="later.csv")

    # The newest first: both of o2, two of o1.
    assert counts["returned"] == 1
    assert list(
        Adjustment.objects.order_by("pk").values_list(
            "reference", "transaction__reference", "amount", "units_returned"
        )
    ) == [("r1:A", "o2:A", Decimal("6.00"), 2), ("r1:A#2", "o1:A", Decimal("6.00"), 2)]
    older, newer = Transaction.objects.order_by("timestamp")
    assert (newer.status, newer.refunded_amount) == ("refunded", Decimal("6.00"))
    assert (older.status, older.units_returned) == ("partially_refunded", 2)
    assert Product.objects.get().stock_quantity == 4
    # And a second run knows both pieces.
    again = run(tmp_path, ["r1,a,-4,2026-02-05 10:00,3.00,c"], name="later.csv")
    assert again["already_known"] == 1


def test_strict_opening_refuses_what_was_not_there(tmp_path: Path) -> None:
    lines = ["o1,a,5,2026-01-05 10:00,3.00,c"]
    strict = '[stock]\nopening = "strict"\n'

    with pytest.raises(CommandError):
        run(tmp_path, lines, mapping=strict)

    assert report(tmp_path)["refused_by_reason"] == {"insufficient_stock": 1}


def test_known_products_are_never_sold_below_zero(tmp_path: Path) -> None:
    make_product(sku="A", stock=6)
    lines = [
        "o1,a,5,2026-03-11 10:00,3.00,c",
        "o2,a,2,2026-03-11 11:00,3.00,c",
        "o3,a,1,2026-03-11 12:00,3.00,c",
    ]

    with pytest.raises(CommandError):
        run(tmp_path, lines)

    # The line that does not fit is named; with --skip-bad the others are imported.
    assert [(row["line"], row["reason"]) for row in errors(tmp_path)] == [
        ("3", "insufficient_stock")
    ]
    assert run(tmp_path, lines, skip_bad=True)["imported"] == 2
    assert Product.objects.get().stock_quantity == 0


def test_shortages_of_known_products_may_be_corrected(tmp_path: Path) -> None:
    make_product(sku="A", stock=3)
    lines = ["o1,a,5,2026-03-11 10:00,3.00,c"]
    correct = '[stock]\nshortage = "correct"\n'

    run(tmp_path, lines, mapping=correct)
    run(tmp_path, ["o2,a,1,2026-03-12 10:00,3.00,c"], mapping=correct, name="next.csv")

    gains = StockMovement.objects.filter(kind=MovementKind.COUNT_GAIN).order_by("pk")
    assert [(gain.quantity, gain.inferred) for gain in gains] == [(2, True), (1, True)]
    assert Product.objects.get().stock_quantity == 0
    assert stock_differences() == []


def test_unknown_codes_are_refused_if_asked(tmp_path: Path) -> None:
    make_product(sku="A", stock=9)
    Customer.objects.create(code="c")
    rules = '[products]\nunknown = "refuse"\n[customers]\nunknown = "refuse"\n'
    lines = [
        "o1,a,1,2026-03-11 10:00,3.00,c",
        "o2,b,1,2026-03-11 10:00,3.00,c",
        "o3,a,1,2026-03-11 10:00,3.00,d",
    ]

    counts = run(tmp_path, lines, mapping=rules, skip_bad=True)

    assert counts["imported"] == 1
    assert counts["refused_by_reason"] == {"unknown_customer": 1, "unknown_product": 1}


def test_a_code_in_another_letter_case_is_the_same_product(tmp_path: Path) -> None:
    product = make_product(sku="Abc1", stock=9)

    run(tmp_path, ["o1,ABC1,1,2026-03-11 10:00,3.00,c", "o2,abc1,1,2026-03-11 10:00,3.00,c"])

    assert Product.objects.count() == 1
    assert Transaction.objects.filter(product=product).count() == 2


def test_statuses_are_taken_as_facts(tmp_path: Path) -> None:
    header = f"{HEADER},status"
    lines = [
        f"o{number},a,1,2026-01-05 10:00,3.00,c,{status}"
        for number, status in enumerate(
            ("completed", "failed", "cancelled", "refunded", "chargeback", "disputed", "pending")
        )
    ]

    run(tmp_path, lines, header=header)

    sales = {txn.status: txn for txn in Transaction.objects.all()}
    assert len(sales) == 7
    assert sales["refunded"].refunded_amount == Decimal("3.00")
    assert sales["failed"].completed_at is None
    assert sales["pending"].expires_at == sales["pending"].timestamp + timedelta(minutes=15)
    assert set(Adjustment.objects.values_list("kind", "transaction__status")) == {
        ("refund", "refunded"),
        ("chargeback", "chargeback"),
    }
    label = FraudLabel.objects.get()
    assert (label.order_ref, label.source) == ("o4", LabelSource.CHARGEBACK)
    # Failed and cancelled sales moved nothing; the refunded one came back.
    assert StockMovement.objects.filter(kind=MovementKind.SALE).count() == 5
    assert StockMovement.objects.filter(kind=MovementKind.RETURN).count() == 1
    assert list(
        TransactionEvent.objects.filter(transaction=sales["disputed"])
        .order_by("pk")
        .values_list("from_status", "to_status")
    ) == [("", "completed"), ("completed", "disputed")]


def test_history_is_scored_and_nothing_is_held(tmp_path: Path) -> None:
    # The same order again and again within a minute, for ten thousand times the usual money.
    usual = [f"u{i},a,1,2026-01-{i + 1:02},3.00,c" for i in range(20)]
    burst = [f"b{i},a,1000,2026-02-01 10:00,30.00,c" for i in range(8)]

    run(tmp_path, [*usual, *burst])

    last = Transaction.objects.get(reference="b7:A")
    first = Transaction.objects.get(reference="u0:A")
    assert last.fraud_score > first.fraud_score
    assert last.is_suspicious
    assert last.reasons[0]["code"] == "base"
    assert set(Transaction.objects.values_list("status", "decision")) == {("completed", "allow")}
    assert not Alert.objects.filter(kind="fraud.review").exists()


def test_suspicious_sales_of_the_last_day_are_told(tmp_path: Path) -> None:
    moment = RUN_AT - timedelta(minutes=30)
    usual = [f"u{i},a,1,2026-01-{i + 1:02},3.00,c" for i in range(20)]
    burst = [f"b{i},a,1000,{moment.isoformat()},30.00,c" for i in range(8)]

    counts = run(tmp_path, [*usual, *burst])

    suspicious = Transaction.objects.filter(is_suspicious=True)
    assert counts["fraud_alerts"] == suspicious.values("order_ref").distinct().count() > 0
    assert Alert.objects.filter(kind="fraud.review").count() == counts["fraud_alerts"]
    assert not Transaction.objects.filter(status=TransactionStatus.IN_REVIEW).exists()


def test_stock_alerts_are_raised_once_for_the_end(tmp_path: Path) -> None:
    counts = run(tmp_path, [f"o{i},a,1,2026-01-0{i + 1},3.00,c" for i in range(5)])

    # What was sold is all that is known to have been there.
    assert counts["stock_alerts"] == 1
    assert Alert.objects.get().kind == "stock.out"


def test_a_parquet_file_is_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    pl.DataFrame(
        {
            "order_ref": ["o1"],
            "sku": ["a"],
            "quantity": [2],
            "timestamp": [datetime(2026, 1, 5, 10, tzinfo=UTC)],
            "unit_price": [2.55],
            "customer": ["c"],
        }
    ).write_parquet(path)

    call_command("import_sales", path, report=tmp_path / "report.json")

    assert report(tmp_path)["imported"] == 1
    assert Transaction.objects.get().total_amount == Decimal("5.10")


def test_a_misspelt_mapping_stops_before_anything(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="did you mean 'columns'"):
        run(tmp_path, [], mapping="[colums]\n")


def test_cells_that_a_spreadsheet_would_run_are_made_inert(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        run(tmp_path, ["o1,a,=1+1,2026-01-05,-2,c"])

    assert {row["column"]: row["value"] for row in errors(tmp_path)} == {
        "quantity": "'=1+1",
    }
