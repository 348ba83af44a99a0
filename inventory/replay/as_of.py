"""What was known on the evening of each week's last day: demand, lead times, forecasts."""

from dataclasses import dataclass, replace

import numpy as np

from inventory.arrays import FloatArray, IntArray, StrArray
from inventory.choices import XyzClass
from inventory.forecasting.demand import Demand
from inventory.forecasting.engine import HISTORY_DAYS, predict
from inventory.reorder.classes import xyz_classes
from inventory.reorder.lead_times import Deliveries, Interval, learned_lead_times
from inventory.replay.world import ABC_BLOCK_DAYS, ReceiptLog, World

# Forecasts, lead times and classes are renewed once a week. Domain 7: at most weekly.
REFIT_DAYS = 7
# Receipts older than this teach nothing, as in the planner.
RECEIPTS_DAYS = 365
# Receipts from which lead times are drawn as they were; with fewer, a wider circle is asked.
FEWEST_RECEIPTS = 5
# Lead times are drawn from so many equally likely ones.
LEAD_TIME_STEPS = 40


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What every policy may go by, (products,) each; demand: a year up to that evening.

    lead_time_days, lead_time_sd_days: learned, days.
    """

    demand: Demand
    abc: StrArray
    lead_time_days: FloatArray
    lead_time_sd_days: FloatArray

    def interval(self, review_days: FloatArray) -> Interval:
        """Return the protection interval with so many days between two chances to order."""
        return Interval(self.lead_time_days, self.lead_time_sd_days, review_days)


@dataclass(frozen=True, slots=True)
class Foreknowledge:
    """What the shop's own forecasts said, (products,) each; daily_mean, daily_sd: units."""

    daily_mean: FloatArray
    daily_sd: FloatArray
    demand_class: StrArray
    xyz: StrArray


def week_of(day: int) -> int:
    """Return the number of the knowledge that holds on the evening of a day, 0 or more.

    Number k was gathered on the evening of day 7·k − 1, number 0 on the eve of the replay.
    """
    return (day + 1) // REFIT_DAYS


class AsOf:
    """Knowledge of a world week by week, each made once, in order, when first asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._weeks: list[Knowledge] = []
        # Forecasts go on from one another, so that they are made in order, when first asked for.
        self._forecasts: list[Foreknowledge] = []
        self._led = np.full(world.products, "")
        self._xyz = np.full(world.products, XyzClass.Z.value)
        self._lead_times: dict[int, IntArray] = {}

    def week(self, number: int) -> Knowledge:
        """Return what was known in week `number`, see week_of."""
        while len(self._weeks) <= number:
            self._weeks.append(self._gathered(len(self._weeks)))
        return self._weeks[number]

    def forecasts(self, number: int) -> Foreknowledge:
        """Return what the engine forecast in week `number`."""
        while len(self._forecasts) <= number:
            self._forecasts.append(self._forecast(self.week(len(self._forecasts))))
        return self._forecasts[number]

    def lead_times(self, number: int) -> IntArray:
        """Return equally likely lead times of an order in that week, (products, steps), days.

        As they were, 1 day or more: the product's receipts before it, its supplier's where
        those are fewer than five, else a gamma with the learned mean and sd.
        """
        if number not in self._lead_times:
            self._lead_times[number] = self._drawable(number)
        return self._lead_times[number]

    def _gathered(self, number: int) -> Knowledge:
        world, evening = self._world, REFIT_DAYS * number - 1
        demand = _newest(world.demand.until(world.days - 1 - evening), HISTORY_DAYS)
        mean, sd = self._learned(evening)
        return Knowledge(
            demand=demand,
            abc=world.abc[(evening + 1) // ABC_BLOCK_DAYS],
            lead_time_days=mean,
            lead_time_sd_days=sd,
        )

    def _forecast(self, known: Knowledge) -> Foreknowledge:
        terms = self._world.terms
        predicted = predict(
            known.demand,
            known.interval(terms.review_days),
            categories=terms.categories,
            led=self._led,
        )
        self._led, self._xyz = predicted.model, xyz_classes(predicted.wape, self._xyz)
        return Foreknowledge(
            daily_mean=predicted.daily_mean,
            daily_sd=predicted.daily_sd,
            demand_class=predicted.demand_class,
            xyz=self._xyz,
        )

    def _learned(self, evening: int) -> tuple[FloatArray, FloatArray]:
        log, terms = self._world.receipt_log, self._world.terms
        seen = log.of((log.known_on <= evening) & (log.received_on > evening - RECEIPTS_DAYS))
        return learned_lead_times(
            Deliveries(
                seen.supplier_ids,
                seen.product_ids,
                np.ones(len(seen.lead_days)),
                seen.lead_days,
                seen.lead_days**2,
            ),
            product_ids=terms.product_ids,
            supplier_ids=terms.supplier_ids,
            own_promise=terms.own_promise,
            promise=terms.promise,
            promise_sd=terms.promise_sd,
        )

    def _drawable(self, number: int) -> IntArray:
        terms, known = self._world.terms, self.week(number)
        log = self._world.receipt_log
        past: ReceiptLog = log.of(log.received_on < REFIT_DAYS * number)
        days = _gamma_steps(known.lead_time_days, known.lead_time_sd_days)
        for keys, seen_keys in (
            (terms.supplier_ids, past.supplier_ids),
            (terms.product_ids, past.product_ids),
        ):
            steps, counts = _observed_steps(keys, seen_keys, past.lead_days)
            enough = counts >= FEWEST_RECEIPTS
            days[enough] = steps[enough]
        return np.maximum(1, np.rint(days)).astype(np.int64)


def _newest(demand: Demand, days: int) -> Demand:
    first = max(0, demand.days - days)
    imputed = None if demand.imputed is None else demand.imputed[first:]
    return replace(demand, units=demand.units[first:], imputed=imputed)


def _gamma_steps(mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Return equally likely lengths in rising order, (products, steps), days."""
    cumulated = np.cumsum(Interval(mean, sd, np.zeros_like(mean)).lengths().weights, axis=1)
    levels = (np.arange(LEAD_TIME_STEPS) + 0.5) / LEAD_TIME_STEPS
    steps = [(cumulated < level - 1e-12).sum(axis=1) for level in levels]
    return np.column_stack(steps).astype(np.float64)


def _observed_steps(
    keys: IntArray, seen_keys: IntArray, lead_days: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Return the lead times seen for each key, spread over the steps, and how many were seen."""
    steps = np.zeros((len(keys), LEAD_TIME_STEPS))
    if not len(seen_keys):
        return steps, np.zeros(len(keys), dtype=np.int64)
    order = np.lexsort((lead_days, seen_keys))
    sorted_keys, sorted_days = seen_keys[order], lead_days[order]
    first = np.searchsorted(sorted_keys, keys, side="left")
    counts = np.searchsorted(sorted_keys, keys, side="right") - first
    levels = (np.arange(LEAD_TIME_STEPS) + 0.5) / LEAD_TIME_STEPS
    rows = first[:, None] + np.floor(levels * counts[:, None]).astype(np.int64)
    steps = sorted_days[np.minimum(rows, len(sorted_days) - 1)]
    return steps, counts
