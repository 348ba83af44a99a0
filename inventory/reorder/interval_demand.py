"""Demand over lead time and protection interval: fitted where it is even, as it was where not."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray, StrArray
from inventory.forecasting.summed_demand import SummedDemand, summed_demand
from inventory.reorder.distributions import Family, FittedDemand, choose_families, parametric
from inventory.reorder.lead_times import Interval, protection_moments

_PROTECTION, _LEAD_TIME = 0, 1


@dataclass(frozen=True, slots=True)
class IntervalFigures:
    """What ordering needs to know of demand, (products,) each, in units.

    family, mean, variance: of demand over P. reorder_point: smallest s with F_P(s) >= α.
    short_at_reorder_point: E[(D_P − s)⁺]. p_stockout: 1 − F_L(stock), the chance that demand
    over the lead time exceeds the stock. short_before_receipt: E[(D_L − stock)⁺].
    """

    family: StrArray
    mean: FloatArray
    variance: FloatArray
    reorder_point: FloatArray
    short_at_reorder_point: FloatArray
    p_stockout: FloatArray
    short_before_receipt: FloatArray


def interval_figures(
    *,
    daily_mean: FloatArray,
    daily_sd: FloatArray,
    demand_class: StrArray,
    window: FloatArray,
    interval: Interval,
    service: FloatArray,
    stock: FloatArray,
) -> IntervalFigures:
    """Return the figures of each product; all arrays (products,), window (days, products).

    window: the daily units behind daily_mean, for demand that is taken as it was.
    """
    mean, variance = protection_moments(daily_mean, daily_sd, interval)
    lead_mean, lead_variance = protection_moments(daily_mean, daily_sd, interval.without_review())
    has_sales: BoolArray = np.any(window > 0, axis=0)
    family = choose_families(demand_class, mean, variance, has_sales=has_sales)
    over_p = FittedDemand(family, mean, variance)
    over_lead = FittedDemand(
        np.where(
            family == Family.EMPIRICAL,
            Family.NONE.value,
            parametric(lead_mean, lead_variance),
        ),
        lead_mean,
        lead_variance,
    )
    reorder_point = over_p.quantile(service)
    figures = IntervalFigures(
        family=family,
        mean=mean,
        variance=variance,
        reorder_point=reorder_point,
        short_at_reorder_point=over_p.expected_above(reorder_point),
        p_stockout=over_lead.above(stock),
        short_before_receipt=over_lead.expected_above(stock),
    )
    uneven = np.flatnonzero(family == Family.EMPIRICAL)
    if len(uneven):
        _take_as_it_was(figures, uneven, window, interval, service=service, stock=stock)
    return figures


def _take_as_it_was(
    figures: IntervalFigures,
    products: IntArray,
    window: FloatArray,
    interval: Interval,
    *,
    service: FloatArray,
    stock: FloatArray,
) -> None:
    """Fill the figures of products with uneven demand from the bootstrap of their days."""
    own = interval.of(products)
    lengths = [own.lengths(), own.without_review().lengths()]
    for demand in summed_demand(window[:, products], lengths):
        rows = products[demand.products]
        _ENTER[demand.length](figures, rows, demand, service[rows], stock[rows])


def _enter_protection(
    figures: IntervalFigures,
    rows: IntArray,
    demand: SummedDemand,
    service: FloatArray,
    _stock: FloatArray,
) -> None:
    figures.reorder_point[rows] = demand.quantile(service)
    figures.short_at_reorder_point[rows] = demand.expected_above(figures.reorder_point[rows])


def _enter_lead_time(
    figures: IntervalFigures,
    rows: IntArray,
    demand: SummedDemand,
    _service: FloatArray,
    stock: FloatArray,
) -> None:
    figures.p_stockout[rows] = demand.above(stock)
    figures.short_before_receipt[rows] = demand.expected_above(stock)


_Enter = Callable[[IntervalFigures, IntArray, SummedDemand, FloatArray, FloatArray], None]
_ENTER: dict[int, _Enter] = {_PROTECTION: _enter_protection, _LEAD_TIME: _enter_lead_time}
