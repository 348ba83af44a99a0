"""When an order was held to be fraud: from labels that come late and sometimes differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from transactions.choices import LabelSource
from transactions.fraud.calendar import microseconds
from transactions.fraud.frame import Flags, Ints

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """A time through which an order was held to be one or the other; until is None while it is."""

    order_ref: str
    is_fraud: bool
    known_at: datetime
    until: datetime | None


def verdicts(labels: Iterable[Label]) -> list[Verdict]:
    """Return what every order was held to be, in turn. labels: in the order they became known.

    At any time the surest source heard so far decides, its newest word: chargeback before
    planted before analyst before customer.
    """
    by_order: dict[str, list[Label]] = {}
    for label in labels:
        by_order.setdefault(label.order_ref, []).append(label)
    return [verdict for told in by_order.values() for verdict in _verdicts_of_order(told)]


def fraud_spells(labels: Iterable[Label]) -> list[FraudSpell]:
    """Return the times through which orders were held to be fraud; see `verdicts`."""
    return [
        FraudSpell(verdict.order_ref, verdict.known_at, verdict.until)
        for verdict in verdicts(labels)
        if verdict.is_fraud
    ]


def _verdicts_of_order(labels: list[Label]) -> list[Verdict]:
    turns: list[Label] = []
    decisive: Label | None = None
    for label in labels:
        if decisive and _SURENESS[label.source] < _SURENESS[decisive.source]:
            continue
        decisive = label
        if turns and turns[-1].known_at == label.known_at:
            # It held for no time at all.
            turns.pop()
        if not turns or label.is_fraud != turns[-1].is_fraud:
            turns.append(label)
    ends = [label.known_at for label in turns[1:]]
    return [
        Verdict(label.order_ref, label.is_fraud, label.known_at, until)
        for label, until in zip(turns, [*ends, None], strict=True)
    ]


# A verdict that was never taken back, in microseconds; and a moment that never comes.
FOREVER_US = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Spans:
    """For each line the times through which something holds: begin ≤ t < end, microseconds.

    begin, end: (lines, most spans of one line); unused places begin and end at FOREVER_US.
    """

    begin: Ints
    end: Ints

    @classmethod
    def none(cls, lines: int) -> "Spans":
        """Return spans of lines of which nothing is known."""
        never = np.full((lines, 1), FOREVER_US)
        return cls(never, never)

    @classmethod
    def of_orders(
        cls, orders: Sequence[str], told: Mapping[str, Sequence[Verdict]], *, is_fraud: bool
    ) -> "Spans":
        """Return when the order of each line was held to be fraud, or genuine."""
        found = [
            [verdict for verdict in told.get(order, ()) if verdict.is_fraud == is_fraud]
            for order in orders
        ]
        width = max([1, *map(len, found)])
        begin, end = (np.full((len(found), width), FOREVER_US) for _ in range(2))
        for line, spans in enumerate(found):
            for place, span in enumerate(spans):
                begin[line, place] = microseconds(span.known_at)
                end[line, place] = microseconds(span.until) if span.until else FOREVER_US
        return cls(begin, end)

    def holds(self, lines: Ints, at: Ints) -> Flags:
        """Return whether it holds of these lines at these moments (arrays of one shape)."""
        holding = np.zeros(lines.shape, np.bool_)
        for begin, end in zip(self.begin.T, self.end.T, strict=True):
            holding |= (begin[lines] <= at) & (at < end[lines])
        return holding


def joined_spans(first: Spans, second: Spans) -> Spans:
    """Return the spans of the lines of one after those of the other."""
    width = max(first.begin.shape[1], second.begin.shape[1])

    def wide(times: Ints) -> Ints:
        missing = width - times.shape[1]
        if not missing:
            return times
        return np.pad(times, ((0, 0), (0, missing)), constant_values=FOREVER_US)

    return Spans(
        np.concatenate([wide(first.begin), wide(second.begin)]),
        np.concatenate([wide(first.end), wide(second.end)]),
    )
