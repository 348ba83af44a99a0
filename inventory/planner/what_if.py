"""What a supplier's products would need on other terms: the planner's own plan, not written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone

from inventory.arrays import FloatArray
from inventory.models import Product, Receipt, Supplier
from inventory.planner.loading import RECEIPTS_DAYS
from inventory.planner.planning import PlannedCompany, plan_company
from inventory.reorder.supplier_terms import SupplierTerms, lateness, mean_delay_days
from techmart.core.problems import Refusal


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed of a supplier; None leaves it as it is.

    lead_time_days, lead_time_sd_days: 0 or more. count_receipts: whether receipts correct the
    assumed lead time as they always do, or are set aside. reliability: share of deliveries on
    time and in full, 0 to 1. review_days: between two chances to order, above 0.
    minimum_order_value: money, 0 or more.
    """

    lead_time_days: float | None = None
    lead_time_sd_days: float | None = None
    count_receipts: bool = False
    reliability: float | None = None
    review_days: float | None = None
    minimum_order_value: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedProduct:
    """One product on some terms; units, and money at cost.

    cash_tied: safety stock and half a lot, what is there on average. p_stockout: before goods
    ordered today come, 0 to 1. order_units: what would be suggested today, topped up.
    """

    lead_time_days: float
    lead_time_sd_days: float
    reorder_point: int
    safety_stock: float
    order_up_to: int
    cash_tied: float
    p_stockout: float
    expected_lost_margin: float
    order_units: int


@dataclass(frozen=True, slots=True)
class ProductChange:
    """One product as planned now and as it would be."""

    sku: str
    name: str
    before: PlannedProduct
    after: PlannedProduct


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a supplier's products; lead time: their mean, and the mean of their sd.

    stockouts: expected number of products that run out before goods ordered today come.
    """

    lead_time_days: float
    lead_time_sd_days: float
    reorder_units: int
    safety_units: float
    cash_tied: float
    stockouts: float
    expected_lost_margin: float
    order_units: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A supplier's products before and after, those whose cash changes most first.

    service_mode: what decided service in both, a ServiceMode value. own_lead_times: products
    with a lead time of their own, which a promise does not change. unplanned: products without
    a prediction, which are not in it. delay_days: how late a late delivery is taken to come.
    """

    terms: SupplierTerms
    products: tuple[ProductChange, ...]
    before: Totals
    after: Totals
    service_mode: str
    own_lead_times: int
    unplanned: int
    delay_days: float


def supplier_what_if(supplier: Supplier, assumed: Assumptions, *, now: datetime) -> WhatIf:
    """Plan the supplier's products as they are and on assumed terms; writes nothing.

    Both are what `generate_reorder_suggestions` would come to with those terms stored. Raises
    Refusal when none of its products has a prediction.
    """
    company = Product.objects.filter(active=True, supplier=supplier)
    present = plan_company(company, now=now)
    if not len(present.products):
        raise Refusal(
            "No product of this supplier has a forecast yet. Run the forecasts first.",
            code="nothing_planned",
            status=409,
        )
    delay = mean_delay_days(
        _late_days(supplier, now=now),
        lead_time_days=float(present.products.interval.lead_time_days.mean()),
    )
    terms = _terms(supplier, assumed, delay_days=delay)
    other = plan_company(company, now=now, terms=terms)
    before, after = _planned(present, now=now), _planned(other, now=now)
    names = {
        key: (sku, name, own)
        for key, sku, name, own in company.values_list("pk", "sku", "name", "lead_time_days")
    }
    keys = present.products.product_ids.tolist()
    changes = [
        ProductChange(*names[key][:2], one, another)
        for key, one, another in zip(keys, before, after, strict=True)
    ]
    changes.sort(key=lambda change: -abs(change.after.cash_tied - change.before.cash_tied))
    return WhatIf(
        terms=terms,
        products=tuple(changes),
        before=_totals(before),
        after=_totals(after),
        service_mode=str(present.inputs.service_mode[0]),
        own_lead_times=sum(own is not None for _, _, own in names.values()),
        unplanned=len(names) - len(keys),
        delay_days=delay,
    )


def _terms(supplier: Supplier, assumed: Assumptions, *, delay_days: float) -> SupplierTerms:
    added_days = added_variance = 0.0
    if assumed.reliability is not None:
        added_days, added_variance = lateness(
            present=float(supplier.reliability),
            assumed=assumed.reliability,
            delay_days=delay_days,
        )
    another_lead_time = (assumed.lead_time_days, assumed.lead_time_sd_days) != (None, None)
    return SupplierTerms(
        lead_time_days=assumed.lead_time_days,
        lead_time_sd_days=assumed.lead_time_sd_days,
        count_receipts=assumed.count_receipts or not another_lead_time,
        review_days=assumed.review_days,
        minimum_order_value=assumed.minimum_order_value,
        added_days=added_days,
        added_variance=added_variance,
    )


def _late_days(supplier: Supplier, *, now: datetime) -> FloatArray:
    """Return by how many shop days each late delivery of a year missed its promise."""
    rows = Receipt.objects.filter(
        line__order__supplier=supplier,
        received_at__gt=now - timedelta(days=RECEIPTS_DAYS),
        received_at__lte=now,
    ).values_list("received_at", "line__order__promised_date")
    late = [
        (timezone.localdate(received) - promised).days for received, promised in rows if promised
    ]
    return np.array([days for days in late if days > supplier.tolerance_days], dtype=np.float64)


def _planned(company: PlannedCompany, *, now: datetime) -> list[PlannedProduct]:
    planned, interval = company.planned, company.products.interval
    ordered = {one.product_id: one.quantity for one in company.proposals(now=now)}
    cash = company.inputs.unit_cost * (np.maximum(0.0, planned.safety_stock) + planned.lot / 2)
    return [
        PlannedProduct(
            lead_time_days=float(interval.lead_time_days[row]),
            lead_time_sd_days=float(interval.lead_time_sd_days[row]),
            reorder_point=int(planned.reorder_point[row]),
            safety_stock=float(planned.safety_stock[row]),
            order_up_to=int(planned.order_up_to[row]),
            cash_tied=float(cash[row]),
            p_stockout=float(planned.p_stockout[row]),
            expected_lost_margin=float(planned.expected_lost_margin[row]),
            order_units=ordered.get(key, 0),
        )
        for row, key in enumerate(company.products.product_ids.tolist())
    ]


def _totals(products: list[PlannedProduct]) -> Totals:
    number = len(products)
    return Totals(
        lead_time_days=sum(one.lead_time_days for one in products) / number,
        lead_time_sd_days=sum(one.lead_time_sd_days for one in products) / number,
        reorder_units=sum(one.reorder_point for one in products),
        safety_units=sum(one.safety_stock for one in products),
        cash_tied=sum(one.cash_tied for one in products),
        stockouts=sum(one.p_stockout for one in products),
        expected_lost_margin=sum(one.expected_lost_margin for one in products),
        order_units=sum(one.order_units for one in products),
    )
