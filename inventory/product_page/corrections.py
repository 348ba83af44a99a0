"""The forms that correct a product and its stock, on its page."""

from dataclasses import dataclass
from typing import Any

from inventory.forms import (
    ChangeForm,
    CountForm,
    SupplierReturnForm,
    WriteOffForm,
    change_form_of,
)
from inventory.models import Product, PurchaseOrderLine
from inventory.paths import product_path
from techmart.core.corrections import Difference

LINES_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A correction that was refused, to be shown again. differences: what others set."""

    count_form: CountForm | None = None
    change_form: ChangeForm | None = None
    write_off_form: WriteOffForm | None = None
    return_form: SupplierReturnForm | None = None
    differences: tuple[Difference, ...] = ()
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A field with what it is now and what was sent."""

    label: str
    current: Any
    wanted: Any


def corrections_context(product: Product, sent: Sent) -> dict[str, Any]:
    """Return what `inventory/_corrections.html` asks for.

    The version is that of the product as it is now: who has read what others set may send again.
    """
    path = product_path(product.sku)
    return {
        "may_correct": True,
        "booked_units": product.stock_quantity,
        "version": product.version,
        "count_url": f"{path}count/",
        "count_form": sent.count_form or CountForm(),
        "change_url": f"{path}change/",
        "change_form": sent.change_form or change_form_of(product),
        "write_off_url": f"{path}write-off/",
        "write_off_form": sent.write_off_form or WriteOffForm(),
        "return_url": f"{path}return/",
        "return_form": sent.return_form or SupplierReturnForm(),
        "lines": _lines_that_came(product),
        "is_stale": sent.is_stale,
        "differences": [_row(each, product, sent) for each in sent.differences],
    }


def _lines_that_came(product: Product) -> list[tuple[str, str]]:
    """Return the newest order lines of which something came, as the choices of a return."""
    rows = (
        PurchaseOrderLine.objects.filter(product=product, received_quantity__gt=0)
        .order_by("-pk")
        .values_list("pk", "order__number", "received_quantity")[:LINES_OFFERED]
    )
    return [(str(key), f"{number}, {units} came") for key, number, units in rows]


def _row(difference: Difference, product: Product, sent: Sent) -> DifferenceRow:
    if difference.field == "supplier_id" and sent.change_form:
        # People know a supplier by its code.
        written = sent.change_form.data.get("supplier", "")
        return DifferenceRow("Supplier's code", product.supplier.code, written)
    words = difference.field.replace("_", " ").capitalize()
    label = ChangeForm.base_fields[difference.field].label or words
    return DifferenceRow(str(label), difference.current, difference.wanted)
