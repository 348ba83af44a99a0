"""What a replayed policy came to, and how it differs from what the shop did."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from inventory.arrays import FloatArray
from inventory.reorder.service import DAYS_PER_YEAR
from inventory.replay.simulation import Day
from inventory.replay.world import World

# Days of a block stay together, so that what hangs together in time is resampled together.
BLOCK_DAYS = 28
REPLICATES = 2000
TAIL = 0.05
_BOOTSTRAP = 3

# Columns of Course.daily.
_STOCKOUTS, _WANTED, _SOLD, _LOST, _LOST_MARGIN, _STOCK, _MORNING, _ORDERS, _HOLDING, _ORDERING = (
    range(10)
)


@dataclass(frozen=True, slots=True)
class Course:
    """How a policy went.

    daily: (draws, days, 10) sums over products: product-days out of stock, units wanted, sold
    and lost, lost margin, stock at cost in the evening and after the morning's receipts, order
    lines, holding and ordering cost. products: (products, 5) means over draws: days out of
    stock, units wanted, sold, lost margin, mean stock at cost.
    """

    daily: FloatArray
    products: FloatArray

    def as_json(self) -> dict[str, Any]:
        """Return it as plain lists."""
        return {"daily": self.daily.tolist(), "products": self.products.tolist()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Course":
        """Return what as_json wrote."""
        return cls(np.array(stored["daily"]), np.array(stored["products"]))


def course_of(
    days: Iterable[Day],
    world: World,
    *,
    draws: int,
    each_day: Callable[[int], None] = lambda _done: None,
) -> Course:
    """Sum up a replay; each_day is called with the number of days done."""
    terms = world.terms
    cost, margin = terms.unit_cost, terms.margin
    per_day = terms.holding_rate * cost / DAYS_PER_YEAR
    daily = np.zeros((draws, world.days, 10))
    products = np.zeros((world.products, 5))
    for day in days:
        out = (day.on_hand <= 0) & day.on_shelf
        daily[:, day.number] = np.column_stack(
            [
                out.sum(axis=1),
                day.wanted.sum(axis=1),
                day.sold.sum(axis=1),
                day.lost.sum(axis=1),
                day.lost @ margin,
                day.on_hand @ cost,
                day.morning @ cost,
                day.ordered.sum(axis=1),
                day.on_hand @ per_day,
                day.ordered @ terms.order_cost,
            ]
        )
        products += np.column_stack(
            [
                out.mean(axis=0),
                day.wanted.mean(axis=0),
                day.sold.mean(axis=0),
                day.lost.mean(axis=0) * margin,
                day.on_hand.mean(axis=0) * cost / world.days,
            ]
        )
        each_day(day.number + 1)
    return Course(daily, products)


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of a replay. better: whether more or less of it is."""

    key: str
    label: str
    kind: str
    better: str


METRICS = (
    Metric("stockout_days", "Days out of stock", "count", "less"),
    Metric("fill_rate", "Fill rate", "rate", "more"),
    Metric("lost_units", "Units lost", "count", "less"),
    Metric("lost_margin", "Margin lost", "money", "less"),
    Metric("stock_value", "Average stock", "money", "less"),
    Metric("orders", "Order lines", "count", "less"),
    Metric("peak_cash", "Peak cash in stock", "money", "less"),
    Metric("holding_cost", "Holding cost", "money", "less"),
    Metric("order_cost", "Ordering cost", "money", "less"),
    Metric("total_cost", "Cost in all", "money", "less"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A policy's figure less the shop's, with its 90 % interval; None for too few days."""

    value: float
    low: float | None
    high: float | None


def figures(course: Course) -> dict[str, float]:
    """Return each metric of a replay, the mean over its draws."""
    each = [_figures(draw[None]) for draw in course.daily]
    return {metric.key: float(np.mean([one[metric.key][0] for one in each])) for metric in METRICS}


def differences(course: Course, actual: Course, *, seed: int) -> dict[str, Difference]:
    """Return how a policy differs from what the shop did, with paired 90 % intervals.

    Both are resampled alike: a draw, and blocks of 28 successive days (circular, so that each
    day has the same chance) until the period is full; 2,000 times, 5th to 95th percentile.
    Source: Politis and Romano (1992), a circular block-resampling procedure. Fewer than two
    whole blocks of days have no interval.
    """
    own, theirs = figures(course), figures(actual)
    value = {metric.key: own[metric.key] - theirs[metric.key] for metric in METRICS}
    days = course.daily.shape[1]
    if days < 2 * BLOCK_DAYS:
        return {key: Difference(one, None, None) for key, one in value.items()}
    chance = np.random.default_rng([seed, _BOOTSTRAP])
    draws = chance.integers(course.daily.shape[0], size=REPLICATES)
    starts = chance.integers(days, size=(REPLICATES, -(-days // BLOCK_DAYS)))
    resampled = [_resampled(one, draws, starts) for one in (course, actual)]
    result = {}
    for metric in METRICS:
        spread = resampled[0][metric.key] - resampled[1][metric.key]
        low, high = np.quantile(spread, [TAIL, 1 - TAIL])
        result[metric.key] = Difference(value[metric.key], float(low), float(high))
    return result


def _figures(daily: FloatArray, *, scale: float = 1.0) -> dict[str, FloatArray]:
    """Return each metric of daily sums (rows, days, 10): one number a row."""
    return _of_sums(daily.sum(axis=1), daily[..., _MORNING].max(axis=1), daily.shape[1], scale)


def _of_sums(
    sums: FloatArray, peak: FloatArray, days: int, scale: float = 1.0
) -> dict[str, FloatArray]:
    wanted = sums[:, _WANTED]
    fill = np.ones_like(wanted)
    np.divide(sums[:, _SOLD], wanted, out=fill, where=wanted > 0)
    holding, ordering = sums[:, _HOLDING] * scale, sums[:, _ORDERING] * scale
    lost_margin = sums[:, _LOST_MARGIN] * scale
    return {
        "stockout_days": sums[:, _STOCKOUTS] * scale,
        "fill_rate": fill,
        "lost_units": sums[:, _LOST] * scale,
        "lost_margin": lost_margin,
        "stock_value": sums[:, _STOCK] / days,
        "orders": sums[:, _ORDERS] * scale,
        "peak_cash": peak,
        "holding_cost": holding,
        "order_cost": ordering,
        "total_cost": holding + ordering + lost_margin,
    }


def _resampled(course: Course, draws: Any, starts: Any) -> dict[str, FloatArray]:
    days = course.daily.shape[1]
    around = np.concatenate([course.daily, course.daily[:, : BLOCK_DAYS - 1]], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(around, BLOCK_DAYS, axis=1)
    block_sums, block_peaks = windows.sum(axis=-1), windows[:, :, _MORNING].max(axis=-1)
    sums = block_sums[draws[:, None], starts].sum(axis=1)
    peaks = block_peaks[draws[:, None], starts].max(axis=1)
    taken = starts.shape[1] * BLOCK_DAYS
    return _of_sums(sums, peaks, taken, scale=days / taken)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Stock at cost (mean over days and draws) and fill rate of each week, oldest first.

    The last one may be shorter. fill_rate: None in a week without demand.
    """

    stock_value: tuple[float, ...]
    fill_rate: tuple[float | None, ...]


def weekly(course: Course) -> Weekly:
    """Return a replay by weeks from its first day on."""
    mean = course.daily.mean(axis=0)
    firsts = np.arange(0, mean.shape[0], 7)
    sums = np.add.reduceat(mean, firsts, axis=0)
    lengths = np.diff([*firsts, mean.shape[0]])
    return Weekly(
        tuple((sums[:, _STOCK] / lengths).tolist()),
        tuple(
            None if wanted <= 0 else float(sold / wanted)
            for sold, wanted in sums[:, [_SOLD, _WANTED]]
        ),
    )
