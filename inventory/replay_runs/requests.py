"""Replays that a person asks for: checked, kept as rows, queued, and cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from inventory.choices import AbcClass, ReplayStatus
from inventory.models import Product, ReplayRun, Supplier
from inventory.querysets import ProductQuerySet
from inventory.replay.specs import PolicySpec
from techmart.core import outbox
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal

QUEUE = "forecast"
TASK = "inventory.run_replay"

FEWEST_DAYS, MOST_DAYS = 28, 731
# Bound memory and time of a run: forecasts take about 40 s a 1,000 products and year, and a policy
# holds a year of what is under way a draw and product.
MOST_PRODUCTS = 5_000
MOST_PRODUCT_DAYS = 2_000_000
MOST_DRAWS = 20
MOST_DRAWN_DAYS = 5 * MOST_PRODUCT_DAYS
LARGEST_SEED = 2**31 - 1
# What a person may have waiting or at work, and ask for in an hour.
MOST_UNFINISHED = 2
MOST_PER_HOUR = 20
UNFINISHED = (ReplayStatus.QUEUED, ReplayStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class ReplayScope:
    """Which products to replay: the active ones that fit everything named, all if nothing is."""

    category: str = ""
    abc_class: str = ""
    supplier_code: str = ""
    skus: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What to replay. first_day, last_day: shop days, both included."""

    policies: tuple[PolicySpec, ...]
    first_day: date
    last_day: date
    scope: ReplayScope = ReplayScope()
    seed: int = 1
    draws: int = 5
    backorder_share: float = 0.0


class ReplayRefused(Refusal):
    """The replay cannot be made as asked for; nothing was queued. Names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(
            message, code="replay_refused", errors=[FieldError(field, "invalid", message)]
        )


class TooManyReplays(Refusal):
    """The person has too many replays under way or asked for. retry_after_seconds: when again."""

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(detail, code="too_many_replays", status=429)


@transaction.atomic
def request_replay(request: ReplayRequest, *, actor: User, now: datetime) -> ReplayRun:
    """Queue a replay for a worker; its row shows the progress.

    Raises ReplayRefused naming the field, TooManyReplays: with two unfinished ones of that
    person, or twenty in an hour.
    """
    # One request of a person at a time, so that two at once are not both the last one allowed.
    User.objects.select_for_update().get(pk=actor.pk)
    _check_rate(actor, now=now)
    _check_numbers(request)
    days = _checked_days(request, today=timezone.localdate(now))
    products, supplier = _scoped(request.scope)
    product_ids = list(products.order_by("pk").values_list("pk", flat=True)[: MOST_PRODUCTS + 1])
    _check_size(product_ids, days=days, draws=request.draws)
    run = ReplayRun.objects.create(
        category=request.scope.category,
        abc_class=request.scope.abc_class,
        supplier=supplier,
        named_products=bool(request.scope.skus),
        product_ids=product_ids,
        first_day=request.first_day,
        last_day=request.last_day,
        policies=[policy.as_json() for policy in request.policies],
        seed=request.seed,
        draws=request.draws,
        backorder_share=request.backorder_share,
        days_total=days * len(request.policies),
        requested_by=actor,
        requested_at=now,
    )
    outbox.add_task(TASK, kwargs={"run_id": run.pk}, queue=QUEUE, now=now)
    return run


@transaction.atomic
def cancel_replay(*, run_id: int, now: datetime) -> ReplayRun:
    """Stop a replay that waits or is at work; what it had done is dropped.

    Raises Refusal when it has ended, ReplayRun.DoesNotExist.
    """
    run = ReplayRun.objects.select_for_update().get(pk=run_id)
    if run.status not in UNFINISHED:
        raise Refusal("This replay has ended already.", code="replay_ended", status=409)
    run.status, run.finished_at, run.courses = ReplayStatus.CANCELLED, now, []
    run.save(update_fields=["status", "finished_at", "courses"])
    return run


def _check_rate(actor: User, *, now: datetime) -> None:
    lately = ReplayRun.objects.filter(
        requested_by=actor, requested_at__gt=now - timedelta(hours=1)
    ).order_by("-requested_at")
    started = list(lately.values_list("requested_at", flat=True)[:MOST_PER_HOUR])
    if len(started) == MOST_PER_HOUR:
        wait = (started[-1] + timedelta(hours=1) - now).total_seconds()
        raise TooManyReplays(
            f"You may ask for {MOST_PER_HOUR} replays an hour. Try again later.",
            retry_after_seconds=max(1, round(wait)),
        )
    unfinished = ReplayRun.objects.filter(requested_by=actor, status__in=UNFINISHED).count()
    if unfinished >= MOST_UNFINISHED:
        raise TooManyReplays(
            f"{unfinished} replays of yours are not done yet. Wait for one, or cancel it.",
            retry_after_seconds=60,
        )


def _check_numbers(request: ReplayRequest) -> None:
    if not 0 <= request.seed <= LARGEST_SEED:
        raise ReplayRefused("seed", f"The seed is a whole number from 0 to {LARGEST_SEED}.")
    if not 1 <= request.draws <= MOST_DRAWS:
        raise ReplayRefused("draws", f"Draws are 1 to {MOST_DRAWS}.")
    if not 0 <= request.backorder_share <= 1:
        raise ReplayRefused("backorder_share", "The share that waits is from 0 to 1.")


def _checked_days(request: ReplayRequest, *, today: date) -> int:
    days = (request.last_day - request.first_day).days + 1
    if request.last_day >= today:
        raise ReplayRefused("last_day", "The last day is yesterday or earlier.")
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise ReplayRefused(
            "first_day", f"A replay covers {FEWEST_DAYS} to {MOST_DAYS} days; this one {days}."
        )
    return days


def _scoped(scope: ReplayScope) -> tuple[ProductQuerySet, Supplier | None]:
    products, supplier = Product.objects.filter(active=True), None
    if scope.category:
        products = products.filter(category=scope.category)
    if scope.abc_class:
        if scope.abc_class not in AbcClass.values:
            raise ReplayRefused("abc_class", "The class is A, B or C.")
        products = products.filter(abc_class=scope.abc_class)
    if scope.supplier_code:
        supplier = Supplier.objects.filter(code=scope.supplier_code).first()
        if supplier is None:
            raise ReplayRefused("supplier", f"There is no supplier {scope.supplier_code}.")
        products = products.filter(supplier=supplier)
    if scope.skus:
        known = set(
            Product.objects.filter(active=True, sku__in=scope.skus).values_list("sku", flat=True)
        )
        unknown = [sku for sku in scope.skus if sku not in known]
        if unknown:
            raise ReplayRefused("products", f"No active product is called {unknown[0]}.")
        products = products.filter(sku__in=scope.skus)
    return products, supplier


def _check_size(product_ids: Sequence[int], *, days: int, draws: int) -> None:
    if not product_ids:
        raise ReplayRefused("scope", "No active product fits. Widen the choice of products.")
    if len(product_ids) > MOST_PRODUCTS:
        raise ReplayRefused(
            "scope",
            f"A replay has {MOST_PRODUCTS:,} products at most. Choose a category, a class or a"
            " supplier.",
        )
    product_days = len(product_ids) * days
    if product_days > MOST_PRODUCT_DAYS:
        raise ReplayRefused("first_day", "That is too much for one run. Take fewer days.")
    if product_days * draws > MOST_DRAWN_DAYS:
        raise ReplayRefused("draws", "That is too much for one run. Take fewer draws.")
