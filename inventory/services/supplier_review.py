"""Suppliers and orders, looked at each hour: reliability, late orders, suppliers that slip."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert
from alerts.notifying.routing import HIDES
from alerts.services import AlertSpec, bring_in_line
from inventory.choices import INBOUND_ORDER_STATES
from inventory.models import PurchaseOrder, PurchaseOrderLine, Supplier
from inventory.paths import order_path, supplier_path
from inventory.querysets import late_on
from inventory.scorecards import reliability_shares
from inventory.services.orders import late_key
from inventory.services.stock_alerts import SUBJECT, soon_key
from inventory.services.worst_first import STAYS, Finding, announce_worst
from techmart.lib import formats
from techmart.lib.cache import Tag, bump_on_commit

# A fall of this much within SLIP_DAYS is announced, and ends when less than half of it is left.
SLIP, SLIP_OVER = 0.10, 0.05
SLIP_DAYS = 30
_PLACES = Decimal("0.0001")
# Kinds that say of a product that it is short, or will be.
_SHORT = (AlertKind.STOCK_OUT, AlertKind.STOCK_LOW, AlertKind.STOCK_SOON)


@transaction.atomic
def review_suppliers(*, now: datetime) -> None:
    """Keep what receipts say of each supplier, and announce late orders and suppliers that slip.

    A supplier of which nothing came yet keeps the reliability it was entered with. Writes
    nothing where nothing changed.
    """
    shares = reliability_shares(now=now)
    _keep(shares)
    _review_slips(shares, reliability_shares(now=now - timedelta(days=SLIP_DAYS)), now=now)
    _review_late_orders(now=now)


def _keep(shares: dict[int, float]) -> None:
    changed = []
    for supplier in Supplier.objects.filter(pk__in=shares).order_by("pk"):
        share = Decimal(str(shares[supplier.pk])).quantize(_PLACES)
        if supplier.reliability != share:
            supplier.reliability = share
            changed.append(supplier)
    Supplier.objects.bulk_update(changed, ["reliability"], batch_size=500)
    if changed:
        bump_on_commit(Tag.PRODUCTS)


def _review_slips(today: dict[int, float], before: dict[int, float], *, now: datetime) -> None:
    falls = {key: before[key] - share for key, share in today.items() if key in before}
    worst = sorted(falls, key=lambda key: (-falls[key], key))[:STAYS]
    suppliers = Supplier.objects.in_bulk(worst)
    findings = [
        Finding(
            _slip(suppliers[key], share=today[key], before=before[key]), fires=falls[key] >= SLIP
        )
        for key in worst
        if falls[key] >= SLIP_OVER
    ]
    announce_worst([AlertKind.SUPPLIER_SLIP], findings, now=now)


def _slip(supplier: Supplier, *, share: float, before: float) -> AlertSpec:
    return AlertSpec(
        kind=AlertKind.SUPPLIER_SLIP,
        severity=Severity.MEDIUM,
        dedupe_key=f"supplier.slip:{supplier.pk}",
        subject_kind="supplier",
        subject_id=supplier.pk,
        title=f"{supplier.name} became less reliable",
        message=(
            f"{formats.rate(share, places=0)} on time and in full, "
            f"{formats.rate(before, places=0)} {SLIP_DAYS} days ago."
        ),
        path=supplier_path(supplier.code),
        facts={"reliability": round(share, 4), "before": round(before, 4)},
    )


def _review_late_orders(*, now: datetime) -> None:
    late = list(
        PurchaseOrder.objects.filter(
            late_on(timezone.localdate(now)), state__in=INBOUND_ORDER_STATES
        )
        .select_related("supplier")
        .order_by("promised_date", "pk")
    )
    waiting = _waiting_products(late)
    short = _short_products()
    specs = [
        _late(order, waiting[order.pk], is_high=not short.isdisjoint(waiting[order.pk]), now=now)
        for order in late
    ]
    still = {spec.dedupe_key for spec in specs}
    bring_in_line([AlertKind.PO_LATE], specs, still=still, now=now)


def _waiting_products(orders: Sequence[PurchaseOrder]) -> dict[int, list[int]]:
    """Return the keys of the products that each order still owes, by the order's key."""
    waiting: dict[int, list[int]] = {order.pk: [] for order in orders}
    lines = PurchaseOrderLine.objects.filter(
        order__in=orders, received_quantity__lt=F("quantity")
    ).order_by("pk")
    for order_id, product_id in lines.values_list("order_id", "product_id"):
        waiting[order_id].append(product_id)
    return waiting


def _short_products() -> set[int]:
    """Return the keys of the products of which an alert says that they are short, or will be."""
    short = Alert.objects.filter(kind__in=_SHORT, state__in=LIVE_STATES, subject_kind=SUBJECT)
    return {key for key in short.values_list("subject_id", flat=True) if key is not None}


def _late(
    order: PurchaseOrder, waiting: Sequence[int], *, is_high: bool, now: datetime
) -> AlertSpec:
    promised = order.promised_date
    days = (timezone.localdate(now) - promised).days if promised else 0
    return AlertSpec(
        kind=AlertKind.PO_LATE,
        severity=Severity.HIGH if is_high else Severity.MEDIUM,
        dedupe_key=late_key(order.pk),
        subject_kind="purchase_order",
        subject_id=order.pk,
        title=f"{order.number} is late",
        message=(
            f"{order.supplier.name} promised it for {formats.day(promised)}, "
            f"{days} {'day' if days == 1 else 'days'} ago."
        ),
        path=order_path(order.number),
        facts={
            "order": order.number,
            "supplier": order.supplier.code,
            "days_late": days,
            # One message is enough: that its products run out follows from it.
            HIDES: [soon_key(product_id) for product_id in waiting],
        },
    )
