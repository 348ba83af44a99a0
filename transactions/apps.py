"""The transactions app."""

from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    """Customers, sales, their life cycle and fraud scoring."""

    name = "transactions"

    def ready(self) -> None:
        """Name the sales behind the ledger's entries, offer them for export and search."""
        from transactions import exports, ledger_sources, search
        from transactions.reviews import export as reviews
        from transactions.rule_pages import export as rules

        ledger_sources.register()
        exports.register_lists()
        reviews.register_lists()
        rules.register_lists()
        search.register_sources()
