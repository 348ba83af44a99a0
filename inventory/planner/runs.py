"""One run at a time of each kind, with its progress; and runs that a person asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, Func, Q

from inventory.choices import RunKind, RunStatus
from inventory.models import ForecastRun, Product
from inventory.querysets import ProductQuerySet
from techmart.core import outbox
from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib.locks import session_lock

QUEUE = "forecast"
TASKS = {
    RunKind.PREDICTIONS: "inventory.update_inventory_predictions",
    RunKind.SUGGESTIONS: "inventory.generate_reorder_suggestions",
}
# A person may run the whole range this often, and parts of it this many times a minute.
WHOLE_EVERY = timedelta(minutes=5)
PARTS_PER_MINUTE = 6
# A queued run that no worker took in so long no longer holds up others.
QUEUED_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Scope:
    """Products that a run covers: all in the range, one category, or some by key."""

    category: str = ""
    product_ids: tuple[int, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it covers the whole range."""
        return not self.category and not self.product_ids

    def products(self) -> ProductQuerySet:
        """Return the active products covered."""
        products = Product.objects.filter(active=True)
        if self.category:
            products = products.filter(category=self.category)
        if self.product_ids:
            products = products.filter(pk__in=self.product_ids)
        return products


WHOLE_RANGE = Scope()


class RunRefused(Refusal):
    """Too soon after another run. retry_after_seconds: when to ask again."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            f"A run is under way or just done; try again in {retry_after_seconds} s.",
            code="run_too_soon",
            status=429,
        )
        self.retry_after_seconds = retry_after_seconds


@transaction.atomic
def request_run(*, kind: RunKind, scope: Scope, actor: User, now: datetime) -> ForecastRun:
    """Queue a run for a worker, at once and once only; its row shows the progress.

    Raises RunRefused: for the whole range while such a run waits, works or is younger than 5
    minutes; for parts after 6 in a minute.
    """
    _check_rate(kind, scope, now=now)
    run = ForecastRun.objects.create(
        kind=kind,
        status=RunStatus.QUEUED,
        as_of=now,
        started_at=now,
        products_total=scope.products().count(),
        category=scope.category,
        product_ids=list(scope.product_ids),
        triggered_by=actor.get_full_name()[:160],
    )
    outbox.add_task(TASKS[kind], kwargs={"run_id": run.pk}, queue=QUEUE, now=now)
    return run


def _check_rate(kind: RunKind, scope: Scope, *, now: datetime) -> None:
    whole = Q(category="", product_ids=[])
    runs = ForecastRun.objects.filter(kind=kind).exclude(status=RunStatus.SKIPPED)
    if scope.is_whole:
        newest = runs.filter(whole).order_by("-started_at").first()
        if newest is None:
            return
        busy = newest.status in (RunStatus.QUEUED, RunStatus.RUNNING)
        free_at = newest.started_at + (QUEUED_FOR if busy else WHOLE_EVERY)
    else:
        minute = runs.exclude(whole).filter(started_at__gt=now - timedelta(minutes=1))
        started = list(minute.order_by("-started_at").values_list("started_at", flat=True))
        if len(started) < PARTS_PER_MINUTE:
            return
        free_at = started[PARTS_PER_MINUTE - 1] + timedelta(minutes=1)
    if free_at > now:
        raise RunRefused(max(1, round((free_at - now).total_seconds())))


def execute(
    kind: RunKind,
    work: Callable[[ForecastRun, Scope], None],
    *,
    now: datetime,
    scope: Scope,
    triggered_by: str,
    run_id: int | None,
) -> ForecastRun:
    """Do a run, unless another of its kind is at it, and keep how it went.

    run_id: a queued run to take up; done again when its worker was lost, and left alone when it
    has ended. An error is kept in the row and raised.
    """
    with session_lock(f"inventory.{kind}") as is_free:
        if not is_free:
            return _skip(kind, now=now, scope=scope, triggered_by=triggered_by, run_id=run_id)
        run = _start(kind, now=now, scope=scope, triggered_by=triggered_by, run_id=run_id)
        if run.status != RunStatus.RUNNING:
            return run
        try:
            work(run, Scope(run.category, tuple(run.product_ids)))
        except Exception as error:
            _finish(run, RunStatus.FAILED, error=f"{type(error).__name__}: {error}")
            raise
        _finish(run, RunStatus.DONE)
    run.refresh_from_db()
    return run


def report_progress(run: ForecastRun, *, done: int, total: int) -> None:
    """Show how far a run is, in products."""
    ForecastRun.objects.filter(pk=run.pk).update(products_done=done, products_total=total)


def _start(
    kind: RunKind, *, now: datetime, scope: Scope, triggered_by: str, run_id: int | None
) -> ForecastRun:
    """Return the run to do, running; runs whose worker was lost are failed."""
    # The lock is ours: whatever is said to run is not.
    lost = ForecastRun.objects.filter(kind=kind, status=RunStatus.RUNNING)
    if run_id is not None:
        lost = lost.exclude(pk=run_id)
    lost.update(status=RunStatus.FAILED, finished_at=now, error="Its worker was lost.")
    if run_id is None:
        return ForecastRun.objects.create(
            kind=kind,
            as_of=now,
            started_at=now,
            category=scope.category,
            product_ids=list(scope.product_ids),
            triggered_by=triggered_by,
        )
    unfinished = (RunStatus.QUEUED, RunStatus.RUNNING)
    ForecastRun.objects.filter(pk=run_id, status__in=unfinished).update(
        status=RunStatus.RUNNING, as_of=now, started_at=now, products_done=0
    )
    return ForecastRun.objects.get(pk=run_id)


def _skip(
    kind: RunKind, *, now: datetime, scope: Scope, triggered_by: str, run_id: int | None
) -> ForecastRun:
    if run_id is not None:
        ForecastRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(
            status=RunStatus.SKIPPED, finished_at=now
        )
        return ForecastRun.objects.get(pk=run_id)
    return ForecastRun.objects.create(
        kind=kind,
        status=RunStatus.SKIPPED,
        as_of=now,
        started_at=now,
        finished_at=now,
        category=scope.category,
        product_ids=list(scope.product_ids),
        triggered_by=triggered_by,
    )


def _finish(run: ForecastRun, status: RunStatus, *, error: str = "") -> None:
    ForecastRun.objects.filter(pk=run.pk).update(
        status=status,
        # When it ended, which `now` of its start cannot say.
        finished_at=Func(function="clock_timestamp", output_field=DateTimeField()),
        error=error[:500],
    )
