"""The score: log-odds that add up, so that each signal's part in it is exact and can be shown.

Raw values of `columns.SIGNALS` go in; a model turns them into parts whose sum is the score's
log-odds. Without labels that is `columns.PRIOR`, σ(b + Σ w·s).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict

import numpy as np
import orjson

from transactions.choices import Channel, Decision
from transactions.fraud import signals
from transactions.fraud.columns import AMOUNT_CODES, DEVICE_AGAIN, DEVICE_ONCE, PRIOR, SIGNALS
from transactions.fraud.devices import DeviceRuns
from transactions.fraud.emails import is_digits_heavy, is_disposable
from transactions.fraud.frame import DAY_US, NEVER_US, Flags, Floats, Ints, SalesFrame
from transactions.fraud.learning.additive import Column, Model
from transactions.fraud.risk import LineBaselines
from transactions.fraud.sharing import Shared, nothing_shared
from transactions.fraud.watch import Watched, watched_lines
from transactions.fraud.windows import CustomerHistory
from transactions.fraud.words import Words

SUSPICIOUS_ABOVE = 0.5
# F15: where staff name the price.
_STAFFED = (Channel.STORE.value, Channel.PHONE.value)
_BASE = Column("base", "Any sale", 0.0)


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


@dataclass(frozen=True)
class Scores:
    """Scores of a frame's lines, with what they are made of.

    values: (n, signals) raw, in SIGNALS order; signals: 0 to 1. contributions: (n, 1 + signals),
    log-odds, the base first; a row's sum is the score's log-odds. unexplained: the share of the
    odds that the amount leaves open, which its device would be to blame for, 0 to 1.
    """

    version: str
    values: Floats
    signals: Floats
    contributions: Floats
    unexplained: Floats
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
        return chances(self.log_odds)

    @cached_property
    def is_suspicious(self) -> Flags:
        """Return which lines score above one half."""
        return self.fraud_score > SUSPICIOUS_ABOVE

    def reasons(self, i: int) -> list[Reason]:
        """Return the base and every signal that speaks, as stored with the sale."""
        total = float(self.log_odds[i])
        base, *parts = self.contributions[i].tolist()
        reasons = [_reason(_BASE, "what a sale starts from", 1.0, base, total)]
        for column, part in enumerate(parts):
            if part != 0:
                value, fact = float(self.signals[i, column]), self._facts[column](i)
                reasons.append(_reason(SIGNALS[column], fact, value, part, total))
        return reasons

    def reasons_json(self) -> list[str]:
        """Return the reasons of all lines as JSON texts."""
        speaking: Flags = (self.contributions[:, 1:] != 0).any(axis=1)
        silent = "" if speaking.all() else self._reasons_text(int(speaking.argmin()))
        return [
            self._reasons_text(i) if speaks else silent
            for i, speaks in enumerate(speaking.tolist())
        ]

    def _reasons_text(self, i: int) -> str:
        return orjson.dumps(self.reasons(i)).decode()


@dataclass(frozen=True, slots=True)
class LineValues:
    """Raw values of lines, (n, signals) in SIGNALS order, and words for each; see `line_values`."""

    values: Floats
    facts: tuple[Callable[[int], str], ...]


def line_values(
    lines: SalesFrame,
    *,
    history: CustomerHistory,
    baselines: LineBaselines,
    shared: Shared | None = None,
    watched: Watched | None = None,
    accounts_us: Ints | None = None,
) -> LineValues:
    """Return what is known before each line, but for its device's frauds: those need other scores.

    shared, watched: None when nothing is. accounts_us: when each customer's account was made,
    NEVER_US when unknown; None when none is known.
    """
    shared = shared or nothing_shared(len(lines))
    watched = watched or watched_lines(lines, ())
    age_days = _age_days(lines, accounts_us)
    hour_share = signals.hour_share(
        history.habits.same_hour, history.habits.orders, baselines.known("hour_share")
    )
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
    genuine = (history.genuine_lines, history.genuine_cents)
    columns = {
        "F1": signals.amount_signal(deviation),
        "F2": signals.dear_signal(amount, q95=baselines.amount_q95, q999=baselines.amount_q999),
        "F3": signals.velocity_signal(chances),
        "F4": signals.day_value_signal(history.day_cents, history.own_day_cents),
        "F5": signals.new_account_signal(age_days, amount, baselines.amount_upper),
        "F6": signals.hour_signal(hour_share),
        "F7": signals.taste_signal(history.habits.same_category, history.habits.taste_orders),
        "F8": signals.twin_signal(history.twin_seconds),
        "F9": signals.shared_signal(shared.customers),
        "F10": signals.risk_signal(baselines.risk.ratio),
        "F11": signals.quantity_signal(lines.quantity, baselines.quantity_q99),
        "F12": signals.dormant_signal(
            history.gap_days, amount=amount, own_median=history.amount_median
        ),
        "F13": signals.limit_signal(history.habits.limit_lines),
        "F14": signals.refund_signal(
            history.habits.refunded_orders,
            history.habits.refund_orders,
            baselines.known("refund_base"),
        ),
        "F15": signals.override_signal(
            _paid_share(lines), by_staff=np.isin(lines.channel, _STAFFED)
        ),
        "F16": signals.email_signal(**_email_pattern(lines), accounts=shared.accounts),
        "F17": signals.country_signal(
            given=lines.ship_country != "",
            seen=history.country_seen,
            orders=history.orders,
            watched=watched.country,
        ),
        "F18": signals.tries_signal(np.maximum(history.habits.tries, shared.tries)),
        "F19": signals.watch_signal(watched.any),
        "L1": amount,
        "L2": signals.ratio_to_genuine(lines.amount_cents, *genuine),
        "L3": np.full(len(lines), np.nan),
        "L4": np.full(len(lines), np.nan),
        "L5": signals.ratio_to_genuine(history.lately_cents, *genuine),
    }
    words = Words(
        lines,
        history,
        baselines,
        shared,
        watched,
        age_days=age_days,
        hour_share=hour_share,
        deviation=deviation,
        rate=rate,
        chances=chances,
    )
    said = words.of
    return LineValues(
        np.column_stack([columns[signal.code] for signal in SIGNALS]),
        tuple(said[signal.code] for signal in SIGNALS),
    )


def _age_days(lines: SalesFrame, accounts_us: Ints | None) -> Floats:
    """Return the age of each line's account, NaN when unknown."""
    if accounts_us is None:
        return np.full(len(lines), np.nan)
    known = accounts_us != NEVER_US
    age_us = lines.timestamp_us - np.where(known, accounts_us, 0)
    return np.where(known, age_us / DAY_US, np.nan)


def _paid_share(lines: SalesFrame) -> Floats:
    """Return what was paid over the list price, NaN when that is unknown."""
    if lines.list_price_e4 is None:
        return np.full(len(lines), np.nan)
    listed = lines.list_price_e4 * lines.quantity / 100
    return np.where(listed > 0, lines.amount_cents / np.maximum(listed, 1e-2), np.nan)


def _email_pattern(lines: SalesFrame) -> dict[str, Flags]:
    """Return what each line's e-mail stem says by itself."""
    if lines.email is None:
        none = np.zeros(len(lines), np.bool_)
        return {"disposable": none, "digits_heavy": none}
    stems = {stem: (is_disposable(stem), is_digits_heavy(stem)) for stem in set(lines.email)}
    told = np.array([stems[stem] for stem in lines.email], np.bool_).reshape(-1, 2)
    return {"disposable": told[:, 0], "digits_heavy": told[:, 1]}


def unexplained_by_amount(values: Floats, model: Model) -> Floats:
    """Return the share of each line's odds that its amount leaves open, 0 to 1."""
    return signals.unexplained_share(model.additive.log_odds_of(values, AMOUNT_CODES))


def with_devices(lines: LineValues, runs: DeviceRuns) -> LineValues:
    """Return the values with what is known of each line's device."""
    values = lines.values.copy()
    values[:, DEVICE_ONCE], values[:, DEVICE_AGAIN] = signals.run_signals(
        age_days=runs.age_days, unexplained=runs.unexplained, frauds=runs.frauds
    )
    return LineValues(values, lines.facts)


def score_values(lines: LineValues, *, model: Model = PRIOR) -> Scores:
    """Score lines by their values."""
    return Scores(
        version=model.version,
        values=lines.values,
        signals=model.additive.signals(lines.values),
        contributions=model.contributions(lines.values),
        unexplained=unexplained_by_amount(lines.values, model),
        _facts=lines.facts,
    )


def score_lines(
    lines: SalesFrame,
    *,
    history: CustomerHistory,
    baselines: LineBaselines,
    shared: Shared | None = None,
    watched: Watched | None = None,
    accounts_us: Ints | None = None,
    runs: DeviceRuns | None = None,
    model: Model = PRIOR,
) -> Scores:
    """Score lines from what is known before each of them.

    runs: None when devices are unknown; the rest as in `line_values`.
    """
    found = line_values(
        lines,
        history=history,
        baselines=baselines,
        shared=shared,
        watched=watched,
        accounts_us=accounts_us,
    )
    return score_values(with_devices(found, runs) if runs else found, model=model)


def chances(log_odds: Floats) -> Floats:
    """Return the logistic function of log-odds, in the form that cannot overflow."""
    small = np.exp(-np.abs(log_odds))
    return np.where(log_odds >= 0, 1.0, small) / (1.0 + small)


def _chance(log_odds: float) -> float:
    """Return `chances` of one number, which NumPy takes ten times as long for."""
    small = math.exp(-abs(log_odds))
    return (1.0 if log_odds >= 0 else small) / (1.0 + small)


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


def _reason(signal: Column, fact: str, value: float, part: float, total: float) -> Reason:
    return Reason(
        code=signal.code,
        label=signal.label,
        fact=fact,
        value=value,
        contribution=part,
        score_without=_chance(total - part),
    )
