"""From rows to a plan: the one way, for suggestions and for what they would be on other terms."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import numpy as np

from inventory.arrays import BoolArray
from inventory.forecasting.engine import WINDOW_DAYS
from inventory.planner.demand_rows import load_units
from inventory.planner.drafted import drafted_units
from inventory.planner.loading import Forecasts, Range, load_forecasts, load_range
from inventory.planner.proposals import Proposal, propose
from inventory.planner.waits import waits_told
from inventory.querysets import ProductQuerySet
from inventory.reorder.policy import Plan, PlanningInputs, plan
from inventory.reorder.supplier_terms import OWN_TERMS, SupplierTerms
from techmart.core.shop import shop_settings


@dataclass(frozen=True, slots=True)
class Company:
    """Products that have a prediction, and what a plan of them starts from."""

    products: Range
    forecasts: Forecasts
    inputs: PlanningInputs


@dataclass(frozen=True, slots=True)
class PlannedCompany:
    """Products that are planned together, what they are planned from, and their plan."""

    products: Range
    forecasts: Forecasts
    inputs: PlanningInputs
    planned: Plan

    def without(self, held_back: BoolArray) -> Self:
        """Return the plan with nothing ordered of some products; their levels stay."""
        return replace(
            self,
            planned=replace(
                self.planned,
                quantity=np.where(held_back, 0.0, self.planned.quantity),
                blocked=self.planned.blocked & ~held_back,
            ),
        )

    def proposals(self, *, now: datetime) -> list[Proposal]:
        """Return what to order, topped up to the suppliers' minimum values, or to wait for them."""
        has_minimum = self.products.supplier_minimum.any()
        told = waits_told(self.products.product_ids.tolist()) if has_minimum else {}
        return propose(self.products, self.inputs, self.planned, self.forecasts, told, now=now)


def plan_company(
    products: ProductQuerySet, *, now: datetime, terms: SupplierTerms = OWN_TERMS
) -> PlannedCompany:
    """Plan those of the products that have a prediction.

    products: all of each supplier, since they share its minimum. terms: assumed of the
    suppliers in place of their own. Writes nothing.
    """
    company = load_company(products, now=now, terms=terms)
    return PlannedCompany(company.products, company.forecasts, company.inputs, plan(company.inputs))


def load_company(
    products: ProductQuerySet, *, now: datetime, terms: SupplierTerms = OWN_TERMS
) -> Company:
    """Return those of the products that have a prediction. terms: as plan_company has them."""
    known, forecasts = load_forecasts(load_range(products, now=now, terms=terms), now=now)
    return Company(known, forecasts, _inputs(known, forecasts, now=now))


def _inputs(products: Range, forecasts: Forecasts, *, now: datetime) -> PlanningInputs:
    settings = shop_settings()
    return PlanningInputs(
        daily_mean=forecasts.daily_mean,
        daily_sd=forecasts.daily_sd,
        demand_class=products.demand_class,
        window=load_units(products.product_ids, days=WINDOW_DAYS, now=now),
        interval=products.interval,
        abc=products.abc,
        xyz=products.xyz,
        service_mode=np.full(len(products), settings.service_mode),
        unit_cost=products.unit_cost,
        price=products.price,
        holding_rate=np.full(len(products), float(settings.holding_rate)),
        order_cost=np.full(len(products), float(settings.order_cost)),
        stock=products.stock,
        # What stands in a draft is as good as ordered: it must not be suggested again.
        on_order=products.on_order + drafted_units(products.product_ids),
        minimum=products.minimum,
        pack=products.pack,
        cap=products.cap,
    )
