"""The tables of transactions, a module a subject."""

from transactions.models.customers import Customer
from transactions.models.fraud import FraudLabel, FraudStatistic
from transactions.models.imports import ImportRun
from transactions.models.review import ReviewCase, ReviewClaim, ReviewDecision
from transactions.models.sales import Adjustment, Transaction, TransactionEvent

__all__ = [
    "Adjustment",
    "Customer",
    "FraudLabel",
    "FraudStatistic",
    "ImportRun",
    "ReviewCase",
    "ReviewClaim",
    "ReviewDecision",
    "Transaction",
    "TransactionEvent",
]
