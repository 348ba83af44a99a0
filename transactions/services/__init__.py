"""Everything that records sales, moves them through their life and pays them back."""

from inventory.services.ledger import InsufficientStock
from transactions.services.customer_reports import note_customer_report
from transactions.services.fraud_statistics import refresh_fraud_statistics
from transactions.services.life_cycle import (
    approve,
    cancel,
    decline,
    expire_pending,
    settle_payment,
)
from transactions.services.money_back import (
    charge_back,
    close_dispute,
    open_dispute,
    refund,
    reverse_charge_back,
)
from transactions.services.recording import (
    SaleError,
    SaleOutcome,
    record_sales,
    record_sales_each,
)
from transactions.services.refusals import (
    CaseClaimed,
    CaseClosed,
    IllegalTransition,
    ReasonMissing,
    ReferenceConflict,
    RefundRefused,
    SaleRefused,
    UnknownCase,
    UnknownSale,
)
from transactions.services.review_decisions import (
    Choice,
    apply_due_decisions,
    decide,
    decide_at_once,
    undo,
)
from transactions.services.sale_input import SaleInput

__all__ = [
    "CaseClaimed",
    "CaseClosed",
    "Choice",
    "IllegalTransition",
    "InsufficientStock",
    "ReasonMissing",
    "ReferenceConflict",
    "RefundRefused",
    "SaleError",
    "SaleInput",
    "SaleOutcome",
    "SaleRefused",
    "UnknownCase",
    "UnknownSale",
    "apply_due_decisions",
    "approve",
    "cancel",
    "charge_back",
    "close_dispute",
    "decide",
    "decide_at_once",
    "decline",
    "expire_pending",
    "note_customer_report",
    "open_dispute",
    "record_sales",
    "record_sales_each",
    "refresh_fraud_statistics",
    "refund",
    "reverse_charge_back",
    "settle_payment",
    "undo",
]
