"""`manage.py import_stock`: counts kept, differences booked when they were found."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inventory.choices import MovementKind
from inventory.models import StockCount, StockMovement
from inventory.services.ledger import post_movements
from inventory.services.reconciliation import stock_differences
from tests.inventory.factories import NOW, entry, make_product
from tests.transactions.importing.files import write

pytestmark = pytest.mark.django_db

HEADER = "sku,counted_units,counted_at"
MAPPING = '[time]\nzone = "UTC"\n'


def run(tmp_path: Path, *lines: str, header: str = HEADER, **options: Any) -> dict[str, Any]:
    options["mapping"] = tmp_path / "mapping.toml"
    options["mapping"].write_text(MAPPING, "utf-8")
    call_command(
        "import_stock",
        write(tmp_path / "stock.csv", lines, header),
        report=tmp_path / "report.json",
        errors=tmp_path / "errors.csv",
        **options,
    )
    return report(tmp_path)


def report(tmp_path: Path) -> dict[str, Any]:
    counts: dict[str, Any] = json.loads((tmp_path / "report.json").read_text("utf-8"))
    parts = ("imported", "merged", "returned", "refused", "already_known")
    assert sum(counts[part] for part in parts) == counts["lines"]
    return counts


def test_differences_are_gains_losses_or_nothing(tmp_path: Path) -> None:
    more, less, same = (make_product(sku=sku, stock=10) for sku in ("A", "B", "C"))
    lines = [f"{sku},{units},2026-03-11 20:00" for sku, units in (("a", 12), ("b", 7), ("c", 10))]

    counts = run(tmp_path, *lines)

    assert (counts["imported"], counts["movements"]) == (3, 2)
    for product in (more, less, same):
        product.refresh_from_db()
    assert [p.stock_quantity for p in (more, less, same)] == [12, 7, 10]
    assert list(
        StockMovement.objects.filter(source_type="count")
        .order_by("product_id")
        .values_list("kind", "quantity")
    ) == [(MovementKind.COUNT_GAIN, 2), (MovementKind.COUNT_LOSS, -3)]
    assert StockCount.objects.count() == 3
    assert stock_differences() == []


def test_the_first_count_of_a_product_is_its_opening(tmp_path: Path) -> None:
    product = make_product(sku="A")

    run(tmp_path, "a,40,2026-03-01 08:00")

    product.refresh_from_db()
    assert product.stock_quantity == 40
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.source_type) == (MovementKind.OPENING, "opening")
    assert movement.occurred_at == datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def test_a_count_is_held_against_what_was_booked_at_its_moment(tmp_path: Path) -> None:
    product = make_product(sku="A", stock=10)
    later = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
    post_movements([entry(product, MovementKind.SALE, -4, at=later)], now=NOW)

    run(tmp_path, "a,9,2026-03-15 20:00")

    # One was missing on the 15th, and four were sold since.
    product.refresh_from_db()
    assert product.stock_quantity == 5
    assert StockCount.objects.get().booked_units == 10


def test_two_counts_of_a_product_follow_each_other(tmp_path: Path) -> None:
    product = make_product(sku="A", stock=10)

    counts = run(tmp_path, "a,8,2026-03-15 20:00", "a,7,2026-03-12 20:00", "a,8,2026-03-15 20:00")

    assert (counts["imported"], counts["merged"]) == (2, 1)
    product.refresh_from_db()
    assert product.stock_quantity == 8
    assert list(
        StockCount.objects.order_by("counted_at").values_list("booked_units", "counted_units")
    ) == [(10, 7), (7, 8)]


def test_running_it_twice_adds_nothing_and_a_changed_count_is_a_conflict(tmp_path: Path) -> None:
    make_product(sku="A", stock=10)
    run(tmp_path, "a,12,2026-03-11 20:00")

    assert run(tmp_path, "a,12,2026-03-11 20:00")["already_known"] == 1
    with pytest.raises(CommandError):
        run(tmp_path, "a,13,2026-03-11 20:00")

    assert report(tmp_path)["refused_by_reason"] == {"conflict": 1}
    assert StockCount.objects.count() == 1


def test_the_moment_may_be_said_on_the_command_line(tmp_path: Path) -> None:
    make_product(sku="A", stock=10)

    run(tmp_path, "a,12", header="sku,counted_units", counted_at="2026-03-11 20:00")

    assert StockCount.objects.get().counted_at == datetime(2026, 3, 11, 20, 0, tzinfo=UTC)
    with pytest.raises(CommandError, match="--counted-at"):
        run(tmp_path, "a,12", header="sku,counted_units")


def test_what_cannot_be_booked_is_refused_by_line(tmp_path: Path) -> None:
    product = make_product(sku="A", stock=10)
    make_product(sku="B", stock=1)
    sold = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
    post_movements([entry(product, MovementKind.SALE, -9, at=sold)], now=NOW)
    lines = (
        # Three missing, and only one left since.
        "a,7,2026-03-15 20:00",
        "b,-1,2026-03-15 20:00",
        "b,2,2026-03-16 20:00",
        "b,3,2026-03-16 20:00",
        "x,1,2026-03-15 20:00",
    )

    with pytest.raises(CommandError):
        run(tmp_path, *lines)

    assert report(tmp_path)["refused_by_reason"] == {
        "insufficient_stock": 1,
        "out_of_range": 1,
        "repeated": 1,
        "unknown_product": 1,
    }
    assert not StockCount.objects.exists()
    assert run(tmp_path, *lines, skip_bad=True)["imported"] == 1
    product.refresh_from_db()
    assert product.stock_quantity == 1


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    product = make_product(sku="A", stock=10)

    assert run(tmp_path, "a,12,2026-03-11 20:00", dry_run=True)["movements"] == 1

    product.refresh_from_db()
    assert product.stock_quantity == 10
    assert not StockCount.objects.exists()
