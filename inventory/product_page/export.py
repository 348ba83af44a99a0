"""The stock ledger of one product as a file: all entries that its page pages through."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q, Sum
from django.utils import timezone

from inventory.models import Product
from inventory.paths import LIST_PATH, ledger_path
from inventory.product_page.ledger import (
    LEDGER,
    WALL,
    LedgerRow,
    entries_of,
    ledger_rows,
    parse_moment,
)
from techmart.core.exports.registry import ExportList, Query, Subject, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib import formats
from techmart.lib.export import Cell, Column, Kind, Table, pages_of
from techmart.lib.periods import address

_PAGE = 1_000
PRODUCT = Subject("sku", "sku", lambda: Product.objects.all())
_COLUMNS = (
    Column("Time", Kind.MOMENT, 19),
    Column("Entry", width=18),
    Column("Reference", width=20),
    Column("By", width=18),
    Column("Change", Kind.COUNT, 9),
    Column("On hand", Kind.COUNT, 9),
    Column("Why", width=30),
)


def register_lists() -> None:
    """Offer the ledger of a product."""
    register(
        ExportList(
            key="ledger",
            title="Stock ledger of a product",
            permission="inventory.view_product",
            path=f"{LIST_PATH}products/{{sku}}/ledger/",
            build=ledger_table,
            subject=PRODUCT,
        )
    )


def ledger_table(query: Query, _user: User, now: datetime) -> Table:
    """Return a product's entries, newest first; as far as they had come at the moment asked for."""
    product = PRODUCT.of(query)
    moment = parse_moment(query.get("at", ""))
    entries = entries_of(product, moment=moment)
    sums = entries.order_by().aggregate(
        added=Sum("quantity", filter=Q(quantity__gt=0), default=0),
        taken=Sum("quantity", filter=Q(quantity__lt=0), default=0),
    )
    on_hand = sums["added"] + sums["taken"]

    def rows() -> Iterator[Sequence[Cell]]:
        level = on_hand
        shown = entries.select_related("actor")
        for page in pages_of(lambda cursor: LEDGER.page(shown, size=_PAGE, cursor=cursor)):
            for row in ledger_rows(page, level=level):
                yield _cells(row)
                level = row.balance_after - row.quantity

    words = [f"{product.name}, {product.sku}"]
    wall = timezone.localtime(moment).strftime(WALL) if moment else ""
    if moment:
        words.append(f"until {formats.moment(moment, timezone.get_default_timezone())}")
    return shop_table(
        title=f"Stock ledger of {product.sku}",
        columns=_COLUMNS,
        rows=rows,
        row_count=entries.count(),
        totals=[("In", sums["added"]), ("Out", -sums["taken"]), ("On hand", on_hand)],
        filters=words,
        as_of=now,
        url=address(ledger_path(product.sku), {"at": wall} if wall else {}),
    )


def _cells(row: LedgerRow) -> Sequence[Cell]:
    return (
        row.at,
        row.kind_label,
        row.reference,
        row.actor,
        row.quantity,
        row.balance_after,
        row.reason,
    )
