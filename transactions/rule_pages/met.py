"""The rules that a sale met when it was recorded, for its page."""

from dataclasses import dataclass

from transactions.choices import Decision
from transactions.models import RuleHit
from transactions.rule_pages.addresses import rule_url


@dataclass(frozen=True, slots=True)
class MetRule:
    """A running version that a sale met. shadow: it was counted only."""

    name: str
    url: str
    sentence: str
    action_label: str
    shadow: bool


def rules_met(transaction_id: int) -> list[MetRule]:
    """Return the rules that a sale met, live ones first; served by rule_hits_once."""
    hits = RuleHit.objects.filter(transaction_id=transaction_id).select_related("version__rule")
    return [
        MetRule(
            name=hit.version.rule.name,
            url=rule_url(hit.version.rule_id, version=hit.version.number),
            sentence=hit.version.sentence,
            action_label=Decision(hit.action).label,
            shadow=hit.shadow,
        )
        for hit in hits.order_by("shadow", "pk")
    ]
