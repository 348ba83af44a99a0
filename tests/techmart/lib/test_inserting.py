"""A single new row is the row that bulk_create writes, in one statement."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from techmart.lib.inserting import insert_rows
from tests.transactions.factories import NOW, make_customer, recorded
from transactions.models import Transaction

pytestmark = pytest.mark.django_db


def a_sale(reference: str) -> Transaction:
    """Return a row not yet written, like one that was."""
    sale = recorded(customer_code=make_customer(code=f"C-{reference}").code, reference=reference)
    sale = Transaction.objects.get(pk=sale.pk)
    sale.pk, sale.reference, sale._state.adding = None, f"{reference}-again", True
    sale.unit_price, sale.reasons = Decimal("4.9950"), [{"code": "base", "fact": "it's 'so'"}]
    sale.expires_at, sale.is_suspicious = NOW, True
    return sale


def values_of(sale: Transaction) -> dict[str, object]:
    """Return what is stored of a row, but what tells it from others."""
    [values] = Transaction.objects.filter(pk=sale.pk).values()
    return {k: v for k, v in values.items() if k not in ("id", "reference")}


def test_one_row_is_written_as_bulk_create_writes_it() -> None:
    sale = a_sale("R")
    with CaptureQueriesContext(connection) as queries:
        insert_rows(Transaction, [sale])
    assert len(queries) == 1
    assert sale.pk is not None
    assert not sale._state.adding
    written = values_of(sale)

    sale.pk, sale.reference, sale._state.adding = None, "by bulk_create", True
    Transaction.objects.bulk_create([sale])
    assert values_of(sale) == written
    assert written["unit_price"] == Decimal("4.9950")
    assert written["reasons"] == [{"code": "base", "fact": "it's 'so'"}]
    assert (written["expires_at"], written["declined_at"]) == (NOW, None)


def test_several_rows_and_none_are_written_too() -> None:
    sales = [a_sale("R"), a_sale("S")]

    insert_rows(Transaction, sales)
    insert_rows(Transaction, [])

    assert Transaction.objects.filter(pk__in=[sale.pk for sale in sales]).count() == 2


def test_a_second_row_of_one_reference_is_djangos_own_error() -> None:
    sale = a_sale("R")
    sale.reference = "R"

    with pytest.raises(IntegrityError, match="transactions_reference"), transaction.atomic():
        insert_rows(Transaction, [sale])
