"""The transactions app."""

from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    """Customers, sales, their life cycle and fraud scoring."""

    name = "transactions"

    def ready(self) -> None:
        """Name the sales behind the ledger's entries; models must be there first."""
        from transactions import ledger_sources

        ledger_sources.register()
