"""What sales say of demand on days when the shelf was empty for a part of them, or all. Pure."""

from dataclasses import dataclass, replace

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.imputation import impute

HOURS = 24
DAYS_OF_WEEK = 7
# Domain 4.2: shares of the open hours with stock.
FULLY_AVAILABLE = 0.95
TOO_LITTLE = 0.2
# A day's sales are never taken for a smaller share of its demand.
_LEAST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class EmptyShelves:
    """Spans without stock, (spans,) each: product column, hours since the first day's midnight.

    A span that lasts ends with the newest day.
    """

    product: IntArray
    start_hour: FloatArray
    end_hour: FloatArray


@dataclass(frozen=True, slots=True)
class ShopHours:
    """When the shop sells. open: (7, 24) by weekday, Monday first. first_weekday: of day 0.

    profile: (categories, 24) share of a day's sales in each hour.
    """

    open: BoolArray
    profile: FloatArray
    first_weekday: int


@dataclass(frozen=True, slots=True)
class Availability:
    """Product days with an empty shelf, (days,) each: product column, day, shares 0 to 1.

    hours: share of the open hours with stock. sales: share of a normal day's sales that fall in
    these hours.
    """

    product: IntArray
    day: IntArray
    hours: FloatArray
    sales: FloatArray


def availability(
    spans: EmptyShelves, hours: ShopHours, *, categories: IntArray, days: int
) -> Availability:
    """Return how available each product was on the days its spans touch.

    categories: (products,) the row of hours.profile. Days when the shop was closed count as
    available.
    """
    start = np.clip(spans.start_hour, 0, days * HOURS)
    end = np.clip(spans.end_hour, 0, days * HOURS)
    first = (start // HOURS).astype(np.int64)
    count = np.where(end > start, np.ceil(end / HOURS).astype(np.int64) - first, 0)
    span = np.repeat(np.arange(len(count)), count)
    day = first[span] + np.arange(len(span)) - np.repeat(np.cumsum(count) - count, count)
    product = spans.product[span]
    within = np.arange(HOURS)
    empty_from = (start[span] - day * HOURS)[:, None]
    empty_to = (end[span] - day * HOURS)[:, None]
    empty = np.clip(np.minimum(within + 1, empty_to) - np.maximum(within, empty_from), 0, 1)
    keys, which = np.unique(product * days + day, return_inverse=True)
    product, day = keys // days, keys % days
    by_hour = np.zeros((len(keys), HOURS))
    np.add.at(by_hour, which, empty)
    stocked = 1 - np.minimum(by_hour, 1)
    is_open = hours.open[(hours.first_weekday + day) % DAYS_OF_WEEK].astype(float)
    return Availability(
        product,
        day,
        hours=_share(stocked, is_open),
        sales=_share(stocked, hours.profile[categories[product]] * is_open),
    )


def _share(stocked: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the weighted share of the hours with stock; 1 where no hour counts."""
    total = weight.sum(axis=1)
    share = np.ones(len(stocked))
    np.divide((stocked * weight).sum(axis=1), total, out=share, where=total > 0)
    return share


def corrected(demand: Demand, available: Availability) -> tuple[Demand, IntArray]:
    """Return demand as it would have been with stock, and the days corrected, (products,).

    With stock in 95 % of the open hours sales are demand. With less, demand is sales over the
    share of a day's sales in these hours; a share below a fifth counts as that. With stock in
    less than a fifth the day is missing: it is imputed from the days around it, see impute, and
    no forecast is judged by it. Days before a product's first count nothing.
    """
    known = demand.days - demand.available_days[available.product]
    counts = (available.hours < FULLY_AVAILABLE) & (available.day >= known)
    product, day = available.product[counts], available.day[counts]
    missing = available.hours[counts] < TOO_LITTLE
    units = demand.units.copy()
    imputed = np.zeros(units.shape, dtype=bool)
    imputed[day[missing], product[missing]] = True
    partly = ~missing
    share = np.maximum(available.sales[counts][partly], _LEAST_SHARE)
    units[day[partly], product[partly]] /= share
    impute(units, imputed, demand.history_days)
    days = np.bincount(product, minlength=units.shape[1]).astype(np.int64)
    return replace(demand, units=units, imputed=imputed), days
