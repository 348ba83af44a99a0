"""The score: log-odds that add up, so that each signal's part in it is exact and can be shown.

score = σ(b + Σ w·s) with s the signals of `signals`. b and w are priors for a shop without
labels; see PRIOR.
"""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict

import numpy as np
from scipy.special import expit

from transactions.choices import Decision
from transactions.fraud import signals
from transactions.fraud.frame import Flags, Floats, SalesFrame
from transactions.fraud.risk import LineRisk
from transactions.fraud.windows import CustomerHistory

SUSPICIOUS_ABOVE = 0.5


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds of a sale without any signal, and of each signal at its largest, in SIGNALS order.

    Weights are not negative: a signal can only raise suspicion.
    """

    version: str
    base: float
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """A column of the score. code: domain name; label: for people."""

    code: str
    label: str


SIGNALS = (
    Signal("F1", "Amount against own history"),
    Signal("F3", "Orders in a short time"),
    Signal("F8", "Same purchase again"),
    Signal("F10", "Fraud known nearby"),
    Signal("F11", "Unusual quantity"),
    Signal("F17", "New country"),
)
# Judgement, 2026-11, for a shop without labels. One sale in 120 is held to be fraud before
# anything is looked at. Amount, orders and quantity pass one half alone only near their largest,
# a repeated purchase when it is an outright one; risk and country only together with another.
PRIOR = Weights(version="prior.1", base=-4.8, weights=(5.2, 5.0, 5.0, 3.5, 5.0, 4.0))
_BASE = Signal("base", "Any sale")


class Reason(TypedDict):
    """A part of a score. value: the signal, 0 to 1; contribution: log-odds.

    score_without: the score, had this part been silent.
    """

    code: str
    label: str
    fact: str
    value: float
    contribution: float
    score_without: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBaselines:
    """What is usual where each line of a frame belongs; one entry a line, NaN for unknown.

    category_median, category_mad: of ln(1 + amount). quantity_q99: of the product, shrunk.
    market_rate_a_day: orders a customer and day in its country and channel.
    """

    category_median: Floats
    category_mad: Floats
    quantity_q99: Floats
    market_rate_a_day: Floats
    risk: LineRisk


@dataclass(frozen=True)
class Scores:
    """Scores of a frame's lines, with what they are made of.

    signals: (n, 6), 0 to 1, in SIGNALS order. contributions: (n, 7), log-odds, the base first;
    a row's sum is the score's log-odds.
    """

    version: str
    signals: Floats
    contributions: Floats
    # Words for one line's signal, by column; worked out only for what is shown.
    _facts: tuple[Callable[[int], str], ...] = field(repr=False)

    @cached_property
    def log_odds(self) -> Floats:
        """Return the score's log-odds of each line."""
        log_odds: Floats = self.contributions.sum(axis=1)
        return log_odds

    @cached_property
    def fraud_score(self) -> Floats:
        """Return each line's score, 0 (safe) to 1 (fraud)."""
        score: Floats = expit(self.log_odds)
        return score

    @cached_property
    def is_suspicious(self) -> Flags:
        """Return which lines score above one half."""
        return self.fraud_score > SUSPICIOUS_ABOVE

    def reasons(self, i: int) -> list[Reason]:
        """Return the base and every signal that speaks, as stored with the sale."""
        total = float(self.log_odds[i])
        base = float(self.contributions[i, 0])
        reasons = [_reason(_BASE, "what a sale starts from", 1.0, base, total)]
        for column, signal in enumerate(SIGNALS):
            value = float(self.signals[i, column])
            if value > 0:
                part = float(self.contributions[i, column + 1])
                reasons.append(_reason(signal, self._facts[column](i), value, part, total))
        return reasons

    def reasons_json(self) -> list[str]:
        """Return the reasons of all lines as JSON texts."""
        speaking: Flags = self.signals.max(axis=1, initial=0.0) > 0
        silent = "" if speaking.all() else json.dumps(self.reasons(int(speaking.argmin())))
        return [
            json.dumps(self.reasons(i)) if speaks else silent
            for i, speaks in enumerate(speaking.tolist())
        ]


def score_lines(
    lines: SalesFrame,
    *,
    history: CustomerHistory,
    baselines: LineBaselines,
    weights: Weights = PRIOR,
) -> Scores:
    """Score lines from what is known before each of them."""
    amount = lines.amount_cents / 100
    deviation = signals.amount_deviation(
        np.log1p(amount),
        own_median=history.amount_median,
        own_mad=history.amount_mad,
        own_lines=history.amount_lines,
        category_median=baselines.category_median,
        category_mad=baselines.category_mad,
    )
    rate = signals.customer_rate_a_day(
        orders=history.rate_orders,
        days=history.rate_days,
        market_rate_a_day=baselines.market_rate_a_day,
    )
    chances = signals.velocity_chances(history.recent_orders, rate)
    values = np.column_stack(
        [
            signals.amount_signal(deviation),
            signals.velocity_signal(chances),
            signals.twin_signal(history.twin_seconds),
            signals.risk_signal(baselines.risk.ratio),
            signals.quantity_signal(lines.quantity, baselines.quantity_q99),
            signals.country_signal(
                given=lines.ship_country != "", seen=history.country_seen, orders=history.orders
            ),
        ]
    )
    base = np.full((len(lines), 1), weights.base)
    return Scores(
        version=weights.version,
        signals=values,
        contributions=np.hstack([base, values * np.array(weights.weights)]),
        _facts=_facts(lines, history, baselines, deviation=deviation, rate=rate, chances=chances),
    )


def decision_of(
    score: float, *, review_above: float, rules: Iterable[Decision] = ()
) -> tuple[Decision, bool]:
    """Return what to do with a sale, and whether it is suspicious.

    rules: actions of the rules that matched; allow goes before block, block before review, and
    any of them before the score. Suspicious is a score above one half or a block or review hit.
    """
    matched = set(rules)
    suspicious = score > SUSPICIOUS_ABOVE or bool(matched & {Decision.BLOCK, Decision.REVIEW})
    for action in (Decision.ALLOW, Decision.BLOCK, Decision.REVIEW):
        if action in matched:
            return action, suspicious
    return (Decision.REVIEW if score > review_above else Decision.ALLOW), suspicious


def _reason(signal: Signal, fact: str, value: float, part: float, total: float) -> Reason:
    return Reason(
        code=signal.code,
        label=signal.label,
        fact=fact,
        value=value,
        contribution=part,
        score_without=1 / (1 + math.exp(part - total)),
    )


_WINDOW_NAMES = ("10 minutes", "1 hour", "24 hours")


def _facts(
    lines: SalesFrame,
    history: CustomerHistory,
    baselines: LineBaselines,
    *,
    deviation: Floats,
    rate: Floats,
    chances: Floats,
) -> tuple[Callable[[int], str], ...]:
    """Return, for each signal, what puts its fact about line i into words."""

    def amount(i: int) -> str:
        own = int(history.amount_lines[i])
        whose = f"the customer's last {own} lines" if own else "lines of the category"
        return (
            f"{lines.amount_cents[i] / 100:,.2f}, {deviation[i]:.1f} standard deviations above "
            f"{whose}"
        )

    def velocity(i: int) -> str:
        window = int(chances[i].argmin())
        expected = rate[i] * signals.VELOCITY_WINDOWS_DAYS[window]
        return (
            f"{_count(history.recent_orders[i, window], 'other order')} in "
            f"{_WINDOW_NAMES[window]}, {expected:.2g} expected"
        )

    def twin(i: int) -> str:
        return f"same product and amount {history.twin_seconds[i]:.0f} seconds before"

    def risk(i: int) -> str:
        return (
            f"{baselines.risk.dimension[i]}: {_count(baselines.risk.frauds[i], 'fraud')} in "
            f"{_count(baselines.risk.lines[i], 'line')} of "
            f"{_count(baselines.risk.window_days[i], 'day')}, "
            f"{baselines.risk.ratio[i]:.1f} times the shop's rate"
        )

    def quantity(i: int) -> str:
        return (
            f"{_count(lines.quantity[i], 'unit')}; 99 of 100 lines have "
            f"{baselines.quantity_q99[i]:.1f} or fewer"
        )

    def country(i: int) -> str:
        return f"never shipped to {lines.ship_country[i]} within a year"

    return amount, velocity, twin, risk, quantity, country


def _count(number: np.int64 | int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
