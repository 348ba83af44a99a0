"""What each policy orders on an evening, from what was known then."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray
from inventory.choices import PolicyKind
from inventory.forecasting.engine import WINDOW_DAYS
from inventory.reorder.distributions import ROUNDING
from inventory.reorder.policy import PlanningInputs, order_quantities, plan
from inventory.reorder.service import SERVICE_BY_CLASS
from inventory.replay.as_of import AsOf, week_of
from inventory.replay.minimums import SupplierMinimums
from inventory.replay.specs import PolicySpec
from inventory.replay.world import World

# The window of the textbook's mean and sd; and what a static threshold must have seen.
TEXTBOOK_DAYS = 28


@dataclass(frozen=True, slots=True)
class Levels:
    """What holds for a week, (products,) each.

    reorder_point, order_up_to: s and S, whole units. daily_mean, daily_sd: demand as the policy
    takes it, units a day; by it orders are topped up.
    """

    reorder_point: FloatArray
    order_up_to: FloatArray
    daily_mean: FloatArray
    daily_sd: FloatArray


# Levels for a week by its number, from what was known then.
LevelRule = Callable[[AsOf, int], Levels]


class Policy:
    """Orders up to S where the position is at s or below, on the days it may order.

    Levels are renewed as knowledge is, weekly. Minimum, pack and cap of each product bind, and
    the minimum order of its supplier.
    """

    def __init__(self, world: World, as_of: AsOf, spec: PolicySpec) -> None:
        self._world, self._as_of = world, as_of
        self._review_days = spec.review_days
        review = world.terms.review_days
        if spec.review_days is not None:
            review = np.full_like(review, float(spec.review_days))
        self._rule = _RULES[spec.kind](world, spec, review)
        holding_rate = world.terms.holding_rate if spec.holding_rate is None else spec.holding_rate
        self._holding_rate = float(np.mean(holding_rate)) if world.products else 0.0
        self._minimums: SupplierMinimums | None = None
        self._week = -1
        self._levels = Levels(*(np.zeros(world.products) for _ in range(4)))

    def orders(self, day: int, *, on_hand: FloatArray, position: FloatArray) -> FloatArray:
        """Return what to order on the evening of a day, (draws, products) whole units.

        on_hand: (draws, products) units. position: on hand and on order, less what customers
        wait for.
        """
        levels, terms = self._levels_of(week_of(day)), self._world.terms
        may_order = self._may_order(day)
        is_low = (position <= levels.reorder_point) & may_order
        need = np.where(is_low, np.maximum(0.0, levels.order_up_to - position), 0.0)
        quantity, _ = order_quantities(
            need,
            minimum=np.broadcast_to(terms.minimum, need.shape),
            pack=np.broadcast_to(terms.pack, need.shape),
            cap=np.broadcast_to(terms.cap, need.shape),
            position=position,
        )
        if self._minimums is None:
            self._minimums = SupplierMinimums(
                terms, draws=len(position), holding_rate=self._holding_rate
            )
        return self._minimums.held_to(
            quantity,
            day,
            on_hand=on_hand,
            position=position,
            may_order=may_order,
            daily_mean=levels.daily_mean,
            daily_sd=levels.daily_sd,
            lead_time_days=self._as_of.week(week_of(day)).lead_time_days,
        )

    def _may_order(self, day: int) -> BoolArray:
        if self._review_days is None:
            taken: BoolArray = self._world.reviews[day]
            return taken
        return np.full(self._world.products, (day + 1) % self._review_days == 0)

    def _levels_of(self, week: int) -> Levels:
        if week != self._week:
            self._week, self._levels = week, self._rule(self._as_of, week)
        return self._levels


def _planned(world: World, spec: PolicySpec, review: FloatArray) -> LevelRule:
    """Return the planner's (R, s, S), with the policy's own service and costs where it has any."""
    terms = world.terms
    service_mode = terms.service_mode
    if spec.service_mode is not None:
        service_mode = np.full(world.products, spec.service_mode.value)
    class_levels = SERVICE_BY_CLASS | dict(spec.service_by_class)
    none = np.zeros(world.products)
    order_cost = terms.order_cost
    if spec.order_cost is not None:
        order_cost = np.full_like(order_cost, spec.order_cost)
    holding_rate = terms.holding_rate
    if spec.holding_rate is not None:
        holding_rate = np.full_like(holding_rate, spec.holding_rate)

    def levels(as_of: AsOf, week: int) -> Levels:
        known, forecast = as_of.week(week), as_of.forecasts(week)
        planned = plan(
            PlanningInputs(
                daily_mean=forecast.daily_mean,
                daily_sd=forecast.daily_sd,
                demand_class=forecast.demand_class,
                window=known.demand.newest(WINDOW_DAYS),
                interval=known.interval(review),
                abc=known.abc,
                xyz=forecast.xyz,
                service_mode=service_mode,
                unit_cost=terms.unit_cost,
                price=terms.price,
                holding_rate=holding_rate,
                order_cost=order_cost,
                stock=none,
                on_order=none,
                minimum=terms.minimum,
                pack=terms.pack,
                cap=terms.cap,
            ),
            class_levels=class_levels,
        )
        return Levels(
            planned.reorder_point, planned.order_up_to, forecast.daily_mean, forecast.daily_sd
        )

    return levels


def _textbook(_world: World, spec: PolicySpec, review: FloatArray) -> LevelRule:
    """Return: at each chance, up to μ·P + z·σ·√P, with mean and sd of the newest 28 days."""
    # Not with the module: every process imports it, few replay, and SciPy takes its time.
    from scipy.special import ndtri

    z = float(ndtri(spec.service or 0.5))

    def levels(as_of: AsOf, week: int) -> Levels:
        known = as_of.week(week)
        window = known.demand.newest(TEXTBOOK_DAYS)
        days = known.interval(review).days
        daily, daily_sd = window.mean(axis=0), window.std(axis=0, ddof=1)
        spread = z * daily_sd * np.sqrt(days)
        level = _whole(daily * days + np.maximum(0.0, spread))
        return Levels(np.maximum(0.0, level - 1), level, daily, daily_sd)

    return levels


def _min_max(world: World, spec: PolicySpec, _review: FloatArray) -> LevelRule:
    """Return thresholds that stay: so many days of the mean demand before the replay.

    A product with less than 28 days of history then gets its own once it has them.
    """
    mean = np.full(world.products, np.nan)

    def levels(as_of: AsOf, week: int) -> Levels:
        known = as_of.week(week)
        days = known.demand.available_days
        new = np.isnan(mean) & (days >= TEXTBOOK_DAYS)
        mean[new] = known.demand.units.sum(axis=0)[new] / days[new]
        daily = np.nan_to_num(mean)
        low, high = (
            _whole(daily * (cover or 0.0)) for cover in (spec.minimum_days, spec.maximum_days)
        )
        spread = known.demand.newest(TEXTBOOK_DAYS).std(axis=0, ddof=1)
        return Levels(low, high, daily, spread)

    return levels


def _whole(units: FloatArray) -> FloatArray:
    return np.ceil(units - ROUNDING)


_RULES: dict[PolicyKind, Callable[[World, PolicySpec, FloatArray], LevelRule]] = {
    PolicyKind.TODAY: _planned,
    PolicyKind.OWN: _planned,
    PolicyKind.TEXTBOOK: _textbook,
    PolicyKind.MIN_MAX: _min_max,
}
