"""Facts in words: what stands behind each signal of one line, for people."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from transactions.fraud.emails import domain_of_stem, is_digits_heavy
from transactions.fraud.frame import Floats, SalesFrame
from transactions.fraud.risk import LineBaselines
from transactions.fraud.sharing import WORDS, Shared
from transactions.fraud.signals import (
    ACCOUNTS_OF_A_BURST,
    VELOCITY_WINDOWS_DAYS,
    ratio_to_genuine,
)
from transactions.fraud.watch import Watched
from transactions.fraud.windows import LATELY_DAYS, CustomerHistory

_WINDOW_NAMES = ("10 minutes", "1 hour", "24 hours")


@dataclass(frozen=True, slots=True)
class Words:
    """Puts the facts about line i into words, by the signal's code; worked out when asked.

    age_days, hour_share, deviation, rate, chances: what F5, F6, F1 and F3 were made of.
    """

    lines: SalesFrame
    history: CustomerHistory
    baselines: LineBaselines
    shared: Shared
    watched: Watched
    age_days: Floats
    hour_share: Floats
    deviation: Floats
    rate: Floats
    chances: Floats

    @property
    def of(self) -> dict[str, Callable[[int], str]]:
        """Return the words of every signal."""
        return {
            "F1": self._amount,
            "F2": self._dear,
            "F3": self._velocity,
            "F4": self._day,
            "F5": self._new,
            "F6": self._hour,
            "F7": self._taste,
            "F8": self._twin,
            "F9": self._shared,
            "F10": self._risk,
            "F11": self._quantity,
            "F12": self._dormant,
            "F13": self._limit,
            "F14": self._refunds,
            "F15": self._override,
            "F16": self._email,
            "F17": self._country,
            "F18": self._tries,
            "F19": self._watch,
            "L1": self._money,
            "L2": self._genuine,
            "L3": self._device,
            "L4": self._device,
            "L5": self._lately,
        }

    def _money(self, i: int) -> str:
        return f"{self.lines.amount_cents[i] / 100:,.2f}"

    def _amount(self, i: int) -> str:
        own = int(self.history.amount_lines[i])
        whose = f"the customer's last {own} lines" if own else "lines of the category"
        return f"{self._money(i)}, {self.deviation[i]:.1f} standard deviations above {whose}"

    def _dear(self, i: int) -> str:
        return f"{self._money(i)}; 95 of 100 lines have {self.baselines.amount_q95[i]:,.2f} or less"

    def _day(self, i: int) -> str:
        day, most = self.history.day_cents[i] / 100, self.history.own_day_cents[i] / 100
        return f"{day:,.2f} within 24 hours; the customer's largest day was {most:,.2f}"

    def _new(self, i: int) -> str:
        return f"{self._money(i)} from an account {_count(int(self.age_days[i]), 'day')} old"

    def _hour(self, i: int) -> str:
        habits = self.history.habits
        own = f"{habits.same_hour[i]} of the customer's last {_count(habits.orders[i], 'order')}"
        return f"{self.hour_share[i]:.1%} of orders come at this hour; {own} did"

    def _taste(self, i: int) -> str:
        habits = self.history.habits
        last = _count(habits.taste_orders[i], "order")
        return f"{habits.same_category[i]} of the customer's last {last} had this category"

    def _shared(self, i: int) -> str:
        word = WORDS[self.shared.attribute[i]]
        return f"{_count(self.shared.customers[i], 'customer')} with this {word} within 24 hours"

    def _dormant(self, i: int) -> str:
        days = int(self.history.gap_days[i])
        return f"{self._money(i)} after {_count(days, 'day')} without a purchase"

    def _velocity(self, i: int) -> str:
        window = int(self.chances[i].argmin())
        expected = self.rate[i] * VELOCITY_WINDOWS_DAYS[window]
        return (
            f"{_count(self.history.recent_orders[i, window], 'other order')} in "
            f"{_WINDOW_NAMES[window]}, {expected:.2g} expected"
        )

    def _twin(self, i: int) -> str:
        return f"same product and amount {self.history.twin_seconds[i]:.0f} seconds before"

    def _risk(self, i: int) -> str:
        risk = self.baselines.risk
        return (
            f"{risk.dimension[i]}: {_count(risk.frauds[i], 'fraud')} in "
            f"{_count(risk.lines[i], 'line')} of {_count(risk.window_days[i], 'day')}, "
            f"{risk.ratio[i]:.1f} times the shop's rate"
        )

    def _quantity(self, i: int) -> str:
        return (
            f"{_count(self.lines.quantity[i], 'unit')}; 99 of 100 lines have "
            f"{self.baselines.quantity_q99[i]:.1f} or fewer"
        )

    def _limit(self, i: int) -> str:
        habits = self.history.habits
        limit = habits.limit_cents[i] / 100
        return f"{_count(habits.limit_lines[i], 'line')} just under {limit:,.2f} within 7 days"

    def _refunds(self, i: int) -> str:
        habits = self.history.habits
        orders = _count(habits.refund_orders[i], "order")
        return f"money back for {habits.refunded_orders[i]} of the customer's last {orders}"

    def _override(self, i: int) -> str:
        prices = self.lines.list_price_e4
        listed = self.lines.quantity[i] * prices[i] / 10_000 if prices is not None else 0
        return f"{self._money(i)} paid, {listed:,.2f} by the list"

    def _email(self, i: int) -> str:
        stem = self.lines.texts("email")[i]
        if self.shared.accounts[i] >= ACCOUNTS_OF_A_BURST:
            return f"{_count(self.shared.accounts[i], 'customer')} with like addresses in 24 hours"
        if is_digits_heavy(stem):
            return "an address of mostly digits"
        return f"{domain_of_stem(stem)} gives addresses away"

    def _tries(self, i: int) -> str:
        tries = max(self.history.habits.tries[i], self.shared.tries[i])
        return f"{_count(tries, 'payment')} declined within the hour before"

    def _watch(self, i: int) -> str:
        return f"the {self.watched.what[i]} stands in a watch list"

    def _country(self, i: int) -> str:
        if self.watched.country[i]:
            return f"shipped to {self.lines.ship_country[i]}, which is watched"
        return f"never shipped to {self.lines.ship_country[i]} within a year"

    def _genuine(self, i: int) -> str:
        known = self.history.genuine_lines[i]
        return f"{self._money(i)} against {_count(known, 'purchase')} known to be genuine"

    def _device(self, i: int) -> str:
        return "fraud that its amount does not explain, and no genuine sale since, at this device"

    def _lately(self, i: int) -> str:
        history, own = self.history, slice(i, i + 1)
        ratio = ratio_to_genuine(
            history.lately_cents[own], history.genuine_lines[own], history.genuine_cents[own]
        )[0]
        return (
            f"{history.lately_cents[i] / 100:,.2f} within {LATELY_DAYS} days, {ratio:.1f} times "
            "what is known to be genuine"
        )


def _count(number: np.int64 | int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
