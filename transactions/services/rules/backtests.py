"""A version tried on the past: asked for by a person, run by a worker, kept with its figures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

import polars as pl
import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from techmart.core import outbox
from techmart.core.audit import record_audit
from techmart.core.models import User
from techmart.core.problems import FieldError
from techmart.core.shop import shop_settings
from transactions.choices import BacktestStatus, Decision
from transactions.fraud.calendar import microseconds, midnight
from transactions.fraud.stored import review_threshold
from transactions.models import FraudRuleVersion, RuleBacktest
from transactions.rules.columns import CASE_COLUMNS, ORDER, fact_columns
from transactions.rules.fields import FIELDS
from transactions.rules.findings import (
    ALLOWED,
    AMOUNT,
    BLOCKED,
    HELD,
    HIT,
    HIT_TODAY,
    Conditions,
    Other,
    findings,
)
from transactions.rules.matching import ListBook, mask
from transactions.rules.nodes import Group, fields_of, lists_of
from transactions.rules.parsing import ExpressionRefused, parse
from transactions.services.rules.history import PastSales, count_sales, load_labels
from transactions.services.rules.life_cycle import SUBJECT
from transactions.services.rules.refusals import RuleRefused, UnknownRule, WrongState
from transactions.services.rules.running import (
    RunningRule,
    list_kinds,
    load_lists,
    load_running,
)

_log = structlog.get_logger(__name__)

TASK = "transactions.backtest_rule"
QUEUE = "exports"
DEFAULT_DAYS = 90
LONGEST_DAYS = 3 * 366
# Stretches a backtest is read in: as many steps of its progress bar.
_STRETCHES = 50
# A worker writes its progress every few seconds: one silent for so long is gone.
LOST_AFTER = timedelta(minutes=5)
_ACTIVE = (BacktestStatus.QUEUED, BacktestStatus.RUNNING)


@transaction.atomic
def request_backtest(
    *,
    rule_id: int,
    number: int,
    actor: User,
    now: datetime,
    since: date | None = None,
    until: date | None = None,
) -> RuleBacktest:
    """Ask a worker to try a version on the sales of [since, until), shop days.

    Without a period: the 90 days that ended last. Raises UnknownRule, RuleRefused for a period
    that cannot be used, WrongState while one runs for this version.
    """
    version = FraudRuleVersion.objects.filter(rule_id=rule_id, number=number).first()
    if version is None:
        raise UnknownRule(f"version {number} of rule {rule_id}")
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    until = until or today
    since = since or until - timedelta(days=DEFAULT_DAYS)
    if errors := _period_errors(since, until, today):
        raise RuleRefused(errors)
    _give_up_lost(version, now=now)
    try:
        with transaction.atomic():
            backtest = RuleBacktest.objects.create(
                version=version,
                since_date=since,
                until_date=until,
                requested_by=actor,
                requested_at=now,
            )
    except IntegrityError as error:
        raise WrongState("A backtest of this version is running already.") from error
    outbox.add_task(TASK, kwargs={"backtest_id": backtest.pk}, queue=QUEUE, now=now)
    record_audit(
        action="rule.backtest",
        subject_kind=SUBJECT,
        subject_id=rule_id,
        now=now,
        actor=actor,
        after={"version": number, "since": since, "until": until},
    )
    return backtest


def run_backtest(*, backtest_id: int, now: datetime) -> None:
    """Do a queued backtest; one that another worker does or did is left alone.

    What goes wrong is kept with the row, and rises.
    """
    queued = Q(status=BacktestStatus.QUEUED)
    lost = Q(status=BacktestStatus.RUNNING, progress_at__lt=now - LOST_AFTER)
    taken = RuleBacktest.objects.filter(queued | lost, pk=backtest_id).update(
        status=BacktestStatus.RUNNING, started_at=now, progress_at=now, sales_done=0
    )
    if not taken:
        return
    backtest = RuleBacktest.objects.select_related("version__rule").get(pk=backtest_id)
    try:
        result = _tried(backtest, now=now)
    except ExpressionRefused as refused:
        _finish(backtest, BacktestStatus.FAILED, error=refused.errors[0].message)
        return
    except Exception:
        message = "It stopped unexpectedly; run it again, and tell an operator if it stops again."
        _finish(backtest, BacktestStatus.FAILED, error=message)
        raise
    _finish(backtest, BacktestStatus.DONE, result=result)
    _log.info("backtest done", backtest=backtest.pk, sales=backtest.sales_total)


def _period_errors(since: date, until: date, today: date) -> list[FieldError]:
    errors = []
    if until > today:
        message = f"Give {today.isoformat()} or earlier: only days that ended are tried."
        errors.append(FieldError("until", "future", message))
    if since >= until:
        errors.append(FieldError("since", "invalid", "Give a day before the period's end."))
    elif (until - since).days > LONGEST_DAYS:
        message = f"Give a period of at most {LONGEST_DAYS} days."
        errors.append(FieldError("since", "too_long", message))
    return errors


def _give_up_lost(version: FraudRuleVersion, *, now: datetime) -> None:
    """Mark a backtest whose worker is gone as failed, so that another may be asked for."""
    silent = Q(progress_at__lt=now - LOST_AFTER) | Q(
        progress_at=None, requested_at__lt=now - 6 * LOST_AFTER
    )
    version.backtests.filter(silent, status__in=_ACTIVE).update(
        status=BacktestStatus.FAILED, error="Its worker stopped; run it again.", finished_at=now
    )


def _finish(
    backtest: RuleBacktest,
    status: BacktestStatus,
    *,
    result: dict[str, object] | None = None,
    error: str = "",
) -> None:
    backtest.status, backtest.error, backtest.result = status, error, result or {}
    backtest.finished_at = timezone.now()
    backtest.save(update_fields=["status", "error", "result", "finished_at"])


def _tried(backtest: RuleBacktest, *, now: datetime) -> dict[str, object]:
    trial = _Trial.of(backtest.version)
    zone = ZoneInfo(settings.TIME_ZONE)
    begin, end = (_midnight(day, zone) for day in (backtest.since_date, backtest.until_date))
    backtest.sales_total = count_sales(begin, end)
    backtest.save(update_fields=["sales_total"])
    labels = load_labels(since=begin, known_by=now)
    frauds = labels.filter("is_fraud").select(ORDER)
    sales = PastSales(trial.fields)
    todays = trial.lists.as_if_always(microseconds(now))
    threshold = review_threshold()
    kept: list[pl.DataFrame] = []
    for first, last in _stretches(backtest.since_date, backtest.until_date):
        past = sales.between(_midnight(first, zone), _midnight(last, zone))
        facts = fact_columns(past, fields=trial.fields, zone=zone)
        kept.append(trial.lines_that_matter(facts, frauds, todays, review_above=threshold))
        backtest.sales_done += past.height
        _note_progress(backtest)
    shop = shop_settings()
    conditions = Conditions(
        action=Decision(backtest.version.rule.action),
        since=backtest.since_date,
        until=backtest.until_date,
        sales=backtest.sales_done,
        capacity_a_day=shop.review_capacity_per_day,
        minutes_per_case=shop.review_minutes_per_case,
        others=[trial.other(rule) for rule in trial.others],
        has_lists=bool(lists_of(trial.expression)),
    )
    result = findings(pl.concat(kept), labels, conditions)
    of_today = [
        FIELDS[code].label for code in sorted(fields_of(trial.expression)) if FIELDS[code].of_today
    ]
    return result | {"of_today": of_today, "labels_known_by": now.isoformat()}


@dataclass(frozen=True, slots=True)
class _Trial:
    """The expression that is tried, what runs beside it, and the lists of both."""

    expression: Group
    others: tuple[RunningRule, ...]
    lists: ListBook

    @classmethod
    def of(cls, version: FraudRuleVersion) -> "_Trial":
        expression = parse(version.expression, lists=list_kinds())
        others = tuple(
            rule
            for rule in load_running().rules
            if not rule.shadow and rule.rule_id != version.rule_id
        )
        lists = load_lists([expression, *(rule.expression for rule in others)])
        return cls(expression, others, lists)

    @property
    def fields(self) -> frozenset[str]:
        """What the expressions read, and what the figures need."""
        asked = [fields_of(rule.expression) for rule in self.others]
        return frozenset({AMOUNT, "score"}).union(fields_of(self.expression), *asked)

    @staticmethod
    def other(rule: RunningRule) -> Other:
        return Other(rule.rule_id, rule.name, rule.action)

    def lines_that_matter(
        self, facts: pl.DataFrame, frauds: pl.DataFrame, todays: ListBook, *, review_above: float
    ) -> pl.DataFrame:
        """Judge a stretch of sales; keep what `findings` asks for."""
        by_action = {
            action: [
                pl.col(self.other(rule).column) for rule in self.others if rule.action == action
            ]
            for action in Decision
        }
        judged = facts.with_columns(
            mask(self.expression, self.lists).alias(HIT),
            mask(self.expression, todays).alias(HIT_TODAY),
            *(
                mask(rule.expression, self.lists).alias(self.other(rule).column)
                for rule in self.others
            ),
        ).with_columns(
            _any(by_action[Decision.ALLOW]).alias(ALLOWED),
            _any(by_action[Decision.BLOCK]).alias(BLOCKED),
            _any([*by_action[Decision.REVIEW], pl.col("score") > review_above * 100]).alias(HELD),
        )
        flags = [HIT, HIT_TODAY, ALLOWED, BLOCKED, HELD]
        matters = _any([*map(pl.col, flags), pl.col(ORDER).is_in(frauds[ORDER].implode())])
        columns = [*CASE_COLUMNS, AMOUNT, *flags, *(self.other(r).column for r in self.others)]
        return judged.filter(matters).select(columns)


def _any(flags: list[pl.Expr]) -> pl.Expr:
    return reduce(or_, flags, pl.lit(False))


def _note_progress(backtest: RuleBacktest) -> None:
    RuleBacktest.objects.filter(pk=backtest.pk).update(
        sales_done=backtest.sales_done, progress_at=timezone.now()
    )


def _stretches(since: date, until: date) -> Iterator[tuple[date, date]]:
    days = max(1, math.ceil((until - since).days / _STRETCHES))
    while since < until:
        end = min(until, since + timedelta(days=days))
        yield since, end
        since = end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return midnight(day.toordinal(), zone)
