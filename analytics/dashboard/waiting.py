"""What waits for a person in the whole shop, what was decided today, and how far loading is."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, F, Q, Sum

from inventory.choices import INBOUND_ORDER_STATES
from inventory.models import Product, PurchaseOrder, ReorderSuggestion
from techmart.lib import formats
from transactions.choices import ImportKind, ImportStatus, TransactionStatus
from transactions.models import ImportRun, ReviewDecision, Transaction


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


def decided_today(*, midnight: datetime) -> str:
    """Say what was decided since midnight; "" when nothing was."""
    sales = ReviewDecision.objects.filter(decided_at__gte=midnight, withdrawn_at=None).count()
    orders = PurchaseOrder.objects.filter(ordered_at__gte=midnight).count()
    said = [
        _counted(count, one, many)
        for count, one, many in ((sales, "sale", "sales"), (orders, "order", "orders"))
        if count
    ]
    return f"Decided today: {', '.join(said)}" if said else ""


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
