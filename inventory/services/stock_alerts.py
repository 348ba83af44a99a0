"""Alerts about stock: raised where a product crosses a limit, ended where it comes back.

A sale, receipt or count reviews the products it moved, by crossing: a product that was low
before is not announced again. What moves limits rather than stock (the planner, an import)
reviews all products at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, SmallIntegerField, Value, When
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import GreaterThanOrEqual

from alerts.choices import LIVE_STATES, SEVERITY_RANK, AlertKind, Severity
from alerts.models import Alert
from alerts.services import AlertSpec, clear_alerts, raise_alerts
from inventory.choices import AbcClass, DemandClass
from inventory.models import Product, StockMovement
from inventory.paths import product_path
from inventory.querysets import LOW_STOCK, ProductQuerySet
from inventory.services.ledger import StockChange

SUBJECT = "product"
# The specification's literal.
FEW_UNITS = 20


def soon_key(product_id: int) -> str:
    """Return the key of the alert that a product runs out before goods come; planner.runouts."""
    return f"stock.soon:{product_id}"


@dataclass(frozen=True, slots=True)
class StockLevels:
    """One product at one moment, as the rules see it; units."""

    product_id: int
    sku: str
    name: str
    stock: int
    on_order: int
    reorder_threshold: int
    order_up_to: int
    abc_class: str
    demand_class: str
    watch_below_20: bool
    active: bool

    @property
    def position(self) -> int:
        """Stock and everything inbound."""
        return self.stock + self.on_order


@dataclass(frozen=True, slots=True)
class StockRule:
    """When an alert about stock holds, twice: for one product, and for all of them in SQL."""

    kind: AlertKind
    key: str
    title: str
    severities: dict[str, Severity]
    holds: Callable[[StockLevels], bool]
    where: Q

    def dedupe_key(self, product_id: int) -> str:
        """Return the key that keeps it to one alert a product."""
        return f"{self.key}:{product_id}"

    def spec(self, levels: StockLevels) -> AlertSpec:
        """Return the alert to raise for a product."""
        return AlertSpec(
            kind=self.kind,
            severity=self.severities[levels.abc_class],
            dedupe_key=self.dedupe_key(levels.product_id),
            subject_kind=SUBJECT,
            subject_id=levels.product_id,
            title=self.title.format(name=levels.name),
            message=(
                f"{levels.sku}: {levels.stock} in stock, {levels.on_order} on order, "
                f"reorder point {levels.reorder_threshold}."
            ),
            path=product_path(levels.sku),
            facts={
                "sku": levels.sku,
                "stock": levels.stock,
                "on_order": levels.on_order,
                "reorder_threshold": levels.reorder_threshold,
            },
        )


def _same(severity: Severity) -> dict[str, Severity]:
    return dict.fromkeys(AbcClass.values, severity)


def _is_worth_watching(levels: StockLevels) -> bool:
    """Whether fewer than 20 units are fewer than are meant to be there when it is reordered."""
    return levels.order_up_to == 0 or levels.reorder_threshold >= FEW_UNITS


RULES = (
    StockRule(
        kind=AlertKind.STOCK_OUT,
        key="stock.out",
        title="{name} is out of stock",
        severities=_same(Severity.HIGH) | {AbcClass.A: Severity.CRITICAL},
        holds=lambda p: p.active and p.stock <= 0 and p.demand_class != DemandClass.OBSOLETE,
        # What never was in stock has not run out.
        where=Q(active=True, stock_quantity__lte=0)
        & ~Q(demand_class=DemandClass.OBSOLETE)
        & Q(Exists(StockMovement.objects.filter(product=OuterRef("pk")))),
    ),
    StockRule(
        kind=AlertKind.STOCK_LOW,
        key="stock.low",
        title="{name} is low",
        severities={
            AbcClass.A: Severity.HIGH,
            AbcClass.B: Severity.MEDIUM,
            AbcClass.C: Severity.LOW,
        },
        # A level of 0 to order up to means that it is not kept in stock.
        holds=lambda p: p.active and p.order_up_to > 0 and p.position <= p.reorder_threshold,
        where=LOW_STOCK & Q(order_up_to__gt=0),
    ),
    StockRule(
        kind=AlertKind.STOCK_CRITICAL20,
        key="stock.c20",
        title=f"{{name}}: fewer than {FEW_UNITS} left",
        severities=_same(Severity.MEDIUM),
        # Where fewer is what an ordinary cycle comes down to, having few means nothing; the
        # specification's literal stands where nothing is planned, and where a person asks for it.
        holds=lambda p: (
            p.active
            and p.stock < FEW_UNITS
            and (p.watch_below_20 or (p.abc_class == AbcClass.A and _is_worth_watching(p)))
        ),
        where=Q(active=True, stock_quantity__lt=FEW_UNITS)
        & (
            Q(watch_below_20=True)
            | Q(abc_class=AbcClass.A) & (Q(order_up_to=0) | Q(reorder_threshold__gte=FEW_UNITS))
        ),
    ),
)


def review_stock_alerts(changes: Sequence[StockChange], *, now: datetime) -> None:
    """Raise what these changes brought about and end what they put right."""
    raised: list[AlertSpec] = []
    ended: list[str] = []
    for change in changes:
        before, after = _before(change), _after(change)
        for rule in RULES:
            was, holds = rule.holds(before), rule.holds(after)
            if holds and not was:
                raised.append(rule.spec(after))
            elif was and not holds:
                ended.append(rule.dedupe_key(change.product_id))
    if not (raised or ended):
        # Most sales cross nothing: they pay for no savepoint.
        return
    with transaction.atomic():
        raise_alerts(raised, now=now)
        clear_alerts(ended, now=now)


@transaction.atomic
def review_all_stock_alerts(*, now: datetime, product_ids: Sequence[int] | None = None) -> int:
    """Bring stock alerts in line with stock and limits as they are; return those raised.

    product_ids: only these; all when not given. A live alert is raised again only when its
    severity rises or its end had begun, so that a review in which nothing changed writes nothing.
    """
    products = Product.objects.all()
    alerts = Alert.objects.filter(state__in=LIVE_STATES, clearing_since=None)
    if product_ids is not None:
        products = products.filter(pk__in=product_ids)
        alerts = alerts.filter(subject_kind=SUBJECT, subject_id__in=product_ids)
    raised = 0
    for rule in RULES:
        ended = list(
            alerts.filter(kind=rule.kind)
            .exclude(subject_id__in=products.filter(rule.where).values("pk"))
            .values_list("dedupe_key", flat=True)
        )
        if ended:
            clear_alerts(ended, now=now)
        specs = [rule.spec(levels) for levels in _unannounced(rule, products)]
        if specs:
            raise_alerts(specs, now=now)
        raised += len(specs)
    return raised


def _unannounced(rule: StockRule, products: ProductQuerySet) -> Iterator[StockLevels]:
    """Yield those products for which the rule holds and no live alert says so."""
    rank = Case(
        *(
            When(abc_class=abc_class, then=Value(SEVERITY_RANK[severity]))
            for abc_class, severity in rule.severities.items()
        ),
        output_field=SmallIntegerField(),
    )
    said = Alert.objects.filter(
        GreaterThanOrEqual(F("severity_rank"), OuterRef("rank")),
        dedupe_key=Concat(Value(f"{rule.key}:"), Cast(OuterRef("pk"), CharField())),
        state__in=LIVE_STATES,
        clearing_since=None,
    )
    unsaid = products.filter(rule.where).annotate(rank=rank).filter(~Exists(said)).order_by("pk")
    for row in unsaid.values_list(
        "pk",
        "sku",
        "name",
        "stock_quantity",
        "on_order_quantity",
        "reorder_threshold",
        "order_up_to",
        "abc_class",
        "demand_class",
        "watch_below_20",
        "active",
    ).iterator(chunk_size=5000):
        yield StockLevels(*row)


def _before(change: StockChange) -> StockLevels:
    return _levels(change, stock=change.before, on_order=change.on_order_before)


def _after(change: StockChange) -> StockLevels:
    return _levels(change, stock=change.after, on_order=change.on_order)


def _levels(change: StockChange, *, stock: int, on_order: int) -> StockLevels:
    return StockLevels(
        product_id=change.product_id,
        sku=change.sku,
        name=change.name,
        stock=stock,
        on_order=on_order,
        reorder_threshold=change.reorder_threshold,
        order_up_to=change.order_up_to,
        abc_class=change.abc_class,
        demand_class=change.demand_class,
        watch_below_20=change.watch_below_20,
        active=change.active,
    )
