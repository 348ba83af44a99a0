"""The sales behind entries of the stock ledger."""

from collections.abc import Collection

from inventory.ledger_sources import Source, register_source
from transactions.choices import SALE
from transactions.models import Adjustment, Transaction
from transactions.paths import transaction_path


def register() -> None:
    """Let the ledger's page link entries to the sales they come from."""
    register_source(SALE, _sales)
    register_source("adjustment", _adjustments)


def _sales(ids: Collection[int]) -> dict[int, Source]:
    rows = Transaction.objects.filter(pk__in=ids).values_list("pk", "reference")
    return {key: Source(reference, transaction_path(key)) for key, reference in rows}


def _adjustments(ids: Collection[int]) -> dict[int, Source]:
    rows = Adjustment.objects.filter(pk__in=ids).values_list("pk", "reference", "transaction_id")
    return {key: Source(reference, transaction_path(sale)) for key, reference, sale in rows}
