"""A file's cards, addresses and e-mails: mapped, kept as hashes, refused as card numbers."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError

from tests.transactions.importing.test_import_sales import run
from transactions.choices import TransactionStatus
from transactions.models import Transaction
from transactions.services.sale_marks import address_hash, card_hash

pytestmark = pytest.mark.django_db

HEADER = "order_ref,sku,quantity,timestamp,unit_price,list_price,status,card,home,bank,mail"
MAPPING = """
[columns]
order_ref = "order_ref"
sku = "sku"
quantity = "quantity"
timestamp = "timestamp"
unit_price = "unit_price"
list_price = "list_price"
status = "status"
card_token = "card"
ship_address = "home"
bill_address = "bank"
email = "mail"
"""
LINE = "o{n},A1,2,2026-01-0{n} 10:00,5.00,{listed},{status},{card},1 High St.,2 Low Rd,a.b+c@d.test"


def line(n: int, *, card: str = "tok-1", status: str = "completed", listed: str = "7.5") -> str:
    return LINE.format(n=n, card=card, status=status, listed=listed)


def test_mapped_marks_are_kept_as_hashes(tmp_path: Path) -> None:
    run(tmp_path, [line(1), line(2, card="", listed="")], header=HEADER, mapping=MAPPING)

    first, second = Transaction.objects.order_by("timestamp")
    assert first.card_hash == card_hash("tok-1")
    assert first.ship_address_hash == address_hash("1 high st")
    assert first.bill_address_hash == address_hash("2 low rd")
    assert first.email_stem == "ab@d.test"
    assert first.list_price == Decimal("7.5")
    assert (second.card_hash, second.list_price) == ("", None)


def test_columns_named_as_the_fields_are_taken_without_a_mapping(tmp_path: Path) -> None:
    header = "order_ref,sku,quantity,timestamp,unit_price,card_token,email"

    run(tmp_path, ["o,A1,1,2026-01-01 10:00,5,tok-1,a@d.test"], header=header)

    txn = Transaction.objects.get()
    assert (txn.card_hash, txn.email_stem) == (card_hash("tok-1"), "a@d.test")


def test_a_card_number_stops_the_file_and_is_not_repeated(tmp_path: Path) -> None:
    lines = [line(1), line(2, card="4111-1111-1111-1111")]

    with pytest.raises(CommandError):
        run(tmp_path, lines, header=HEADER, mapping=MAPPING)

    assert not Transaction.objects.exists()
    written = (tmp_path / "errors.csv").read_text("utf-8")
    [row] = csv.DictReader(written.splitlines())
    assert "card_number" in row.values()
    assert "4111" not in written + (tmp_path / "report.json").read_text("utf-8")


def test_what_is_no_email_is_refused_as_over_the_api(tmp_path: Path) -> None:
    lines = [line(1), line(2).replace("a.b+c@d.test", "anna"), line(3).replace("a.b+c@d.test", "")]

    report = run(tmp_path, lines, skip_bad=True, header=HEADER, mapping=MAPPING)

    assert report["refused_by_reason"] == {"not_an_email": 1}
    [row] = csv.DictReader((tmp_path / "errors.csv").read_text("utf-8").splitlines())
    assert (row["line"], row["column"], row["value"]) == ("3", "mail", "(hidden)")
    assert "anna@example.com" in row["remedy"]
    stems = Transaction.objects.order_by("timestamp").values_list("email_stem", flat=True)
    assert list(stems) == ["ab@d.test", ""]


def test_a_failed_sale_was_a_declined_payment(tmp_path: Path) -> None:
    lines = [line(1, status="failed"), line(2)]

    run(tmp_path, lines, header=HEADER, mapping=MAPPING)

    failed, done = Transaction.objects.order_by("timestamp")
    assert (failed.status, failed.declined_at) == (TransactionStatus.FAILED, failed.timestamp)
    assert done.declined_at is None
