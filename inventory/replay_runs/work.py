"""A queued replay worked through, policy by policy, so that a lost worker's is taken up again."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import DateTimeField, Func, QuerySet

from inventory.choices import PolicyKind, ReplayStatus
from inventory.models import ReplayRun
from inventory.replay.as_of import AsOf
from inventory.replay.comparison import Course, course_of
from inventory.replay.paths import Paths
from inventory.replay.policies import Policy
from inventory.replay.simulation import replay_actual, replay_policy
from inventory.replay.specs import PolicySpec, parse_policies
from inventory.replay.world import World
from inventory.replay_runs.loading import load_world
from inventory.replay_runs.results import results_json
from techmart.lib.locks import session_lock

# Progress is written, and a cancellation seen, every so many days of a policy.
REPORT_DAYS = 28
_CLOCK = Func(function="clock_timestamp", output_field=DateTimeField())


class _Stopped(Exception):
    """The run is no longer to be worked on: cancelled, or taken by another."""


def run_replay(*, run_id: int, now: datetime) -> ReplayRun:
    """Replay the policies of a queued run, or those that a lost worker left undone.

    Does nothing when another worker is at it or it has ended; stops when it is cancelled. An
    error is kept in the row and raised.
    """
    with session_lock(f"inventory.replay.{run_id}") as is_free:
        run = ReplayRun.objects.get(pk=run_id)
        if not is_free or not _started(run, now=now):
            return run
        run.refresh_from_db()
        try:
            _work(run)
        except _Stopped:
            pass
        except Exception as error:
            _at_work(run).update(
                status=ReplayStatus.FAILED,
                finished_at=_CLOCK,
                courses=[],
                error=f"{type(error).__name__}: {error}"[:500],
            )
            raise
    run.refresh_from_db()
    return run


def _started(run: ReplayRun, *, now: datetime) -> bool:
    queued = ReplayRun.objects.filter(pk=run.pk, status=ReplayStatus.QUEUED)
    # The lock is ours: what is said to run was lost by its worker.
    return bool(
        queued.update(status=ReplayStatus.RUNNING, started_at=now) or _at_work(run).exists()
    )


def _at_work(run: ReplayRun) -> "QuerySet[ReplayRun]":
    return ReplayRun.objects.filter(pk=run.pk, status=ReplayStatus.RUNNING)


def _work(run: ReplayRun) -> None:
    world = load_world(run.product_ids, first_day=run.first_day, last_day=run.last_day)
    policies = parse_policies(run.policies)
    courses = [Course.from_json(stored) for stored in run.courses]
    as_of, paths = AsOf(world), Paths.of(world, draws=run.draws, seed=run.seed)
    for policy in policies[len(courses) :]:
        before = len(courses) * world.days
        courses.append(
            _course(run, policy, world, paths, as_of, report=_reporter(run, before=before))
        )
        stored = [course.as_json() for course in courses]
        _update(run, days_done=before + world.days, courses=stored)
    _update(
        run,
        status=ReplayStatus.DONE,
        finished_at=_CLOCK,
        courses=[],
        results=results_json(world, policies, courses, seed=run.seed),
    )


def _course(
    run: ReplayRun,
    policy: PolicySpec,
    world: World,
    paths: Paths,
    as_of: AsOf,
    *,
    report: Callable[[int], None],
) -> Course:
    share = run.backorder_share
    days = (
        replay_actual(world, paths, backorder_share=share)
        if policy.kind == PolicyKind.ACTUAL
        else replay_policy(world, paths, Policy(world, as_of, policy), as_of, backorder_share=share)
    )
    return course_of(days, world, draws=run.draws, each_day=report)


def _reporter(run: ReplayRun, *, before: int) -> Callable[[int], None]:
    def report(days: int) -> None:
        if days % REPORT_DAYS == 0:
            _update(run, days_done=before + days)

    return report


def _update(run: ReplayRun, **values: object) -> None:
    """Write to a run that is still at work. Raises _Stopped when it is not."""
    if not _at_work(run).update(**values):
        raise _Stopped
