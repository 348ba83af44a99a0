"""Rules on the sales that are being recorded, and the hits that are kept of them."""

from collections.abc import Sequence
from datetime import datetime

from transactions.models import RuleHit, Transaction
from transactions.services.rules.running import Judgement


def keep_hits(
    txns: Sequence[Transaction], judgements: Sequence[Judgement], *, now: datetime
) -> None:
    """Write which running versions each recorded sale met; no query when it met none."""
    hits = [
        RuleHit(
            version_id=rule.version_id,
            transaction=txn,
            action=rule.action,
            shadow=rule.shadow,
            at=now,
        )
        for txn, judgement in zip(txns, judgements, strict=True)
        for rule in judgement.met
    ]
    if hits:
        RuleHit.objects.bulk_create(hits)
