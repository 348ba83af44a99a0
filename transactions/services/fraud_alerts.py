"""The alert of an order that was held or blocked: one case, whatever lines of it were."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from alerts.choices import AlertKind, Severity
from alerts.services import AlertSpec, raise_alerts
from techmart.core.shop import shop_settings
from transactions.choices import SALE, Decision
from transactions.models import Transaction
from transactions.paths import transaction_path
from transactions.services.rules.running import Judgement

# What a decision raises. The severity is critical above the shop's limit.
_ALERTS = {
    Decision.REVIEW: (AlertKind.FRAUD_REVIEW, Severity.MEDIUM, "held for review"),
    Decision.BLOCK: (AlertKind.FRAUD_BLOCK, Severity.HIGH, "blocked"),
}


def fraud_alert_key(order_ref: str) -> str:
    """Return the key that merges the alerts of one order into one case."""
    return f"fraud:{order_ref}"


def open_cases(
    txns: Sequence[Transaction], judgements: Sequence[Judgement], *, now: datetime
) -> None:
    """Open one case for each order with a held or blocked line. judgements: one a line."""
    cases: dict[str, list[Transaction]] = {}
    rules: dict[str, list[str]] = {}
    for txn, judgement in zip(txns, judgements, strict=True):
        if txn.decision in _ALERTS:
            cases.setdefault(txn.order_ref, []).append(txn)
            rules.setdefault(txn.order_ref, []).extend(judgement.live_names)
    if not cases:
        return
    limit = shop_settings().review_critical_amount
    raise_alerts([_case(held, rules[order], limit) for order, held in cases.items()], now=now)


def _case(held: Sequence[Transaction], rules: Sequence[str], limit: Decimal) -> AlertSpec:
    worst = max(held, key=lambda txn: (txn.decision == Decision.BLOCK, txn.fraud_score))
    kind, severity, what = _ALERTS[Decision(worst.decision)]
    amount = sum((txn.total_amount for txn in held), Decimal(0))
    return AlertSpec(
        kind=kind,
        severity=Severity.CRITICAL if amount > limit else severity,
        dedupe_key=fraud_alert_key(worst.order_ref),
        subject_kind=SALE,
        subject_id=worst.pk,
        title=f"Order {worst.order_ref} {what}",
        message=_why(rules, worst),
        path=transaction_path(worst.pk),
        facts={
            "order_ref": worst.order_ref,
            "amount": str(amount),
            "currency": worst.currency,
            "score": worst.fraud_score,
            "lines": len(held),
        },
        audience="transactions.view_transaction",
    )


def _why(rules: Sequence[str], worst: Transaction) -> str:
    """Return the rules that were met, or else what speaks loudest in the score."""
    if rules:
        names = ", ".join(dict.fromkeys(rules))
        return f"Rule {names}"
    main = max(worst.reasons[1:], key=lambda reason: reason["contribution"], default=None)
    return f"{main['label']}: {main['fact']}" if main else ""
