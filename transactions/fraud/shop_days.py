"""The shop's days passing by: what is usual as of each day, from sales counted by day.

The daily refresh looks at one day and stores it; a bulk run looks at each day of its lines. Both
come through here, which is why they agree.
"""

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from transactions.fraud.baselines import (
    LABEL_DELAY_DAYS,
    RATE_DAYS,
    RISK_WINDOWS_DAYS,
    TAIL,
    UPPER,
    USUAL_DAYS,
    CountedValues,
    DailyTotals,
    Risk,
    distinct_in_days,
    hour_shares,
    large_amount,
    orders_a_day,
    quantity_q99,
    refund_base,
    risks_of_day,
    shop_fraud_rate,
    usual_amount,
)
from transactions.fraud.frame import Flags, Floats, Ints, require_equal_lengths
from transactions.fraud.signals import HOURS

# The one key of counts that are of the whole shop.
SHOP = 0
# A verdict that was never taken back.
FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Counted:
    """So many lines of a value and key on a day; repeated rows add up."""

    day: Ints
    key: Ints
    value: Ints
    lines: Ints

    def __post_init__(self) -> None:
        require_equal_lengths(self)


@dataclass(frozen=True, slots=True)
class Visits:
    """An order of a customer in a market (country and channel) on a day."""

    day: Ints
    market: Ints
    customer: Ints
    order: Ints

    def __post_init__(self) -> None:
        require_equal_lengths(self)


@dataclass(frozen=True, slots=True)
class FraudLines:
    """Lines that were held to be fraud from the day after known_day until until_day.

    day: of the sale. country is −1 where unknown.
    """

    day: Ints
    product: Ints
    country: Ints
    channel: Ints
    known_day: Ints
    until_day: Ints

    def __post_init__(self) -> None:
        require_equal_lengths(self)


@dataclass(frozen=True, slots=True)
class RefundLines:
    """Lines that were known on refund_day to be refunded. day: of the sale."""

    day: Ints
    category: Ints
    refund_day: Ints

    def __post_init__(self) -> None:
        require_equal_lengths(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopFacts:
    """Sales counted by day. quantity: units by product; amount: cents by category.

    product, country, channel and hour count lines (value 0); product only those with a fraud.
    category_of: product to category code, for every product of `quantity`.
    """

    quantity: Counted
    amount: Counted
    visits: Visits
    product: Counted
    channel: Counted
    country: Counted
    hour: Counted
    frauds: FraudLines
    refunds: RefundLines
    category_of: dict[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopRisks:
    """F10 of the three dimensions as of a day."""

    product: Risk
    country: Risk
    channel: Risk


PartT = TypeVar("PartT", Counted, Visits, FraudLines, RefundLines)


def joined(*parts: PartT) -> PartT:
    """Return the rows of all parts."""
    names = [column.name for column in fields(parts[0])]
    return type(parts[0])(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )


class ShopDays:
    """What is usual as of a day, moving forward: `move_to(day)`, then ask.

    first_day, last_day: the days that will be asked for. opened_day: the first day with a sale.
    """

    def __init__(
        self, facts: ShopFacts, *, first_day: int, last_day: int, opened_day: int, markets: int
    ) -> None:
        self._facts = facts
        self._opened_day = opened_day
        self._first_day = first_day
        self._day = first_day
        quantity, amount = facts.quantity, facts.amount
        category = np.array([facts.category_of[key] for key in quantity.key.tolist()], np.int64)
        self._product_quantity = _Window(quantity)
        self._category_quantity = _Window(
            Counted(quantity.day, category, quantity.value, quantity.lines)
        )
        self._shop_quantity = _Window(
            Counted(quantity.day, np.full_like(category, SHOP), quantity.value, quantity.lines)
        )
        self._category_amount = _Window(amount)
        self._shop_amount = _Window(
            Counted(amount.day, np.full_like(amount.key, SHOP), amount.value, amount.lines)
        )
        visits = facts.visits
        self._orders, self._customers = (
            distinct_in_days(
                groups=visits.market,
                items=items,
                days=visits.day,
                group_count=markets,
                first_day=first_day,
                last_day=last_day,
            )
            for items in (visits.order, visits.customer)
        )
        self._totals = {
            name: DailyTotals.of(counted.key, counted.day, counted.lines)
            for name, counted in (
                ("product", facts.product),
                ("country", facts.country),
                ("channel", facts.channel),
                ("hour", facts.hour),
            )
        }
        self._channels = np.unique(facts.channel.key)

    def move_to(self, day: int) -> None:
        """Look as of the start of `day`, not before the day looked at last."""
        self._day = day
        for window in (
            self._product_quantity,
            self._category_quantity,
            self._shop_quantity,
            self._category_amount,
            self._shop_amount,
        ):
            window.move_to(day)

    def product_quantity(self, products: Ints) -> tuple[Floats, Ints]:
        """Return q99 of each product's quantities and its lines, unshrunk."""
        counts = self._product_quantity.counts
        return counts.quantiles(products, 0.99), counts.lines(products)

    def category_quantity(self, categories: Ints) -> tuple[Floats, Ints]:
        """Return q99 of each category's quantities and its lines, unshrunk."""
        counts = self._category_quantity.counts
        return counts.quantiles(categories, 0.99), counts.lines(categories)

    def shop_quantity(self) -> tuple[float, int]:
        """Return q99 of the shop's quantities and its lines."""
        counts, shop = self._shop_quantity.counts, np.array([SHOP])
        return float(counts.quantiles(shop, 0.99)[0]), int(counts.lines(shop)[0])

    def quantity_q99(self, products: Ints, categories: Ints) -> Floats:
        """Return the q99 to measure each line by, shrunk."""
        product_q99, product_lines = self.product_quantity(products)
        category_q99, category_lines = self.category_quantity(categories)
        return quantity_q99(
            product_q99=product_q99,
            product_lines=product_lines,
            category_q99=category_q99,
            category_lines=category_lines,
            shop_q99=np.full(len(products), self.shop_quantity()[0]),
        )

    def category_amount(self, categories: Ints) -> tuple[Floats, Floats, Ints]:
        """Return median and MAD of ln(1 + amount) of each category, and its lines."""
        counts = self._category_amount.counts
        return *counts.log_spreads(categories), counts.lines(categories)

    def shop_amount(self) -> tuple[float, float, int]:
        """Return median and MAD of ln(1 + amount) of the shop, and its lines."""
        counts, shop = self._shop_amount.counts, np.array([SHOP])
        median, mad = counts.log_spreads(shop)
        return float(median[0]), float(mad[0]), int(counts.lines(shop)[0])

    def category_amounts(
        self, categories: Ints, shares: tuple[float, ...]
    ) -> tuple[Floats, Floats, Ints]:
        """Return two quantiles of each category's amounts, in the currency, and its lines."""
        counts = self._category_amount.counts
        low, high = (counts.quantiles(categories, share) / 100 for share in shares)
        return low, high, counts.lines(categories)

    def shop_amounts(self, shares: tuple[float, ...]) -> tuple[float, float, int]:
        """Return two quantiles of the shop's amounts, in the currency, and its lines."""
        counts, shop = self._shop_amount.counts, np.array([SHOP])
        low, high = (float(counts.quantiles(shop, share)[0]) / 100 for share in shares)
        return low, high, int(counts.lines(shop)[0])

    def large_amount(
        self, categories: Ints, shares: tuple[float, ...] = TAIL
    ) -> tuple[Floats, Floats]:
        """Return two quantiles to measure each line by; shares: TAIL or UPPER."""
        asked, back = np.unique(categories, return_inverse=True)
        low, high, lines = self.category_amounts(asked, shares)
        shop_low, shop_high, _ = self.shop_amounts(shares)
        low, high = large_amount(
            category=(low, high),
            category_lines=lines,
            shop=(np.full(len(asked), shop_low), np.full(len(asked), shop_high)),
        )
        return low[back], high[back]

    def upper_amount(self, categories: Ints) -> tuple[Floats, Floats]:
        """Return q80 and q90 to measure each line by."""
        return self.large_amount(categories, UPPER)

    def hours(self) -> tuple[Floats, Ints]:
        """Return the share of each hour of the day, and its lines."""
        end = self._day
        lines = self._totals["hour"].between(np.arange(HOURS), end - USUAL_DAYS, end)
        return hour_shares(lines), lines

    def refunded_share(self) -> tuple[float, int]:
        """Return the share of the shop's lines that were refunded by now, and its lines."""
        lines = int(self._shop_amount.counts.lines(np.array([SHOP]))[0])
        refunded = int(self._refunds_known().sum())
        return (refunded / lines if lines else np.nan), lines

    def _refunds_known(self) -> Flags:
        refunds, day = self._facts.refunds, self._day
        sold = (refunds.day >= day - USUAL_DAYS) & (refunds.day < day)
        known: Flags = sold & (refunds.refund_day < day)
        return known

    def refund_base(self, categories: Ints) -> tuple[Floats, Ints]:
        """Return the refunded share of each category, shrunk, and its lines."""
        of_known = self._facts.refunds.category[self._refunds_known()]
        asked, back = np.unique(categories, return_inverse=True)
        refunded = np.bincount(of_known, minlength=int(asked.max(initial=-1)) + 1)
        lines = self._category_amount.counts.lines(asked)
        base = refund_base(
            refunded=refunded[asked], lines=lines, shop_share=self.refunded_share()[0]
        )
        return base[back], lines[back]

    def usual_amount(self, categories: Ints) -> tuple[Floats, Floats]:
        """Return median and MAD to measure each line by."""
        asked, back = np.unique(categories, return_inverse=True)
        median, mad, lines = self.category_amount(asked)
        shop_median, shop_mad, _ = self.shop_amount()
        median, mad = usual_amount(
            category=(median, mad),
            category_lines=lines,
            shop=(np.full(len(asked), shop_median), np.full(len(asked), shop_mad)),
        )
        return median[back], mad[back]

    def market_rates(self) -> tuple[Floats, Ints]:
        """Return orders a customer and day of every market, and its orders."""
        column = self._day - self._first_day
        orders, customers = self._orders[:, column], self._customers[:, column]
        observed = np.clip(self._day - self._opened_day, 1, RATE_DAYS)
        return orders_a_day(orders, customers, np.full(len(orders), observed)), orders

    def risks(self) -> ShopRisks:
        """Return the values of each dimension with a fraud known by the start of the day."""
        frauds, day = self._facts.frauds, self._day
        known = (frauds.known_day < day) & (day <= frauds.until_day)
        end = day - LABEL_DELAY_DAYS
        begin = end - RISK_WINDOWS_DAYS[-1]
        in_window = known & (frauds.day >= begin) & (frauds.day < end)
        lines = int(self._totals["channel"].between(self._channels, begin, end).sum())
        rate = shop_fraud_rate(int(in_window.sum()), lines)

        def risk(dimension: str, values: Ints) -> Risk:
            counted = in_window & (values >= 0)
            return risks_of_day(
                day,
                fraud_days=frauds.day[counted],
                fraud_values=values[counted],
                totals=self._totals[dimension],
                shop_rate=rate,
            )

        return ShopRisks(
            product=risk("product", frauds.product),
            country=risk("country", frauds.country),
            channel=risk("channel", frauds.channel),
        )


class _Window:
    """Counts of the 90 days before a day that moves forward."""

    def __init__(self, rows: Counted) -> None:
        by = np.argsort(rows.day, kind="stable")
        self._day, self._lines = rows.day[by], rows.lines[by]
        self.counts = CountedValues(rows.key, rows.value)
        self._position = self.counts.positions(rows.key[by], rows.value[by])
        self._from = self._until = 0

    def move_to(self, day: int) -> None:
        first, until = np.searchsorted(self._day, [day - USUAL_DAYS, day])
        # What comes in and goes out again unseen is left out.
        new = slice(max(self._until, first), until)
        old = slice(self._from, min(first, self._until))
        self.counts.add(
            np.concatenate([self._position[new], self._position[old]]),
            np.concatenate([self._lines[new], -self._lines[old]]),
        )
        self._from, self._until = int(first), int(until)
