"""Rows of the dashboard's panels: what is short, what to order, what smells wrong, what sells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Count, F, FloatField, Q, Sum
from django.db.models.functions import Cast

from analytics.dashboard.filters import DashboardFilters, Windows
from analytics.models import CategoryDaily, TopProduct
from inventory.choices import INBOUND_ORDER_STATES, StockState
from inventory.models import Product, ProductDaily, PurchaseOrder, ReorderSuggestion
from inventory.paths import product_path
from techmart.lib import formats
from transactions.choices import ImportKind, ImportStatus, TransactionStatus
from transactions.models import ImportRun, Transaction
from transactions.paths import transaction_path

LOW_ROWS = 6
SUGGESTION_ROWS = 4
SUSPICIOUS_ROWS = 5
CATEGORY_ROWS = 5
TOP_ROWS = 6
TREND_DAYS = 28
# Windows of product totals that stand nearest to a period's days.
_TOP_WINDOWS = (7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class LowProduct:
    """A product at or below its reorder point. trend: units a day, oldest first."""

    name: str
    sku: str
    url: str
    available: int
    reorder_at: int
    trend: Sequence[float]
    cover_days: float | None
    lead_time_days: float
    state: str
    on_order: int


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """What to order of one product."""

    name: str
    url: str
    quantity: int
    cost: Decimal
    why: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class SuspiciousRow:
    """A suspicious sale with its main reason."""

    reference: str
    url: str
    customer_name: str | None
    why: str
    amount: Decimal
    score: float
    at: datetime


@dataclass(frozen=True, slots=True)
class RankRow:
    """A category or product with its revenue, and that of the window before where known."""

    name: str
    url: str
    revenue: Decimal
    previous: Decimal | None
    sku: str = ""
    units: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that waits for a person. amount, or amount_text without one."""

    icon: str
    tone: str
    title: str
    detail: str
    url: str
    amount: Decimal | None = None
    amount_text: str = ""


@dataclass(frozen=True, slots=True)
class Loading:
    """How far the demo shop is. fraction: 0 to 1."""

    weeks_done: int
    weeks_total: int
    sales_loaded: int
    fraction: float
    started_at: datetime
    eta_seconds: float | None
    finished: bool


def low_products(*, today: date) -> list[LowProduct]:
    """Return the low products that run out first, those with demand before those without."""
    rows = list(
        Product.objects.low()
        .filter(Q(prediction__daily_mean__gt=0) | Q(prediction__isnull=True))
        .annotate(cover=Cast("stock_quantity", FloatField()) / F("prediction__daily_mean"))
        .order_by(F("cover").asc(nulls_last=True), "pk")
        .select_related("supplier")[:LOW_ROWS]
    )
    trends = unit_trends([row.pk for row in rows], last=today)
    return [
        LowProduct(
            name=row.name,
            sku=row.sku,
            url=product_path(row.sku),
            available=row.stock_quantity,
            reorder_at=row.reorder_threshold,
            trend=trends[row.pk],
            cover_days=getattr(row, "cover"),  # noqa: B009  an annotation, unknown to the model
            lead_time_days=float(row.lead_time_days or row.supplier.lead_time_days),
            state=StockState.OUT if row.stock_quantity <= 0 else StockState.LOW,
            on_order=row.on_order_quantity,
        )
        for row in rows
    ]


def unit_trends(product_ids: Sequence[int], *, last: date) -> dict[int, list[float]]:
    """Return units demanded a day over 28 days up to `last`, for each product, zeros included."""
    first = last - timedelta(days=TREND_DAYS - 1)
    trends = {key: [0.0] * TREND_DAYS for key in product_ids}
    for key, day, units in ProductDaily.objects.filter(
        product_id__in=product_ids, day__range=(first, last)
    ).values_list("product_id", "day", "demand_units"):
        trends[key][(day - first).days] = float(units)
    return trends


def suggestions() -> list[SuggestionRow]:
    """Return the open suggestions that save most."""
    return [
        SuggestionRow(
            name=row.product.name,
            url=product_path(row.product.sku),
            quantity=row.quantity,
            cost=row.quantity * row.unit_cost,
            why=_why(row),
            confidence=row.confidence,
        )
        for row in ReorderSuggestion.objects.open()[:SUGGESTION_ROWS]
    ]


def _why(row: ReorderSuggestion) -> str:
    lead = row.product.lead_time_days or row.product.supplier.lead_time_days
    if row.product.stock_quantity <= 0:
        return f"Out of stock, delivery takes {formats.count(lead)} days"
    chance = formats.rate(row.p_stockout, places=0)
    return f"{chance} chance to run out before a delivery of {formats.count(lead)} days"


def suspicious_sales() -> list[SuspiciousRow]:
    """Return the newest suspicious sales with the reason that weighs most."""
    return [
        SuspiciousRow(
            reference=row.reference,
            url=transaction_path(row.pk),
            customer_name=str(row.customer) if row.customer else None,
            why=_main_reason(row.reasons),
            amount=row.total_amount,
            score=row.fraud_score,
            at=row.timestamp,
        )
        for row in Transaction.objects.suspicious()[:SUSPICIOUS_ROWS]
    ]


def _main_reason(reasons: Sequence[dict[str, object]]) -> str:
    signals = [reason for reason in reasons if reason["code"] != "base"]
    if not signals:
        return ""
    return str(max(signals, key=lambda reason: float(str(reason["contribution"])))["fact"])


def categories(filters: DashboardFilters, spans: Windows) -> list[RankRow]:
    """Return the categories with most net sales in the window, with those of the one before."""
    days, before = (
        (spans.first_day, spans.last_day),
        (
            spans.first_day - spans.shift,
            spans.last_day - spans.shift,
        ),
    )
    net = Sum("gross") - Sum("refunds")
    now = dict(
        CategoryDaily.objects.filter(day__range=days)
        .values("category")
        .annotate(net=net)
        .values_list("category", "net")
    )
    earlier = dict(
        CategoryDaily.objects.filter(day__range=before, category__in=list(now))
        .values("category")
        .annotate(net=net)
        .values_list("category", "net")
    )
    first = sorted(now.items(), key=lambda item: (-item[1], item[0]))[:CATEGORY_ROWS]
    return [
        RankRow(
            name=name,
            url=f"/transactions/?{filters.drill_down(basis='booked', cat=name)}",
            revenue=revenue,
            previous=earlier.get(name),
        )
        for name, revenue in first
    ]


def top_window(days: int) -> int:
    """Return the window of product totals that a period of so many days is shown over."""
    return next((window for window in _TOP_WINDOWS if window >= days), _TOP_WINDOWS[-1])


def top_products(window: int) -> list[RankRow]:
    """Return the products with most gross sales in a window, from top_products_mv."""
    rows = TopProduct.objects.filter(window=window, rank__lte=TOP_ROWS).order_by("rank")
    products = Product.objects.in_bulk([row.product_id for row in rows])
    return [
        RankRow(
            name=products[row.product_id].name,
            sku=products[row.product_id].sku,
            url=product_path(products[row.product_id].sku),
            revenue=row.gross,
            units=row.units,
            previous=None,
        )
        for row in rows
    ]


def decisions(*, now: datetime, today: date) -> list[Decision]:
    """Return what waits for a person, worst first, at most five."""
    found: list[Decision | None] = [_to_review(now), _sold_out(), _to_order(), _late(today)]
    return [decision for decision in found if decision is not None]


def _to_review(now: datetime) -> Decision | None:
    held = Transaction.objects.filter(status=TransactionStatus.IN_REVIEW)
    totals = held.aggregate(count=Count("pk"), amount=Sum("total_amount"))
    if not totals["count"]:
        return None
    oldest = held.order_by("recorded_at").values_list("recorded_at", flat=True)[0]
    return Decision(
        icon="shield-alert",
        tone="bad",
        title=_counted(totals["count"], "sale to review", "sales to review"),
        detail=f"Oldest waits {formats.duration((now - oldest).total_seconds())}",
        url="/transactions/?status=in_review",
        amount=totals["amount"],
    )


def _sold_out() -> Decision | None:
    out = Product.objects.filter(active=True, stock_quantity__lte=0)
    totals = out.aggregate(
        count=Count("pk"),
        unordered=Count("pk", filter=Q(on_order_quantity=0)),
    )
    if not totals["count"]:
        return None
    return Decision(
        icon="package-x",
        tone="bad",
        title=_counted(totals["count"], "product sold out", "products sold out"),
        detail=f"{formats.count(totals['unordered'])} of them with no order open",
        url="/inventory/?status=out",
        amount_text=f"{formats.count(totals['count'])} products",
    )


def _to_order() -> Decision | None:
    totals = ReorderSuggestion.objects.open().aggregate(
        count=Count("pk"), cost=Sum(F("quantity") * F("unit_cost"))
    )
    if not totals["count"]:
        return None
    return Decision(
        icon="package",
        tone="warn",
        title=_counted(totals["count"], "product to order", "products to order"),
        detail="Reorder suggestions at today's cost",
        url="/inventory/?status=low",
        amount=totals["cost"],
    )


def _late(today: date) -> Decision | None:
    late = PurchaseOrder.objects.filter(
        state__in=INBOUND_ORDER_STATES, promised_date__lt=today
    ).aggregate(
        count=Count("pk", distinct=True),
        units=Sum(F("lines__quantity") - F("lines__received_quantity")),
    )
    if not late["count"]:
        return None
    return Decision(
        icon="truck",
        tone="warn",
        title=_counted(late["count"], "delivery late", "deliveries late"),
        detail="Promised before today",
        url="/inventory/?status=ordered",
        amount_text=f"{formats.count(late['units'])} units",
    )


def _counted(count: int, one: str, many: str) -> str:
    return f"{formats.count(count)} {one if count == 1 else many}"


def loading(*, now: datetime) -> Loading | None:
    """Return how far the demo shop is; None when it is loaded, or there is none."""
    run = ImportRun.objects.filter(kind=ImportKind.DEMO).order_by("-started_at").first()
    if run is None or run.status == ImportStatus.DONE:
        return None
    fraction = run.lines_done / run.lines_total if run.lines_total else 0.0
    passed = (now - run.started_at).total_seconds()
    return Loading(
        weeks_done=run.state.get("weeks_done", 0),
        weeks_total=run.state.get("weeks_total", 0),
        sales_loaded=run.lines_done,
        fraction=fraction,
        started_at=run.started_at,
        eta_seconds=passed / fraction * (1 - fraction) if fraction > 0 else None,
        finished=False,
    )


def list_url(**parameters: str) -> str:
    """Return an address of the list of sales."""
    return f"/transactions/?{urlencode(parameters)}"
