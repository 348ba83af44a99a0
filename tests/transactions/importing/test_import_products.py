"""`manage.py import_products`: created, corrected with an audit entry, or left alone."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inventory.models import Product, Supplier
from techmart.core.models import AuditEntry
from tests.inventory.factories import make_product
from tests.transactions.importing.files import write
from transactions.choices import ImportKind
from transactions.models import ImportRun

pytestmark = pytest.mark.django_db

HEADER = (
    "sku,name,category,supplier,price,unit_cost,pack_size,minimum_order_quantity,lead_time_days"
)


def run(tmp_path: Path, *lines: str, header: str = HEADER, **options: Any) -> dict[str, Any]:
    if mapping := options.pop("mapping", None):
        options["mapping"] = tmp_path / "mapping.toml"
        options["mapping"].write_text(mapping, "utf-8")
    call_command(
        "import_products",
        write(tmp_path / "products.csv", lines, header),
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


def test_new_products_are_created_with_their_supplier(tmp_path: Path) -> None:
    counts = run(tmp_path, "a-1,Apple,Fruit,ACME,1.20,0.7555,6,12,3.5", "b-1,Pear,,,2.00,,,,")

    assert (counts["products_created"], counts["suppliers_created"]) == (2, 2)
    apple = Product.objects.select_related("supplier").get(sku="A-1")
    assert (apple.name, apple.category, apple.supplier.code) == ("Apple", "Fruit", "ACME")
    assert (apple.price, apple.unit_cost) == (Decimal("1.20"), Decimal("0.7555"))
    assert (apple.pack_size, apple.minimum_order_quantity) == (6, 12)
    assert apple.lead_time_days == Decimal("3.50")
    pear = Product.objects.select_related("supplier").get(sku="B-1")
    assert (pear.category, pear.supplier.name) == ("Uncategorised", "Unknown supplier")
    assert AuditEntry.objects.filter(action="product.create").count() == 2
    assert ImportRun.objects.get().kind == ImportKind.PRODUCTS


def test_a_difference_is_corrected_and_kept_with_what_was(tmp_path: Path) -> None:
    product = make_product(sku="A-1", name="Apple", price=Decimal("1.20"), pack_size=6)

    counts = run(tmp_path, "a-1,,,,1.50,,,24,")

    product.refresh_from_db()
    assert counts["products_changed"] == 1
    assert (product.price, product.minimum_order_quantity) == (Decimal("1.50"), 24)
    # Empty cells leave what is there.
    assert (product.name, product.pack_size) == ("Apple", 6)
    assert product.version == 2
    entry = AuditEntry.objects.get(action="product.change")
    assert entry.subject_id == product.pk
    assert entry.before == {"price": "1.20", "minimum_order_quantity": 1}
    assert entry.after == {"price": "1.50", "minimum_order_quantity": 24}
    assert entry.reason.startswith("Import ")


def test_running_it_twice_changes_nothing(tmp_path: Path) -> None:
    lines = ("a-1,Apple,Fruit,ACME,1.20,0.7555,6,12,3.5", "b-1,Pear,,,2.00,,,,")
    run(tmp_path, *lines)

    counts = run(tmp_path, *lines)

    assert (counts["imported"], counts["already_known"]) == (0, 2)
    assert AuditEntry.objects.filter(action="product.change").count() == 0
    assert set(Product.objects.values_list("version", flat=True)) == {1}


def test_a_product_moves_to_another_supplier(tmp_path: Path) -> None:
    product = make_product(sku="A-1")

    run(tmp_path, "a-1,,,NEWCO,,,,,")

    product.refresh_from_db()
    assert product.supplier == Supplier.objects.get(code="NEWCO")


def test_bad_cells_refuse_the_file_by_line(tmp_path: Path) -> None:
    lines = (
        "a-1,Apple,Fruit,ACME,1.205,0.7,6,12,3.5",
        ",Pear,,,2.00,,,,",
        "c-1,Plum,,,-1,,0,,",
        "d-1,Fig,,,,,,,",
        "e-1,Kiwi,,,1.00,,,,10000",
        "f-1,Lime,,,1.00,,,,",
        "F-1,Lime,,,1.10,,,,",
        "f-1,Lime,,,1.00,,,,",
    )

    with pytest.raises(CommandError):
        run(tmp_path, *lines)

    assert not Product.objects.exists()
    assert report(tmp_path)["refused_by_reason"] == {
        "out_of_range": 3,
        "missing": 2,
        "repeated": 1,
    }
    assert run(tmp_path, *lines, skip_bad=True)["merged"] == 1


def test_strangers_are_refused_if_asked(tmp_path: Path) -> None:
    make_product(sku="A-1")
    rules = '[products]\nunknown = "refuse"\n[suppliers]\nunknown = "refuse"\n'

    counts = run(tmp_path, "a-1,,,NOBODY,,,,,", "b-1,Pear,,,2.00,,,,", mapping=rules, skip_bad=True)

    assert counts["refused_by_reason"] == {"unknown_product": 1, "unknown_supplier": 1}


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    counts = run(tmp_path, "b-1,Pear,,,2.00,,,,", dry_run=True)

    assert (counts["outcome"], counts["products_created"]) == ("dry_run", 1)
    assert not Product.objects.exists()
    assert not AuditEntry.objects.exists()
