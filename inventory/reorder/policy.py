"""The policy (R, s, S) with lots, minimum, pack and cap, for arrays of products.

Source of the policy: Silver, Pyke and Thomas, Inventory and Production Management in Supply
Chains. Lot size: Harris' economic order quantity, as in Snyder and Shen, Fundamentals of Supply
Chain Theory.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray, StrArray
from inventory.reorder.distributions import ROUNDING
from inventory.reorder.interval_demand import interval_figures
from inventory.reorder.lead_times import Interval
from inventory.reorder.service import (
    DAYS_PER_YEAR,
    SERVICE_BY_CLASS,
    ServiceTargets,
    fill_rate,
    holding_cost_per_cycle,
    service_by_class,
    service_targets,
)

# A lot covers no more than this. Domain 3.5.
LONGEST_LOT_DAYS = 180


@dataclass(frozen=True, slots=True)
class PlanningInputs:
    """What an order of each product depends on, (products,) each unless said otherwise.

    daily_mean, daily_sd: units a day. demand_class, abc, xyz: stored codes. window: (days,
    products) newest daily units, oldest first. service_mode: ServiceMode values. unit_cost,
    price, order_cost: money, of one unit and of one order line. holding_rate: yearly share of
    unit cost. stock, on_order, minimum, pack: whole units; cap: units, infinite where there is
    none.
    """

    daily_mean: FloatArray
    daily_sd: FloatArray
    demand_class: StrArray
    window: FloatArray
    interval: Interval
    abc: StrArray
    xyz: StrArray
    service_mode: StrArray
    unit_cost: FloatArray
    price: FloatArray
    holding_rate: FloatArray
    order_cost: FloatArray
    stock: FloatArray
    on_order: FloatArray
    minimum: FloatArray
    pack: FloatArray
    cap: FloatArray

    @property
    def position(self) -> FloatArray:
        """Inventory position: stock and everything inbound, whatever its date."""
        return self.stock + self.on_order

    @property
    def margin(self) -> FloatArray:
        """Money that one unit earns, 0 or more."""
        return np.maximum(0.0, self.price - self.unit_cost)

    @property
    def holding_cost(self) -> FloatArray:
        """Money to hold one unit over a review cycle."""
        return holding_cost_per_cycle(
            self.unit_cost, holding_rate=self.holding_rate, review_days=self.interval.review_days
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What the policy says of each product, (products,) each; units unless said otherwise.

    family, interval_mean, interval_variance: demand over P. service: α. cost_service: the α
    that costs alone would ask for. by_cost: whether they decided. fill_rate: β. lot: Q.
    order_up_to: S. need: S − position where position <= s. quantity: to order before any
    topping up; blocked: the cap leaves no room for the minimum. p_stockout: before goods
    ordered today come. expected_lost_margin: money until then. lost_revenue_per_day: money.
    """

    family: StrArray
    interval_mean: FloatArray
    interval_variance: FloatArray
    service: FloatArray
    cost_service: FloatArray
    by_cost: BoolArray
    reorder_point: FloatArray
    safety_stock: FloatArray
    fill_rate: FloatArray
    economic_quantity: FloatArray
    lot: FloatArray
    order_up_to: FloatArray
    need: FloatArray
    quantity: FloatArray
    blocked: BoolArray
    p_stockout: FloatArray
    expected_lost_margin: FloatArray
    lost_revenue_per_day: FloatArray


def plan(inputs: PlanningInputs, *, class_levels: Mapping[str, float] = SERVICE_BY_CLASS) -> Plan:
    """Return reorder point, order-up-to level and order of each product, steps 1 to 5.

    class_levels: α by ABC and XYZ, for products whose class decides.
    """
    targets = service_of(inputs, class_levels=class_levels)
    figures = interval_figures(
        daily_mean=inputs.daily_mean,
        daily_sd=inputs.daily_sd,
        demand_class=inputs.demand_class,
        window=inputs.window,
        interval=inputs.interval,
        service=targets.service,
        stock=inputs.stock,
    )
    economic, lot = lot_sizes(inputs)
    order_up_to = figures.reorder_point + np.ceil(lot - ROUNDING)
    needed = inputs.position <= figures.reorder_point
    need = np.where(needed, np.maximum(0.0, order_up_to - inputs.position), 0.0)
    quantity, blocked = order_quantities(
        need,
        minimum=inputs.minimum,
        pack=inputs.pack,
        cap=inputs.cap,
        position=inputs.position,
    )
    return Plan(
        family=figures.family,
        interval_mean=figures.mean,
        interval_variance=figures.variance,
        service=targets.service,
        cost_service=targets.cost_service,
        by_cost=targets.by_cost,
        reorder_point=figures.reorder_point,
        safety_stock=figures.reorder_point - figures.mean,
        fill_rate=fill_rate(figures.short_at_reorder_point, lot),
        economic_quantity=economic,
        lot=lot,
        order_up_to=order_up_to,
        need=need,
        quantity=quantity,
        blocked=blocked,
        p_stockout=figures.p_stockout,
        expected_lost_margin=figures.short_before_receipt * inputs.margin,
        lost_revenue_per_day=inputs.daily_mean * inputs.price * figures.p_stockout,
    )


def service_of(
    inputs: PlanningInputs, *, class_levels: Mapping[str, float] = SERVICE_BY_CLASS
) -> ServiceTargets:
    """Return how sure to be not to run out of each product: step 2 without the demand.

    class_levels: as plan has them.
    """
    return service_targets(
        inputs.service_mode,
        of_class=service_by_class(inputs.abc, inputs.xyz, class_levels),
        margin=inputs.margin,
        unit_cost=inputs.unit_cost,
        holding_cost=inputs.holding_cost,
    )


def economic_order_quantity(
    yearly_units: FloatArray, *, order_cost: FloatArray, holding_cost: FloatArray
) -> FloatArray:
    """Return EOQ = √(2·K·D/h) in units; infinite where holding costs nothing.

    yearly_units: D, 0 or more. order_cost: K of one order line. holding_cost: h of one unit and
    year.
    """
    ratio = np.full(np.shape(yearly_units), np.inf)
    np.divide(2 * order_cost * yearly_units, holding_cost, out=ratio, where=holding_cost > 0)
    quantity: FloatArray = np.sqrt(ratio)
    return quantity


def lot_sizes(inputs: PlanningInputs) -> tuple[FloatArray, FloatArray]:
    """Return EOQ and the lot Q = max(EOQ, μ_d·R), at most 180 days of demand, in units."""
    longest = LONGEST_LOT_DAYS * inputs.daily_mean
    economic = economic_order_quantity(
        DAYS_PER_YEAR * inputs.daily_mean,
        order_cost=inputs.order_cost,
        holding_cost=inputs.holding_rate * inputs.unit_cost,
    )
    # Where holding is free the 180 days are the whole answer.
    economic = np.where(np.isinf(economic), longest, economic)
    per_review = inputs.daily_mean * inputs.interval.review_days
    return economic, np.minimum(np.maximum(economic, per_review), longest)


def order_quantities(
    need: FloatArray,
    *,
    minimum: FloatArray,
    pack: FloatArray,
    cap: FloatArray,
    position: FloatArray,
) -> tuple[FloatArray, BoolArray]:
    """Return what to order of each product and whether its cap blocks it; whole units.

    q = max(need, MOQ), up to whole packs; where position + q passes the cap, down to the packs
    that still fit, and none if those are fewer than the MOQ. No need, no order.
    """
    wanted = np.ceil(np.maximum(need, minimum) / pack - ROUNDING) * pack
    fitting = np.floor((cap - position) / pack + ROUNDING)
    room = np.where(np.isinf(cap), wanted, np.maximum(0.0, fitting) * pack)
    quantity = np.minimum(wanted, room)
    needed = need > 0
    blocked = needed & (quantity < np.maximum(minimum, 1.0))
    return np.where(needed & ~blocked, quantity, 0.0), blocked
