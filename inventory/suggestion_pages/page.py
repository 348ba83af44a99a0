"""The list of suggestions as its page shows it: finished values for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.choices import SuggestionState
from inventory.forecasting.confidence import LOW_CONFIDENCE
from inventory.models import ReorderSuggestion
from inventory.paths import order_path, product_path, suggestion_path, supplier_path
from inventory.range_options import choice, supplier_select
from inventory.services.suggestions import UNDECIDED
from inventory.snoozes import SNOOZES
from inventory.suggestion_pages.filters import ConfidenceBand, SuggestionFilters, SuggestionTab
from techmart.lib import formats
from techmart.lib.columns import columns_context
from techmart.lib.keyset import Keyset
from techmart.lib.page_parts import AsOf, Chip, Column, Link, Option, keyset_pager
from techmart.lib.pills import HIGH_CONFIDENCE

PAGE_SIZE = 50
FRESH_SECONDS = 60
ORDER = Keyset("-expected_lost_margin", "-pk")
TAB_LABELS = {
    SuggestionTab.OPEN: "To decide",
    SuggestionTab.WAITING: "Waiting",
    SuggestionTab.SNOOZED: "Snoozed",
    SuggestionTab.ACCEPTED: "In drafts",
    SuggestionTab.REJECTED: "Rejected",
}
_BANDS = {
    ConfidenceBand.LOW: Q(confidence__lt=LOW_CONFIDENCE),
    ConfidenceBand.MEDIUM: Q(confidence__gte=LOW_CONFIDENCE, confidence__lt=HIGH_CONFIDENCE),
    ConfidenceBand.HIGH: Q(confidence__gte=HIGH_CONFIDENCE),
}
_COLUMNS = (
    Column("Product", name="product"),
    Column("Supplier", hide="opt-l", name="supplier"),
    Column("Available", align="r", name="available"),
    Column("Inbound", align="r", hide="opt-m", name="inbound"),
    Column("Runs out first", align="r", hide="opt-m", name="risk"),
    Column("Needed by", align="r", name="needed"),
    Column("Lost margin", align="r", direction="descending", name="lost"),
    Column("Order", align="r", name="order"),
    Column("Cost", align="r", name="cost"),
    Column("Actions", label_hidden=True),
)
# Parameters that the form has a field of its own for; the others it carries along.
_FIELDS_OF_FORM = {"conf", "sup"}
_MONEY: Any = DecimalField(max_digits=20, decimal_places=4)


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """One suggestion. suggested: the planner's quantity where a person wants another, else None.

    decidable: whether it may be accepted, changed, rejected or put off.
    """

    pk: int
    url: str
    name: str
    sku: str
    product_url: str
    abc: str
    supplier_name: str
    supplier_url: str
    available: int
    on_order: int
    quantity: int
    suggested: int | None
    pack_size: int
    least: int
    cost: Decimal
    lost_margin: Decimal
    p_stockout: float
    need_by: date | None
    is_late: bool
    confidence: float
    state: str
    state_label: str
    note: str
    snoozed_until: datetime | None
    order_number: str
    order_url: str
    decidable: bool


def on_tab(tab: SuggestionTab, *, now: datetime) -> Q:
    """Return what of the suggestions a tab shows."""
    rests = Q(snoozed_until__gt=now)
    match tab:
        case SuggestionTab.OPEN:
            return Q(state=SuggestionState.PROPOSED) & ~rests
        case SuggestionTab.WAITING:
            return Q(state__in=(SuggestionState.WAITING_MOV, SuggestionState.BLOCKED)) & ~rests
        case SuggestionTab.SNOOZED:
            return Q(state__in=UNDECIDED) & rests
        case SuggestionTab.ACCEPTED:
            return Q(state=SuggestionState.ACCEPTED)
        case SuggestionTab.REJECTED:
            return Q(state=SuggestionState.REJECTED)


def list_context(filters: SuggestionFilters, *, cursor: str, now: datetime) -> dict[str, Any]:
    """Return what `inventory/_suggestions.html` asks for. Raises BadCursor."""
    rows = narrowed(filters)
    counts = rows.aggregate(
        **{tab.value: Count("pk", filter=on_tab(tab, now=now)) for tab in SuggestionTab}
    )
    shown = rows.filter(on_tab(filters.tab, now=now))
    page = ORDER.page(
        shown.select_related("product__supplier", "order_line__order"),
        size=PAGE_SIZE,
        cursor=cursor,
    )
    total = counts[filters.tab.value]
    page_url = filters.url(cursor=cursor)
    return {
        "page_url": page_url,
        "clear_url": filters.whole.url(),
        "freshness": AsOf(now, FRESH_SECONDS),
        "tabs": [
            Link(
                label,
                replace(filters, tab=tab).url(),
                filters.tab is tab,
                counts[tab.value],
            )
            for tab, label in TAB_LABELS.items()
        ],
        "tab": filters.tab.value,
        "selects": _selects(filters),
        "chips": _chips(filters),
        "hidden": [
            (name, value)
            for name, value in filters.parameters().items()
            if name not in _FIELDS_OF_FORM
        ],
        **columns_context(_COLUMNS, filters.columns, page_url=page_url),
        "rows": [suggestion_row(row, now=now) for row in page.rows],
        "total_cost": cost_of(shown),
        "pager": keyset_pager(
            page,
            lambda cursor: filters.url(cursor=cursor),
            total=total,
            labels=("Previous", "Next"),
        ),
        "filtered": filters.narrows,
        "snoozes": SNOOZES,
    }


def narrowed(filters: SuggestionFilters) -> QuerySet[ReorderSuggestion]:
    """Return the suggestions that the filters leave, of all tabs."""
    rows = ReorderSuggestion.objects.all()
    if filters.supplier:
        rows = rows.filter(product__supplier__code=filters.supplier)
    return rows.filter(_BANDS[filters.confidence]) if filters.confidence else rows


def cost_of(rows: QuerySet[ReorderSuggestion]) -> Decimal:
    """Return what all of these would cost, money."""
    units = Coalesce("edited_quantity", "quantity")
    summed = rows.aggregate(cost=Sum(units * F("unit_cost"), output_field=_MONEY))["cost"]
    return summed or Decimal(0)


def suggestion_row(row: ReorderSuggestion, *, now: datetime) -> SuggestionRow:
    """Return one suggestion; product, supplier and order must be loaded."""
    product = row.product
    order = row.order_line.order if row.order_line else None
    return SuggestionRow(
        pk=row.pk,
        url=suggestion_path(row.pk),
        name=product.name,
        sku=product.sku,
        product_url=product_path(product.sku),
        abc=product.abc_class,
        supplier_name=product.supplier.name,
        supplier_url=supplier_path(product.supplier.code),
        available=product.stock_quantity,
        on_order=product.on_order_quantity,
        quantity=row.order_quantity,
        suggested=row.quantity if row.edited_quantity is not None else None,
        pack_size=product.pack_size,
        least=product.minimum_order_quantity,
        cost=row.order_quantity * row.unit_cost,
        lost_margin=row.expected_lost_margin,
        p_stockout=row.p_stockout,
        need_by=row.need_by,
        is_late=row.need_by is not None and row.need_by <= timezone.localdate(now),
        confidence=row.confidence,
        state=row.state,
        state_label=row.get_state_display(),
        note=(
            f"Waits for the supplier's minimum until {formats.day(row.waits_until)}"
            if row.waits_until
            else row.reason
        ),
        snoozed_until=row.snoozed_until if row.snoozed_until and row.snoozed_until > now else None,
        order_number=order.number if order else "",
        order_url=order_path(order.number) if order else "",
        decidable=row.state in UNDECIDED,
    )


def _selects(filters: SuggestionFilters) -> list[Any]:
    bands = [Option(band.value, f"{band.value.capitalize()} confidence") for band in ConfidenceBand]
    found = [
        supplier_select(filters.supplier),
        choice("conf", "Confidence", "Any confidence", bands, filters.confidence or ""),
    ]
    return [select for select in found if select is not None]


def _chips(filters: SuggestionFilters) -> list[Chip]:
    chips = []
    if filters.supplier:
        chips.append(Chip(f"Supplier {filters.supplier}", replace(filters, supplier="").url()))
    if filters.confidence:
        label = f"{filters.confidence.value.capitalize()} confidence"
        chips.append(Chip(label, replace(filters, confidence=None).url()))
    here = filters.url()
    return chips + [Chip(f"ignored: {k}={v}", here, ignored=True) for k, v in filters.ignored]


def keys_of(products: Sequence[str]) -> list[int]:
    """Return the open suggestions of products by their codes, by key."""
    return list(
        ReorderSuggestion.objects.filter(
            product__sku__in=products,
            state__in=(SuggestionState.PROPOSED, SuggestionState.WAITING_MOV),
        )
        .order_by("pk")
        .values_list("pk", flat=True)
    )
