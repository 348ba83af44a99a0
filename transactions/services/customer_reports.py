"""What a customer says of an order of his: a label, which surer sources overrule."""

from datetime import datetime

from django.db import transaction

from techmart.core.audit import record_audit
from techmart.core.models import User
from transactions.choices import SALE, LabelSource
from transactions.models import Transaction
from transactions.services.refusals import ReasonMissing
from transactions.services.states import Act, announce, label, locked_sale


@transaction.atomic
def note_customer_report(
    *,
    transaction_id: int,
    is_fraud: bool,
    reason: str,
    now: datetime,
    actor: User | None = None,
    request_id: str = "",
) -> Transaction:
    """Note that the customer denies the order of a sale, or says that it is his.

    It is a label of source "customer": an analyst's or a chargeback's goes before it. The sale
    itself stays as it is. Raises UnknownSale, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    txn = locked_sale(transaction_id)
    act = Act(actor=actor, reason=reason.strip(), now=now, request_id=request_id)
    label(txn, act, is_fraud=is_fraud, source=LabelSource.CUSTOMER, known_at=now)
    record_audit(
        action="review.customer",
        subject_kind=SALE,
        subject_id=txn.pk,
        now=now,
        actor=actor,
        after={"is_fraud": is_fraud},
        reason=act.reason,
    )
    announce(txn, now=now)
    return txn
