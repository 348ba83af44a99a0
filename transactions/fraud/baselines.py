"""What is usual in the shop, as of the start of a shop day: quantiles, order rates, fraud rates.

Days are whole numbers, `date.toordinal()` of the shop day. A baseline of day D is made from the
days before D only, so the live table, filled once a day, and a bulk run, which passes through
many days, agree.
"""

from dataclasses import dataclass

import numpy as np

from transactions.fraud.frame import Flags, Floats, Ints
from transactions.fraud.signals import HOURS, QUANTITY_PRIOR, UPPER_SHARES, shrunk

# Days of sales that say what is usual (judgement, 2026-11).
USUAL_DAYS = 90
RATE_DAYS = 28
# F10: a label is taken to be known this many days after the sale; windows end there.
LABEL_DELAY_DAYS = 7
RISK_WINDOWS_DAYS = (1, 7, 30)
RISK_PRIOR_LINES = 20.0
# The shop's own fraud rate leans on one line in a thousand until it has lines of its own.
SHOP_PRIOR_FRAUDS = 1.0
SHOP_PRIOR_LINES = 1000.0
# A category with fewer lines borrows the shop's amounts, and its large amounts.
LEAST_CATEGORY_LINES = 20
LEAST_TAIL_LINES = 200
UPPER, TAIL = UPPER_SHARES[:2], UPPER_SHARES[2:]
# F14: a category's refunded share leans on the shop's by so many lines.
REFUND_PRIOR_LINES = 20.0


class CountedValues:
    """Counts of values within keys, such as of each quantity of each product.

    The pairs are fixed at the start; counts come and go with the days, so a quantile as of any
    day costs one running sum over the pairs.
    """

    def __init__(self, keys: Ints, values: Ints) -> None:
        self._keys, self._values = _unique_pairs(keys, values)
        self._counts = np.zeros(len(self._keys), np.int64)
        self._sums = np.zeros(len(self._keys) + 1, np.int64)

    def positions(self, keys: Ints, values: Ints) -> Ints:
        """Return where pairs given to the constructor stand, for `add`."""
        return _positions(self._keys, self._values, keys, values)

    def add(self, positions: Ints, lines: Ints) -> None:
        """Count so many lines more (fewer, when negative) of each pair."""
        np.add.at(self._counts, positions, lines)
        self._sums = np.concatenate([[0], np.cumsum(self._counts)])

    def lines(self, keys: Ints) -> Ints:
        """Return the number of lines of each key."""
        first, last = self._span(keys)
        counted: Ints = self._sums[last] - self._sums[first]
        return counted

    def quantiles(self, keys: Ints, share: float) -> Floats:
        """Return the least value that `share` of each key's lines do not exceed; NaN for none."""
        if not len(self._values):
            return np.full(len(keys), np.nan)
        first, last = self._span(keys)
        before, lines = self._sums[first], self._sums[last] - self._sums[first]
        rank = np.maximum(np.ceil(share * lines).astype(np.int64), 1)
        position = np.searchsorted(self._sums[1:], before + rank, "left")
        found = self._values[np.minimum(position, len(self._values) - 1)]
        return np.where(lines > 0, found, np.nan)

    def log_spreads(self, keys: Ints) -> tuple[Floats, Floats]:
        """Return median and MAD of ln(1 + value/100) of each key; NaN for none.

        Both are the lower median: the least value that half of the lines do not exceed.
        """
        medians = np.log1p(self.quantiles(keys, 0.5) / 100)
        mads = np.full(len(keys), np.nan)
        for i, (first, last) in enumerate(zip(*self._span(keys), strict=True)):
            counts = self._counts[first:last]
            lines = int(counts.sum())
            if lines:
                away = np.abs(np.log1p(self._values[first:last] / 100) - medians[i])
                by = np.argsort(away, kind="stable")
                half = np.searchsorted(np.cumsum(counts[by]), -(-lines // 2), "left")
                mads[i] = away[by[half]]
        return medians, mads

    def _span(self, keys: Ints) -> tuple[Ints, Ints]:
        first = np.searchsorted(self._keys, keys, "left")
        last = np.searchsorted(self._keys, keys, "right")
        return first.astype(np.int64), last.astype(np.int64)


def _unique_pairs(keys: Ints, values: Ints) -> tuple[Ints, Ints]:
    by = np.lexsort((values, keys))
    keys, values = keys[by], values[by]
    new = np.ones(len(keys), np.bool_)
    new[1:] = (keys[1:] != keys[:-1]) | (values[1:] != values[:-1])
    return keys[new], values[new]


def _positions(sorted_keys: Ints, sorted_values: Ints, keys: Ints, values: Ints) -> Ints:
    """Find pairs in sorted pairs by merging both, since a pair does not fit into one number."""
    all_keys = np.concatenate([sorted_keys, keys])
    all_values = np.concatenate([sorted_values, values])
    known = np.concatenate([np.ones(len(sorted_keys), np.int64), np.zeros(len(keys), np.int64)])
    # The known pair first among equals.
    by = np.lexsort((1 - known, all_values, all_keys))
    place = np.empty(len(by), np.int64)
    place[by] = np.cumsum(known[by]) - 1
    return place[len(sorted_keys) :]


def quantity_q99(
    *, product_q99: Floats, product_lines: Ints, category_q99: Floats, category_lines: Ints,
    shop_q99: Floats,
) -> Floats:  # fmt: skip
    """Return the q99 to measure a quantity by, F11: the product's, shrunk to category and shop.

    (n·q + 20·prior)/(n + 20) at each step; NaN where the shop has no sale yet.
    """
    category = shrunk(category_q99, category_lines, shop_q99, QUANTITY_PRIOR)
    return shrunk(product_q99, product_lines, category, QUANTITY_PRIOR)


def usual_amount(
    *, category: tuple[Floats, Floats], category_lines: Ints, shop: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return median and MAD of ln(1 + amount): the category's, or the shop's below 20 lines."""
    enough = category_lines >= LEAST_CATEGORY_LINES
    median = np.where(enough, category[0], shop[0])
    mad = np.where(enough, category[1], shop[1])
    return median, mad


def large_amount(
    *, category: tuple[Floats, Floats], category_lines: Ints, shop: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return two quantiles of amounts, F2 and F5: the category's, or the shop's below 200 lines."""
    enough = category_lines >= LEAST_TAIL_LINES
    return np.where(enough, category[0], shop[0]), np.where(enough, category[1], shop[1])


def hour_shares(lines: Ints) -> Floats:
    """Return the share of each of 24 hours, (N_h + 1)/(N + 24); NaN without a line, F6."""
    whole = lines.sum()
    return (lines + 1) / (whole + HOURS) if whole else np.full(HOURS, np.nan)


def refund_base(*, refunded: Ints, lines: Ints, shop_share: float) -> Floats:
    """Return each category's refunded share, shrunk to the shop's with weight 20, F14.

    shop_share: NaN without a sale, then all are unknown.
    """
    own = refunded / np.maximum(lines, 1)
    return shrunk(own, lines, np.full(len(lines), shop_share), REFUND_PRIOR_LINES) + 0 * shop_share


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyTotals:
    """Lines a day of each key, for sums over ranges of days."""

    keys: Ints
    days: Ints
    sums: Ints

    @classmethod
    def of(cls, keys: Ints, days: Ints, lines: Ints) -> "DailyTotals":
        """Build from rows in any order, several of one key and day adding up."""
        by = np.lexsort((days, keys))
        return cls(keys=keys[by], days=days[by], sums=np.concatenate([[0], np.cumsum(lines[by])]))

    def between(self, keys: Ints, first_day: int, end_day: int) -> Ints:
        """Return each key's lines of the days first_day ≤ day < end_day."""
        total = np.zeros(len(keys), np.int64)
        for i, key in enumerate(keys):
            start = int(np.searchsorted(self.keys, key, "left"))
            stop = int(np.searchsorted(self.keys, key, "right"))
            first, end = start + np.searchsorted(self.days[start:stop], [first_day, end_day])
            total[i] = self.sums[end] - self.sums[first]
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Fraud rates of one dimension's values, as of one day; only values with a known fraud.

    ratio: smoothed rate over the shop's, the largest over the windows. window_days, frauds and
    lines: what that window held.
    """

    values: Ints
    ratio: Floats
    window_days: Ints
    frauds: Ints
    lines: Ints


def shop_fraud_rate(frauds: int, lines: int) -> float:
    """Return p0 of F10: (frauds + 1)/(lines + 1000) over the longest window."""
    return (frauds + SHOP_PRIOR_FRAUDS) / (lines + SHOP_PRIOR_LINES)


def risks_of_day(
    day: int, *, fraud_days: Ints, fraud_values: Ints, totals: DailyTotals, shop_rate: float
) -> Risk:
    """Return the risk of each value of a dimension as of the start of `day`, F10.

    fraud_days, fraud_values: the lines known to be fraud by then. In windows of n days that end
    7 days before: rate = (f + 20·p0)/(N + 20), ratio = rate/p0.
    """
    end = day - LABEL_DELAY_DAYS
    inside = (fraud_days < end) & (fraud_days >= end - RISK_WINDOWS_DAYS[-1])
    days, (values, code) = fraud_days[inside], np.unique(fraud_values[inside], return_inverse=True)
    shape = (len(RISK_WINDOWS_DAYS), len(values))
    frauds, lines = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, window in enumerate(RISK_WINDOWS_DAYS):
        frauds[row] = np.bincount(code[days >= end - window], minlength=len(values))
        lines[row] = totals.between(values, end - window, end)
    ratios = (frauds + RISK_PRIOR_LINES * shop_rate) / (lines + RISK_PRIOR_LINES) / shop_rate
    worst = (ratios.argmax(axis=0), np.arange(len(values)))
    return Risk(
        values=values,
        ratio=ratios[worst],
        window_days=np.array(RISK_WINDOWS_DAYS)[worst[0]],
        frauds=frauds[worst],
        lines=lines[worst],
    )


def distinct_in_days(
    *, groups: Ints, items: Ints, days: Ints, group_count: int, first_day: int, last_day: int
) -> Ints:
    """Count distinct items of each group in the 28 days before each day; shape (groups, days).

    For first_day ≤ D ≤ last_day the window is D − 28 ≤ day < D. An item seen again within it
    counts once: it counts from the day after it was seen until it is seen again or too old.
    """
    width = last_day - first_day + 1
    steps = np.zeros((group_count, width + 1), np.int64)
    by = np.lexsort((days, items, groups))
    group, item, day = groups[by], items[by], days[by]
    following = np.full(len(by), np.iinfo(np.int64).max)
    same: Flags = (group[1:] == group[:-1]) & (item[1:] == item[:-1])
    following[:-1][same] = day[1:][same]
    begin = np.clip(day + 1 - first_day, 0, width)
    end = np.clip(np.minimum(day + RATE_DAYS, following) + 1 - first_day, 0, width)
    np.add.at(steps, (group, begin), 1)
    np.add.at(steps, (group, end), -1)
    return np.cumsum(steps, axis=1)[:, :width]


def orders_a_day(orders: Ints, customers: Ints, days: Ints) -> Floats:
    """Return orders a customer and day, F3's prior; NaN where nobody bought. days: observed."""
    return np.where(
        customers > 0, orders / (np.maximum(customers, 1) * np.maximum(days, 1)), np.nan
    )
