"""Loads the demo shop week by week, oldest first; stopped anywhere, it goes on there.

Each week is one transaction that also moves the run's position, so a week is loaded whole and
once. A running worker folds it into the rollups meanwhile; what none folded, the end does. What
needs the whole history (predictions, suggestions, patterns, the last deliveries) follows at the
end, each step repeatable.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from analytics import patterns, refresh, rollups
from inventory import planner
from inventory.choices import MovementKind
from inventory.services import supplier_review
from techmart.core.models import ShopSettings
from techmart.demo import simulate
from techmart.demo.catalogue import product_ids, write_catalogue
from techmart.demo.dataset import ZONE, Dataset, read_dataset
from techmart.demo.finishing import settle_stock
from techmart.demo.purchases import WEEKS, with_orders
from techmart.demo.shift import Shift, shift_to
from techmart.demo.supply import deliveries
from techmart.demo.weeks import Plan, make_plan, moments, sales
from techmart.lib.locks import session_lock
from transactions.choices import ImportKind, ImportStatus, LabelSource
from transactions.importing.engine import MOVEMENTS_SCHEMA, LoadRules, SalesBatch, load_sales
from transactions.models import ImportRun
from transactions.services.device_facts import refresh_device_facts
from transactions.services.fraud_statistics import refresh_fraud_statistics

logger = logging.getLogger(__name__)

SOURCE = "public grocery data set"
_LOCK = "demo-load"

Report = Callable[["Step"], None]


@dataclass(frozen=True)
class Step:
    """How far loading is: weeks and lines done of all, and what is going on."""

    weeks_done: int
    weeks_total: int
    lines_done: int
    lines_total: int
    doing: str


class ShopNotEmpty(RuntimeError):
    """The database has products that no demo brought; they are left alone."""


class LoadRunning(RuntimeError):
    """Another process is loading this shop."""


def load_demo(
    *, weeks: int | None, now: datetime, report: Report, dataset: Dataset | None = None
) -> ImportRun:
    """Load the demo shop, or what is left of it.

    weeks: how many of the newest weeks, None for the whole year; decided by the first call.
    dataset: if it was read already.
    Raises ShopNotEmpty, LoadRunning, DatasetMissing.
    """
    with session_lock(_LOCK) as held:
        if not held:
            raise LoadRunning("The demo shop is being loaded by another process.")
        run = _run(weeks=weeks, now=now)
        if run.status == ImportStatus.DONE:
            return run
        dataset = dataset or read_dataset()
        plan = _plan(run, dataset, now=now)
        if not run.state.get("prepared"):
            _prepare(run, plan)
        _load_weeks(run, plan, report)
        _finish(run, plan, report)
    return run


def demo_run() -> ImportRun | None:
    """Return the run of this shop's demo, or None when it has none."""
    return ImportRun.objects.filter(kind=ImportKind.DEMO).order_by("-started_at").first()


def shift_of(run: ImportRun) -> Shift:
    """Return the shift that a load decided on."""
    return Shift(weeks=run.state["shift_weeks"], zone=ZONE)


def cut_of(run: ImportRun) -> datetime:
    """Return the local time of the data set at which a load's history ends."""
    return datetime.fromisoformat(run.state["cut"])


def _run(*, weeks: int | None, now: datetime) -> ImportRun:
    run = demo_run()
    if run is not None:
        return run
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM products)")
        if cursor.fetchone()[0]:
            raise ShopNotEmpty(
                "This database has products of its own, so the demo shop is not loaded. "
                "Use an empty database, or another TECHMART_DATA folder."
            )
    return ImportRun.objects.create(
        kind=ImportKind.DEMO, source=SOURCE, started_at=now, state={"weeks_wanted": weeks}
    )


def _plan(run: ImportRun, dataset: Dataset, *, now: datetime) -> Plan:
    """Lay the year the first time; lay it the same way ever after."""
    if "shift_weeks" not in run.state:
        shift = shift_to(now, last=dataset.last, zone=ZONE)
        run.state |= {"shift_weeks": shift.weeks, "cut": shift.to_data(now).isoformat()}
    plan = make_plan(dataset, shift=shift_of(run), cut=cut_of(run), weeks=run.state["weeks_wanted"])
    run.state |= {"weeks_total": len(plan.weeks), "weeks_done": run.state.get("weeks_done", 0)}
    run.lines_total = plan.lines_total
    run.save(update_fields=["state", "lines_total"])
    return plan


@transaction.atomic
def _prepare(run: ImportRun, plan: Plan) -> None:
    """Write the shop's settings, suppliers, products and customers."""
    shop = ShopSettings.objects.filter(pk=1).first() or ShopSettings()
    shop.name = "TechMart demo"
    shop.simulated = simulate.SIMULATED
    shop.save()
    opened_at = plan.shift.to_shop(plan.weeks[0])
    write_catalogue(
        plan.catalogue,
        customers=simulate.customers(plan.dataset.lines["household_id"].unique().sort().to_numpy()),
        opened_at=opened_at,
    )
    run.state |= {"prepared": True}
    run.save(update_fields=["state"])


def _load_weeks(run: ImportRun, plan: Plan, report: Report) -> None:
    # A year of simulated stock may leave a product short where two changes meet; the ledger says
    # so with a count that is marked inferred.
    rules = LoadRules(opening="infer", shortage="correct")
    while run.state["weeks_done"] < len(plan.weeks):
        done = run.state["weeks_done"]
        report(_step(run, f"week {done + 1} of {len(plan.weeks)}"))
        _load_week(run, plan, plan.weeks[done], rules)
    report(_step(run, "weeks loaded"))


@transaction.atomic
def _load_week(run: ImportRun, plan: Plan, start: datetime, rules: LoadRules) -> None:
    lines = plan.week(start)
    _write_labels(plan, start)
    batch = SalesBatch(
        sales=sales(lines, shift=plan.shift, currency=settings.SHOP_CURRENCY),
        movements=_goods_in(plan, start),
    )
    load_sales(batch, rules=rules, run=run, now=timezone.now())
    run.state |= {"weeks_done": run.state["weeks_done"] + 1}
    run.lines_done += lines.height
    run.save(update_fields=["state", "lines_done"])


def _write_labels(plan: Plan, start: datetime) -> None:
    """Write the labels that become known this week, of orders that were loaded."""
    known = (
        plan.labels_known(start)
        .join(plan.lines, on="order_ref", how="semi")
        .group_by("order_ref")
        .agg(pl.col("wall").min())
        .select("order_ref", known_at=moments(pl.col("wall"), plan.shift))
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO fraud_labels (order_ref, is_fraud, source, known_at, recorded_at)
            VALUES (%s, true, %s, %s, %s) ON CONFLICT DO NOTHING""",
            [(ref, LabelSource.PLANTED, at, at) for ref, at in known.iter_rows()],
        )
    refresh_device_facts(known["order_ref"])


def _goods_in(plan: Plan, start: datetime) -> pl.DataFrame:
    """Return a week's deliveries, with purchase orders behind those of the newest weeks.

    What would be delivered in the first week is the stock that the shop opens with.
    """
    found = _deliveries(plan, start)
    if start == plan.weeks[0]:
        opening = pl.lit(str(MovementKind.OPENING))
        return found.with_columns(kind=opening, source_type=opening, source_id="product_id")
    if start not in plan.weeks[-WEEKS:]:
        return found
    return with_orders(
        found,
        arrives=plan.shift.to_shop(start),
        opened_at=plan.shift.to_shop(plan.weeks[0]),
        now=timezone.now(),
    )


def _deliveries(plan: Plan, start: datetime) -> pl.DataFrame:
    """Return the simulated receipts of the Monday that starts a week."""
    ids = product_ids(plan.catalogue)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, stock_quantity FROM products")
        held = dict(cursor.fetchall())
    week, cycle = plan.demand_of(start)
    units = deliveries(
        stock=np.array([held[key] for key in ids], dtype=np.int64),
        week=week,
        cycle=cycle,
        reserve=plan.reserve,
        pack=plan.catalogue.products["pack_size"].to_numpy(),
    )
    arrives = plan.shift.to_shop(start)
    frame = pl.DataFrame(
        {
            "product_id": ids,
            "quantity": units,
            "unit_cost_e4": plan.catalogue.products["unit_cost_e4"],
        }
    ).filter(pl.col("quantity") > 0)
    return frame.select(
        pl.col("product_id"),
        pl.lit("receipt").alias("kind"),
        pl.col("quantity"),
        pl.lit(arrives).alias("occurred_at"),
        pl.lit("import").alias("source_type"),
        # One delivery a product and week.
        pl.lit(start.toordinal()).alias("source_id"),
        pl.col("unit_cost_e4"),
    ).select(
        pl.col(name).dt.convert_time_zone("UTC").cast(kind)
        if name == "occurred_at"
        else pl.col(name).cast(kind)
        for name, kind in MOVEMENTS_SCHEMA.items()
    )


def _finish(run: ImportRun, plan: Plan, report: Report) -> None:
    """Bring everything that is computed from history up to it."""
    # What needs nothing of the fold or the planner runs beside them.
    with ThreadPoolExecutor(1) as beside:
        statistics = beside.submit(_beside, refresh_fraud_statistics)
        report(_step(run, "folding the last sales"))
        rollups.fold(now=timezone.now())
        people = beside.submit(_beside, patterns.analyze_customer_patterns)
        for doing, step in _PLANNING:
            report(_step(run, doing))
            step(timezone.now())
        report(_step(run, "customers"))
        statistics.result()
        people.result()
    report(_step(run, "views"))
    refresh.refresh_all_views(now=timezone.now(), triggered_by=SOURCE)
    run.status = ImportStatus.DONE
    run.finished_at = timezone.now()
    run.counts = {"lines": plan.lines_total, "imported": run.lines_done}
    run.save(update_fields=["status", "finished_at", "counts"])
    report(_step(run, "done"))


_PLANNING: tuple[tuple[str, Callable[[datetime], object]], ...] = (
    (
        "predictions",
        lambda now: planner.update_inventory_predictions(now=now, triggered_by=SOURCE),
    ),
    ("reorder points", lambda now: planner.update_reorder_points(now=now, triggered_by=SOURCE)),
    ("the last deliveries", lambda now: settle_stock(now=now)),
    (
        "suggestions",
        lambda now: planner.generate_reorder_suggestions(
            now=now, triggered_by=SOURCE, review_alerts=False
        ),
    ),
    ("stock alerts", lambda now: planner.review_range_alerts(now=now)),
    ("suppliers", lambda now: supplier_review.review_suppliers(now=now)),
)


def _beside(step: Callable[..., object]) -> None:
    """Run a step in a thread of its own, which leaves no connection behind."""
    try:
        step(now=timezone.now())
    finally:
        connections.close_all()


def _step(run: ImportRun, doing: str) -> Step:
    return Step(
        weeks_done=run.state["weeks_done"],
        weeks_total=run.state["weeks_total"],
        lines_done=run.lines_done,
        lines_total=run.lines_total,
        doing=doing,
    )
