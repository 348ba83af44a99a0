"""Everything that records sales, moves them through their life and pays them back."""

from inventory.services.ledger import InsufficientStock
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
    IllegalTransition,
    ReasonMissing,
    ReferenceConflict,
    RefundRefused,
    SaleRefused,
    UnknownSale,
)
from transactions.services.sale_input import SaleInput

__all__ = [
    "IllegalTransition",
    "InsufficientStock",
    "ReasonMissing",
    "ReferenceConflict",
    "RefundRefused",
    "SaleError",
    "SaleInput",
    "SaleOutcome",
    "SaleRefused",
    "UnknownSale",
    "approve",
    "cancel",
    "charge_back",
    "close_dispute",
    "decline",
    "expire_pending",
    "open_dispute",
    "record_sales",
    "record_sales_each",
    "refresh_fraud_statistics",
    "refund",
    "reverse_charge_back",
    "settle_payment",
]
