"""From a plan to suggestions: orders grouped by supplier, dates, and what they are worth."""

import json
from collections import defaultdict
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
from inventory.reorder.supplier_minimum import (
    GroupLine,
    GroupOrder,
    WaitingGroup,
    days_worth_waiting,
    meet_minimum,
)


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
    *,
    now: datetime,
) -> list[Proposal]:
    """Return a suggestion for each product to order, and for each that its cap blocks.

    All arrays and forecasts hold the same products. Orders to one supplier are topped up to its
    minimum value, or wait.
    """
    today = timezone.localdate(now)
    shares = _shares_by_row(products, inputs, planned, today=today)
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
    products: Range, inputs: PlanningInputs, planned: Plan, *, today: date
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
    groups: dict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(planned.quantity > 0).tolist():
        groups[int(products.supplier_ids[row])].append(row)
    waiting: list[tuple[list[int], GroupOrder, WaitingGroup]] = []
    for rows in groups.values():
        lines = tuple(_line(inputs, planned, row) for row in rows)
        minimum = float(products.supplier_minimum[rows[0]])
        order = meet_minimum(lines, minimum_value=minimum)
        if order.met:
            shares |= _shares_of_group(rows, order, minimum=minimum)
        else:
            waiting.append((rows, order, WaitingGroup(lines, minimum - order.value)))
    days = days_worth_waiting([group for _, _, group in waiting], holding_rate=holding_rate)
    for (rows, order, group), wait in zip(waiting, days, strict=True):
        shares |= _shares_of_group(
            rows,
            order,
            minimum=order.value + group.missing_value,
            wait_until=(today + timedelta(days=wait)).isoformat(),
        )
    return shares


def _shares_of_group(
    rows: list[int], order: GroupOrder, *, minimum: float, wait_until: str = ""
) -> dict[int, GroupShare]:
    return {
        row: GroupShare(
            top_up_units=units,
            order_value=order.value,
            minimum_value=minimum,
            wait_until=wait_until,
        )
        for row, units in zip(rows, order.top_up_units, strict=True)
    }


def _line(inputs: PlanningInputs, planned: Plan, row: int) -> GroupLine:
    cap = inputs.cap[row]
    return GroupLine(
        quantity=int(planned.quantity[row]),
        pack=int(inputs.pack[row]),
        position=int(inputs.position[row]),
        cap=None if np.isinf(cap) else int(cap),
        unit_cost=float(inputs.unit_cost[row]),
        margin=float(inputs.margin[row]),
        stock=int(inputs.stock[row]),
        daily_mean=float(inputs.daily_mean[row]),
        daily_sd=float(inputs.daily_sd[row]),
        lead_time_days=float(inputs.interval.lead_time_days[row]),
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
