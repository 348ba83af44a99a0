"""A purchase order as the supplier gets it: what it says, and as CSV."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO

from django.conf import settings
from django.utils import timezone

from inventory.models import PurchaseOrder
from techmart.core.shop import shop_settings
from techmart.lib.export.lines import neutral

CSV_COLUMNS = ("order", "line", "sku", "name", "quantity", "packs", "unit_cost", "amount")


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One product; packs: whole ones, None where it comes singly."""

    number: int
    sku: str
    name: str
    quantity: int
    packs: int | None
    unit_cost: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """All that an order says. wanted_by: the promised day; None before it is sent."""

    number: str
    shop: str
    supplier: str
    supplier_code: str
    supplier_email: str
    ordered_on: date | None
    wanted_by: date | None
    currency: str
    note: str
    lines: tuple[DocumentLine, ...]

    @property
    def total(self) -> Decimal:
        """Sum of the lines' amounts."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def units(self) -> int:
        """Sum of the lines' units."""
        return sum(line.quantity for line in self.lines)


def order_document(order: PurchaseOrder) -> OrderDocument:
    """Return what an order says, its lines by code."""
    lines = order.lines.select_related("product").order_by("product__sku", "pk")
    return OrderDocument(
        number=order.number,
        shop=shop_settings().name,
        supplier=order.supplier.name,
        supplier_code=order.supplier.code,
        supplier_email=order.supplier.email,
        ordered_on=timezone.localdate(order.ordered_at) if order.ordered_at else None,
        wanted_by=order.promised_date,
        currency=settings.SHOP_CURRENCY,
        note=order.note,
        lines=tuple(
            DocumentLine(
                number=number,
                sku=line.product.sku,
                name=line.product.name,
                quantity=line.quantity,
                packs=(
                    line.quantity // line.product.pack_size
                    if line.product.pack_size > 1 and not line.quantity % line.product.pack_size
                    else None
                ),
                unit_cost=line.unit_cost,
                amount=(line.quantity * line.unit_cost).quantize(Decimal("0.01")),
            )
            for number, line in enumerate(lines, start=1)
        ),
    )


def order_csv(document: OrderDocument) -> str:
    """Return the lines as CSV with a head row; money with a point, no thousands.

    Texts that a spreadsheet would take for a formula get an apostrophe in front.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for line in document.lines:
        writer.writerow(
            [
                document.number,
                line.number,
                neutral(line.sku),
                neutral(line.name),
                line.quantity,
                "" if line.packs is None else line.packs,
                f"{line.unit_cost:f}",
                f"{line.amount:f}",
            ]
        )
    return out.getvalue()
