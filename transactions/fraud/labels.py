"""When an order was held to be fraud: from labels that come late and sometimes differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from transactions.choices import LabelSource

# A conflict is settled by the surer source; "planted" stands for the truth of made-up data.
_SURENESS = {
    LabelSource.CUSTOMER.value: 0,
    LabelSource.ANALYST.value: 1,
    LabelSource.PLANTED.value: 2,
    LabelSource.CHARGEBACK.value: 3,
}


@dataclass(frozen=True, slots=True)
class Label:
    """What a source said of an order, known from then on."""

    order_ref: str
    is_fraud: bool
    source: str
    known_at: datetime


@dataclass(frozen=True, slots=True)
class FraudSpell:
    """A time through which an order was held to be fraud; until is None while it is."""

    order_ref: str
    known_at: datetime
    until: datetime | None


def fraud_spells(labels: Iterable[Label]) -> list[FraudSpell]:
    """Return the spells of every order. labels: in the order they became known.

    At any time the surest source heard so far decides, its newest word: chargeback before
    planted before analyst before customer.
    """
    by_order: dict[str, list[Label]] = {}
    for label in labels:
        by_order.setdefault(label.order_ref, []).append(label)
    return [spell for told in by_order.values() for spell in _spells_of_order(told)]


def _spells_of_order(labels: list[Label]) -> list[FraudSpell]:
    spells: list[FraudSpell] = []
    decisive: Label | None = None
    since: datetime | None = None
    for label in labels:
        if decisive and _SURENESS[label.source] < _SURENESS[decisive.source]:
            continue
        decisive = label
        if label.is_fraud and since is None:
            since = label.known_at
        elif not label.is_fraud and since is not None:
            spells.append(FraudSpell(label.order_ref, since, label.known_at))
            since = None
    if decisive and since is not None:
        spells.append(FraudSpell(decisive.order_ref, since, None))
    return spells
