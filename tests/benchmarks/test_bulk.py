"""Tables written without their keys and indexes have the very same ones afterwards."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from benchmarks.bulk import bare_tables
from benchmarks.synthetic import ADJUSTMENTS, BASE, CREATE_PICK, PRODUCTS, ShopSize
from transactions.models import Adjustment, Transaction

pytestmark = pytest.mark.django_db

SIZE = ShopSize(days=10, lines_per_day=60, products=50, customers=20, suppliers=5)
TABLES = ("transactions", "adjustments")
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
_KEYS = """
SELECT conname, contype::text, pg_get_constraintdef(oid), convalidated
FROM pg_constraint WHERE conrelid = ANY(%s::text[]::regclass[])
"""
_TRIGGERS = """
SELECT tgname, tgenabled::text FROM pg_trigger
WHERE NOT tgisinternal AND tgrelid = ANY(%s::text[]::regclass[])
"""
# Those that look up the key at each row written; their names are numbers.
_KEY_TRIGGERS = """
SELECT count(*) FROM pg_trigger
WHERE tgisinternal AND tgrelid = ANY(%s::text[]::regclass[])
"""


def _read(sql: str) -> set[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(TABLES)])
        return set(cursor.fetchall())


def _schema() -> list[set[tuple[object, ...]]]:
    return [_read(sql) for sql in (_INDEXES, _KEYS, _TRIGGERS, _KEY_TRIGGERS)]


def _write(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CREATE_PICK)
        with bare_tables(cursor, *TABLES):
            for statement in statements:
                cursor.execute(statement, SIZE.parameters(now=timezone.now()))


def test_tables_are_the_same_afterwards_and_bare_meanwhile() -> None:
    before = _schema()

    with transaction.atomic(), connection.cursor() as cursor, bare_tables(cursor, *TABLES):
        bare = _read(_INDEXES)
        enabled = {enabled for _, enabled in _read(_TRIGGERS)}

    assert {str(index).split()[3] for (index,) in bare} == {"transactions_pkey", "adjustments_pkey"}
    assert enabled == {"D"}
    assert len(before[0]) > len(bare)
    assert _schema() == before


def test_rows_are_written_and_found() -> None:
    _write(*BASE)

    assert Transaction.objects.count() == SIZE.lines
    assert Transaction.objects.get(reference="T17").pk == 17
    refunded = Transaction.objects.filter(status="refunded")
    assert set(Adjustment.objects.values_list("transaction_id", flat=True)) == {
        sale.pk for sale in refunded
    }


def test_a_sale_of_an_unknown_product_is_found_in_the_end() -> None:
    with pytest.raises(IntegrityError, match="products"):
        _write(*(statement for statement in BASE if statement != PRODUCTS))
    assert not Transaction.objects.exists()


def test_a_reference_used_twice_is_found_in_the_end() -> None:
    before = _schema()

    with pytest.raises(IntegrityError, match="adjustments_reference_key"):
        _write(*BASE, ADJUSTMENTS.replace("SELECT id, id", "SELECT 1000000 + id, id"))

    assert _schema() == before
