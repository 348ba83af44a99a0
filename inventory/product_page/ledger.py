"""A product's ledger, paged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inventory.choices import MovementKind
from inventory.ledger_sources import sources_of
from inventory.models import StockMovement
from inventory.paths import ledger_path, product_path
from inventory.product_page.view import ProductView
from techmart.lib.keyset import Keyset
from techmart.lib.page_parts import Pager, row_summary

PAGE_SIZE = 20

_LEDGER = Keyset("-occurred_at", "-pk")


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One entry of the ledger. quantity: signed."""

    at: datetime
    kind_label: str
    reference: str
    reference_url: str
    actor: str
    reason: str
    quantity: int
    balance_after: int


def ledger_context(view: ProductView, *, cursor: str, simulated: bool) -> dict[str, Any]:
    """Return what `inventory/_ledger.html` asks for. Raises BadCursor."""
    product = view.product
    entries = StockMovement.objects.ledger_of(product.pk)
    page = _LEDGER.page(entries.select_related("actor"), size=PAGE_SIZE, cursor=cursor)
    total = entries.count()
    path = ledger_path(product.sku)

    def at(cursor: str) -> str | None:
        return f"{path}?after={cursor}" if cursor else None

    return {
        # The page's own address while its ledger is on its first page.
        "page_url": at(cursor) or product_path(product.sku),
        "ledger": _ledger_rows(page.rows),
        "ledger_total": total,
        "ledger_pager": Pager(
            row_summary(len(page.rows), total, cap=max(total, 1)),
            at(page.previous_cursor),
            at(page.next_cursor),
        ),
        "simulated_ledger": simulated,
    }


def _ledger_rows(movements: Sequence[StockMovement]) -> list[LedgerRow]:
    sources = sources_of(movements)
    return [
        LedgerRow(
            at=movement.occurred_at,
            kind_label=MovementKind(movement.kind).label,
            reference=sources[movement.pk].reference,
            reference_url=sources[movement.pk].url,
            actor=str(movement.actor) if movement.actor else "",
            reason=_reason(movement),
            quantity=movement.quantity,
            balance_after=movement.balance_after,
        )
        for movement in movements
    ]


def _reason(movement: StockMovement) -> str:
    if not movement.inferred:
        return movement.reason
    return f"{movement.reason} (worked out, not counted)".strip()
