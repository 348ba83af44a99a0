"""What was recorded stays: the database refuses, whoever asks."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, models, transaction

from tests.transactions.factories import NOW, recorded
from transactions.choices import LabelSource
from transactions.models import Adjustment, FraudLabel, Transaction, TransactionEvent
from transactions.services import refund

pytestmark = pytest.mark.django_db


def an_event() -> TransactionEvent:
    recorded()
    return TransactionEvent.objects.get()


def an_adjustment() -> Adjustment:
    txn = recorded()
    return refund(transaction_id=txn.pk, amount=Decimal(1), reference="r", reason="x", now=NOW)


def a_label() -> FraudLabel:
    return FraudLabel.objects.create(
        order_ref="o", is_fraud=True, source=LabelSource.ANALYST, known_at=NOW
    )


@pytest.mark.parametrize("make", [an_event, an_adjustment, a_label])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_rows_are_neither_changed_nor_removed(
    make: Callable[[], models.Model], statement: str
) -> None:
    table = make()._meta.db_table

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(statement.format(table))


def test_a_sale_is_not_removed() -> None:
    recorded()
    TransactionEvent.objects.all()

    with pytest.raises(IntegrityError, match="never removed"), transaction.atomic():
        execute("DELETE FROM transactions")
    assert Transaction.objects.count() == 1


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_indexes_of_the_specification_are_there_by_name() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'transactions'")
        names = {name for (name,) in cursor.fetchall()}

    assert names >= {
        "idx_transactions_customer_timestamp",
        "idx_transactions_product_timestamp",
        "idx_transactions_suspicious",
        "idx_transactions_fraud_score",
        "idx_transactions_status_timestamp",
    }
