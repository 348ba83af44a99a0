"""The tables of transactions, a module a subject."""

from transactions.models.customers import Customer
from transactions.models.fraud import FraudLabel, FraudStatistic
from transactions.models.fraud_models import DeviceFact, FraudModel
from transactions.models.imports import ImportRun
from transactions.models.review import ReviewCase, ReviewClaim, ReviewDecision
from transactions.models.rules import (
    FraudRule,
    FraudRuleVersion,
    RuleApproval,
    RuleBacktest,
    RuleHit,
    RuleStamp,
    ValueList,
    ValueListEntry,
)
from transactions.models.sales import Adjustment, Transaction, TransactionEvent

__all__ = [
    "Adjustment",
    "Customer",
    "DeviceFact",
    "FraudLabel",
    "FraudModel",
    "FraudRule",
    "FraudRuleVersion",
    "FraudStatistic",
    "ImportRun",
    "ReviewCase",
    "ReviewClaim",
    "ReviewDecision",
    "RuleApproval",
    "RuleBacktest",
    "RuleHit",
    "RuleStamp",
    "Transaction",
    "TransactionEvent",
    "ValueList",
    "ValueListEntry",
]
