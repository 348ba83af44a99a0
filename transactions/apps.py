"""The transactions app."""

from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    """Customers, sales, their life cycle and fraud scoring."""

    name = "transactions"
