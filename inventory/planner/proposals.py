"""From a plan to suggestions: orders grouped by supplier, dates, and what they are worth."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from inventory.arrays import FloatArray, IntArray
from inventory.choices import SuggestionState
from inventory.forecasting.confidence import certainty, confidence_parts
from inventory.planner.loading import Forecasts, Range
from inventory.reorder.arithmetic import GroupShare, describe
from inventory.reorder.dates import NEVER, days_until_need, days_until_stockout
from inventory.reorder.policy import Plan, PlanningInputs
from inventory.reorder.supplier_minimum import OrderLines
from inventory.reorder.waiting import NO_WAIT, held_to_minimum


@dataclass(frozen=True, slots=True)
class Proposal:
    """One suggestion to write. planned_on_order: units inbound or in
    drafts that the plan counted with."""

    product_id: int
    state: SuggestionState
    quantity: int
    unit_cost: float
    arithmetic: dict[str, Any]
    expected_lost_margin: float
    lost_revenue_per_day: float
    p_stockout: float
    need_by: date | None
    expected_stockout_on: date | None
    confidence: float
    planned_on_order: int

    def row(self) -> tuple[Any, ...]:
        """Return the columns in the order of the staging table."""
        return (
            self.product_id,
            str(self.state),
            self.quantity,
            round(self.unit_cost, 4),
            json.dumps(self.arithmetic),
            round(self.expected_lost_margin, 2),
            round(self.lost_revenue_per_day, 2),
            self.p_stockout,
            self.need_by,
            self.expected_stockout_on,
            self.confidence,
            self.planned_on_order,
        )


def propose(
    products: Range,
    inputs: PlanningInputs,
    planned: Plan,
    forecasts: Forecasts,
    told: Mapping[int, date],
    *,
    now: datetime,
) -> list[Proposal]:
    """Return a suggestion for each product to order, and for each that its cap blocks.

    All arrays and forecasts hold the same products. told: the day on which the wait ends of each
    product whose order waits already, by its key. Orders to one supplier are topped up to its
    minimum value, or wait.
    """
    today = timezone.localdate(now)
    shares = _shares_by_row(products, inputs, planned, told, today=today)
    rows = np.array(sorted(shares), dtype=np.int64)
    need, stockout = _days(inputs, planned, rows)
    confidence = _confidence(forecasts)
    return [
        Proposal(
            product_id=int(products.product_ids[row]),
            state=_state(planned, row, shares[row]),
            quantity=int(planned.quantity[row]) + shares[row].top_up_units,
            unit_cost=float(inputs.unit_cost[row]),
            arithmetic=describe(inputs, planned, row, share=shares[row]),
            expected_lost_margin=float(planned.expected_lost_margin[row]),
            lost_revenue_per_day=float(planned.lost_revenue_per_day[row]),
            p_stockout=float(planned.p_stockout[row]),
            need_by=_date(today, int(need[index])),
            expected_stockout_on=_date(today, int(stockout[index])),
            confidence=float(confidence[row]),
            planned_on_order=int(inputs.on_order[row]),
        )
        for index, row in enumerate(rows.tolist())
    ]


def _shares_by_row(
    products: Range,
    inputs: PlanningInputs,
    planned: Plan,
    told: Mapping[int, date],
    *,
    today: date,
) -> dict[int, GroupShare]:
    """Return what the group did to each product that is to be ordered or is blocked."""
    # One shop, one rate.
    holding_rate = float(inputs.holding_rate[0]) if len(products) else 0.0
    shares = {
        int(row): GroupShare(
            top_up_units=0,
            order_value=0.0,
            minimum_value=float(products.supplier_minimum[row]),
        )
        for row in np.flatnonzero(planned.blocked)
    }
    rows = np.flatnonzero(planned.quantity > 0)
    # An order a supplier, its lines side by side.
    rows = rows[np.argsort(products.supplier_ids[rows], kind="stable")]
    _, first, order = np.unique(products.supplier_ids[rows], return_index=True, return_inverse=True)
    lines = _order_lines(inputs, planned, rows, order)
    told_days = np.array(
        [
            (told[key] - today).days if key in told else NO_WAIT
            for key in products.product_ids[rows].tolist()
        ],
        dtype=np.int64,
    )
    orders = held_to_minimum(
        lines, products.supplier_minimum[rows[first]], told_days, holding_rate=holding_rate
    )
    for index, row in enumerate(rows.tolist()):
        at = order[index]
        days = int(orders.wait_days[at])
        ends = "" if days == NO_WAIT else (today + timedelta(days=days)).isoformat()
        shares[row] = GroupShare(
            top_up_units=int(orders.units[index]),
            order_value=float(orders.value[at]),
            minimum_value=float(products.supplier_minimum[row]),
            wait_until="" if orders.met[at] else ends,
            waited_until=ends if orders.met[at] else "",
        )
    return shares


def _order_lines(
    inputs: PlanningInputs, planned: Plan, rows: IntArray, order: IntArray
) -> OrderLines:
    return OrderLines(
        order=order,
        quantity=planned.quantity[rows],
        pack=inputs.pack[rows],
        position=inputs.position[rows],
        cap=inputs.cap[rows],
        unit_cost=inputs.unit_cost[rows],
        margin=inputs.margin[rows],
        stock=inputs.stock[rows],
        daily_mean=inputs.daily_mean[rows],
        daily_sd=inputs.daily_sd[rows],
        lead_time_days=inputs.interval.lead_time_days[rows],
    )


def _days(inputs: PlanningInputs, planned: Plan, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return days until goods must be here, and until the median stock-out, for some rows."""
    mean, sd, stock = inputs.daily_mean[rows], inputs.daily_sd[rows], inputs.stock[rows]
    return (
        days_until_need(mean, sd, stock=stock, service=planned.service[rows]),
        days_until_stockout(mean, sd, stock=stock),
    )


def _date(today: date, days: int) -> date | None:
    return None if days == NEVER else today + timedelta(days=days)


def _state(planned: Plan, row: int, share: GroupShare) -> SuggestionState:
    if planned.blocked[row]:
        return SuggestionState.BLOCKED
    return SuggestionState.WAITING_MOV if share.wait_until else SuggestionState.PROPOSED


def _confidence(forecasts: Forecasts) -> FloatArray:
    """Return the confidence that each prediction still has."""
    parts = confidence_parts(
        certainty(forecasts.daily_mean, forecasts.daily_sd, forecasts.protection_days),
        forecasts.coverage,
        origins=forecasts.origins.astype(np.int64),
        age_hours=forecasts.age_hours,
    )
    return np.asarray(parts.confidence)
