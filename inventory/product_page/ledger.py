"""A product's ledger, paged, with what was in stock after each entry and at any moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.choices import MovementKind
from inventory.ledger_sources import sources_of
from inventory.models import Product, StockMovement
from inventory.paths import ledger_path, product_path
from inventory.product_page.view import ProductView
from inventory.querysets import StockMovementQuerySet
from inventory.services.ledger import KINDS_OF_SALES
from techmart.lib.keyset import Keyset
from techmart.lib.page_parts import keyset_pager
from techmart.lib.periods import address

PAGE_SIZE = 20

LEDGER = Keyset("-occurred_at", "-pk")
_REVERSALS = StockMovement.objects.filter(reversal_of=OuterRef("pk"))
# As a field for date and time writes it, to the minute.
WALL = "%Y-%m-%dT%H:%M"
_MINUTES = len("2026-11-20T14:00")
_FIRST_YEAR = 1000


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One entry of the ledger. quantity: signed. balance_after: sum of the entries up to it, in the
    order in which they happened. reverse_url: takes a reason and posts its opposite; "" where it
    cannot be reversed.
    """

    pk: int
    at: datetime
    kind_label: str
    reference: str
    reference_url: str
    actor: str
    reason: str
    quantity: int
    balance_after: int
    reverse_url: str


@dataclass(frozen=True, slots=True)
class StockAt:
    """What was in stock at a moment: the sum of so many entries. now: what is in stock now."""

    moment: datetime
    units: int
    entries: int
    now: int


def ledger_context(
    view: ProductView,
    *,
    cursor: str,
    simulated: bool,
    moment: datetime | None = None,
    may_reverse: bool = False,
) -> dict[str, Any]:
    """Return what `inventory/_ledger.html` asks for. Raises BadCursor.

    moment: the ledger as far as it had come then; all of it when not given.
    """
    product = view.product
    entries = entries_of(product, moment=moment)
    page = LEDGER.page(
        entries.select_related("actor").annotate(is_reversed=Exists(_REVERSALS)),
        size=PAGE_SIZE,
        cursor=cursor,
    )
    total = entries.count()
    path = ledger_path(product.sku)
    wall = timezone.localtime(moment).strftime(WALL) if moment else ""

    def url(cursor: str, first: str = path) -> str:
        given = {k: v for k, v in {"at": wall, "after": cursor}.items() if v}
        return address(path, given) if given else first

    return {
        # The page's own address while its ledger is on its first page.
        "page_url": url(cursor, product_path(product.sku)),
        "ledger_url": path,
        "wall": wall,
        "stock_at": (
            StockAt(moment, _sum_up_to(entries), total, product.stock_quantity) if moment else None
        ),
        "may_reverse": may_reverse,
        "ledger": _rows_of_page(page.rows, entries, reverse_path=path if may_reverse else ""),
        "ledger_file": address("", {"sku": product.sku, **({"at": wall} if wall else {})}),
        "ledger_total": total,
        "ledger_pager": keyset_pager(page, url, total=total),
        "simulated_ledger": simulated,
    }


def entries_of(product: Product, *, moment: datetime | None = None) -> StockMovementQuerySet:
    """Return a product's entries, newest first; with a moment, as far as they had come then."""
    entries = StockMovement.objects.ledger_of(product.pk)
    return entries if moment is None else entries.filter(occurred_at__lte=moment)


def _rows_of_page(
    movements: Sequence[StockMovement], entries: StockMovementQuerySet, *, reverse_path: str
) -> list[LedgerRow]:
    if not movements:
        return []
    newest = movements[0]
    level = _sum_up_to(
        entries.filter(
            Q(occurred_at__lt=newest.occurred_at)
            | Q(occurred_at=newest.occurred_at, pk__lte=newest.pk)
        )
    )
    return ledger_rows(movements, level=level, reverse_path=reverse_path)


def ledger_rows(
    movements: Sequence[StockMovement], *, level: int, reverse_path: str = ""
) -> list[LedgerRow]:
    """Return successive entries, newest first, as they are shown.

    level: units in stock after the newest of them. reverse_path: of the ledger, where entries
    that can be reversed are; "" where that is not offered.
    """
    sources = sources_of(movements)
    levels = []
    for movement in movements:
        levels.append(level)
        level -= movement.quantity
    return [
        LedgerRow(
            pk=movement.pk,
            at=movement.occurred_at,
            kind_label=MovementKind(movement.kind).label,
            reference=sources[movement.pk].reference,
            reference_url=sources[movement.pk].url,
            actor=str(movement.actor) if movement.actor else "",
            reason=_reason(movement),
            quantity=movement.quantity,
            balance_after=balance,
            reverse_url=(
                f"{reverse_path}{movement.pk}/reverse/"
                if reverse_path and _is_reversible(movement)
                else ""
            ),
        )
        for movement, balance in zip(movements, levels, strict=True)
    ]


def _is_reversible(movement: StockMovement) -> bool:
    return (
        movement.kind not in (*KINDS_OF_SALES, MovementKind.REVERSAL)
        # Annotated by ledger_context.
        and not getattr(movement, "is_reversed", False)
    )


def _sum_up_to(entries: StockMovementQuerySet) -> int:
    return int(entries.order_by().aggregate(units=Coalesce(Sum("quantity"), 0))["units"])


def parse_moment(text: str) -> datetime | None:
    """Return a moment written as `2026-11-20T14:00` by the shop's clock; None for no such time.

    A time that the clock shows twice is the first of the two.
    """
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        return None
    # At the end of the calendar other clocks show a time that is none; and a year of fewer than
    # four digits is not written as it is read.
    if not _FIRST_YEAR <= wall.year < MAXYEAR:
        return None
    if wall.tzinfo is None:
        wall = wall.replace(tzinfo=timezone.get_default_timezone())
    # The minute in full: what happened in it is part of it.
    return wall.replace(second=59, microsecond=999_999) if len(text) == _MINUTES else wall


def _reason(movement: StockMovement) -> str:
    if not movement.inferred:
        return movement.reason
    return f"{movement.reason} (worked out, not counted)".strip()
