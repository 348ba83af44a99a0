"""Suggestions of the whole range: levels brought up to date, orders proposed or withdrawn."""

from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, transaction

from alerts.choices import Topic
from alerts.services import publish
from inventory.arrays import IntArray
from inventory.choices import RunKind, SuggestionState
from inventory.models import ForecastRun, Product
from inventory.planner.alert_review import review_range_alerts
from inventory.planner.classes import assign_product_classes, classes_due
from inventory.planner.loading import Range
from inventory.planner.planning import PlannedCompany, plan_company
from inventory.planner.proposals import Proposal
from inventory.planner.rejections import load_rejections
from inventory.planner.runs import WHOLE_RANGE, Scope, execute, report_progress
from inventory.planner.sources import name_sources
from inventory.planner.staging import stage
from inventory.querysets import ProductQuerySet
from inventory.reorder.policy import Plan
from techmart.lib.cache import Tag, bump, bump_on_commit

# Products whose levels change in one transaction: what a sale may have to wait for.
CHUNK = 5_000


def generate_reorder_suggestions(
    *,
    now: datetime,
    scope: Scope = WHOLE_RANGE,
    triggered_by: str = "schedule",
    run_id: int | None = None,
    review_alerts: bool = True,
) -> ForecastRun:
    """Plan the products of a scope that have a prediction, and all others of their suppliers.

    Writes reorder points and order-up-to levels, keeps one open suggestion a product: a rerun
    updates it in place, and what is no longer needed is superseded. What is inbound counts as
    if it were here, and so does what stands in drafts, so that nothing is ordered twice.
    Accepted suggestions are a person's and stay as they are; rejected ones stay away for a
    while. Classes are renewed when they are a week old.

    review_alerts: bring stock alerts in line with the new levels; an import that moves stock
    next leaves it to its end, so that nobody is told of what is put right at once.
    Returns the run: skipped when another one is at work.
    """

    def work(run: ForecastRun, scope: Scope) -> None:
        company = _leveled(run, scope, now=now)
        held_back = load_rejections(now=now).hold_back(
            company.products.product_ids,
            need=company.planned.need,
            p_stockout=company.planned.p_stockout,
        )
        proposals = company.without(held_back).proposals(now=now)
        name_sources(proposals, now=now)
        _write_suggestions(run, scope, proposals, now=now)
        if review_alerts:
            review_range_alerts(now=now)

    return execute(
        RunKind.SUGGESTIONS,
        work,
        now=now,
        scope=scope,
        triggered_by=triggered_by,
        run_id=run_id,
    )


def update_reorder_points(*, now: datetime, triggered_by: str = "schedule") -> ForecastRun:
    """Bring classes, reorder points and order-up-to levels of the whole range up to date.

    For a load that delivers to these levels next: what to order is worth saying only after it.
    Returns the run: skipped when another one is at work.
    """

    def work(run: ForecastRun, scope: Scope) -> None:
        _leveled(run, scope, now=now)
        bump(Tag.STOCK, Tag.PRODUCTS)

    return execute(
        RunKind.SUGGESTIONS,
        work,
        now=now,
        scope=WHOLE_RANGE,
        triggered_by=triggered_by,
        run_id=None,
    )


def _leveled(run: ForecastRun, scope: Scope, *, now: datetime) -> PlannedCompany:
    """Plan the products of a scope and all others of their suppliers, and store their levels."""
    if scope.is_whole and classes_due(now=now):
        assign_product_classes(now=now)
    company = plan_company(_company(scope), now=now)
    report_progress(run, done=0, total=len(company.products))
    _write_levels(run, company.products, company.planned)
    return company


def _company(scope: Scope) -> ProductQuerySet:
    """Return the products to plan: whole suppliers, whose minimum their products share."""
    if scope.is_whole:
        return scope.products()
    suppliers = scope.products().values("supplier")
    return Product.objects.filter(active=True, supplier__in=suppliers)


_LEVELS = {"product_id": "bigint", "reorder_threshold": "integer", "order_up_to": "integer"}
_CHANGED_LEVELS = """
SELECT p.id FROM products p JOIN staged_levels s ON s.product_id = p.id
WHERE (p.reorder_threshold, p.order_up_to) <> (s.reorder_threshold, s.order_up_to)
"""
# Locks come in the order in which sales take them.
_LOCK_LEVELS = f"""
SELECT count(*) FROM ({_CHANGED_LEVELS} ORDER BY p.id FOR NO KEY UPDATE OF p) AS locked
"""
_WRITE_LEVELS = f"""
UPDATE products AS p
SET reorder_threshold = s.reorder_threshold, order_up_to = s.order_up_to
FROM staged_levels s
WHERE p.id = s.product_id AND p.id IN ({_CHANGED_LEVELS})
"""


def _write_levels(run: ForecastRun, products: Range, planned: Plan) -> None:
    """Store s and S of each product whose levels changed, a chunk a transaction."""
    for start in range(0, len(products), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(products)))
        _write_levels_of(rows, products, planned)
        report_progress(run, done=start + len(rows), total=len(products))


@transaction.atomic
def _write_levels_of(rows: IntArray, products: Range, planned: Plan) -> None:
    levels = (
        (
            int(products.product_ids[row]),
            int(planned.reorder_point[row]),
            int(planned.order_up_to[row]),
        )
        for row in rows
    )
    stage("staged_levels", _LEVELS, levels)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_LEVELS)
        cursor.execute(_WRITE_LEVELS)


_SUGGESTIONS = {
    "product_id": "bigint",
    "state": "text",
    "quantity": "integer",
    "unit_cost": "numeric",
    "arithmetic": "jsonb",
    "expected_lost_margin": "numeric",
    "lost_revenue_per_day": "numeric",
    "p_stockout": "float8",
    "need_by": "date",
    "expected_stockout_on": "date",
    "confidence": "float8",
    "planned_on_order": "integer",
}
_STORED = [name for name in _SUGGESTIONS if name != "planned_on_order"]
_LOCK_PRODUCTS = """
SELECT count(*) FROM (
    SELECT p.id FROM products p JOIN staged_suggestions s ON s.product_id = p.id
    ORDER BY p.id FOR NO KEY UPDATE OF p
) AS locked
"""
# What was ordered, drafted or rejected while the plan was made must not be suggested again.
_DROP_OUTDATED = """
DELETE FROM staged_suggestions s USING products p
WHERE p.id = s.product_id AND (
    NOT p.active
    OR s.planned_on_order <> p.on_order_quantity + coalesce((
        SELECT sum(l.quantity)
        FROM purchase_order_lines l JOIN purchase_orders o ON o.id = l.order_id
        WHERE l.product_id = p.id AND o.state = 'draft'
    ), 0)
    OR EXISTS (
        SELECT 1 FROM reorder_suggestions r
        WHERE r.product_id = p.id AND r.state = 'rejected' AND r.decided_at > %(now)s
    )
)
"""
_UPSERT = f"""
INSERT INTO reorder_suggestions
    ({", ".join(_STORED)}, run_id, reruns, created_at, updated_at, reason)
SELECT {", ".join(_STORED)}, %(run)s, 0, %(now)s, %(now)s, '' FROM staged_suggestions
ON CONFLICT (product_id)
    WHERE state IN ('proposed', 'accepted', 'waiting_mov', 'blocked')
DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _STORED[1:])},
    run_id = excluded.run_id, updated_at = excluded.updated_at,
    reruns = reorder_suggestions.reruns + 1
WHERE reorder_suggestions.state <> 'accepted'
"""
_SUPERSEDE = f"""
UPDATE reorder_suggestions AS r
SET state = '{SuggestionState.SUPERSEDED}', updated_at = %(now)s
WHERE r.state IN ('proposed', 'waiting_mov', 'blocked')
    AND (
        %(whole)s
        OR r.product_id IN (SELECT id FROM products WHERE supplier_id = ANY(%(suppliers)s))
    )
    AND NOT EXISTS (SELECT 1 FROM staged_suggestions s WHERE s.product_id = r.product_id)
"""


@transaction.atomic
def _write_suggestions(
    run: ForecastRun, scope: Scope, proposals: list[Proposal], *, now: datetime
) -> None:
    """Put proposals in place of the open suggestions; those without one are superseded."""
    suppliers = (
        [] if scope.is_whole else list(scope.products().values_list("supplier_id", flat=True))
    )
    stage("staged_suggestions", _SUGGESTIONS, (proposal.row() for proposal in proposals))
    parameters: dict[str, Any] = {
        "run": run.pk,
        "now": now,
        "whole": scope.is_whole,
        "suppliers": suppliers,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_PRODUCTS)
        cursor.execute(_DROP_OUTDATED, parameters)
        cursor.execute(_UPSERT, parameters)
        written = cursor.rowcount
        cursor.execute(_SUPERSEDE, parameters)
        superseded = cursor.rowcount
    publish(
        topic=Topic.STOCK,
        kind="planned",
        payload={"suggestions": written, "superseded": superseded},
        now=now,
    )
    bump_on_commit(Tag.STOCK, Tag.PRODUCTS, Tag.PREDICTIONS)
