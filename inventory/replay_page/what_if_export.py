"""A supplier's products on other terms as a file: all of them, the page shows the first."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from inventory.models import Supplier
from inventory.paths import SUPPLIERS_PATH, what_if_path
from inventory.planner.what_if import Assumptions, PlannedProduct, Totals, supplier_what_if
from inventory.replay_page.forms import WhatIfForm
from techmart.core.exports.registry import ExportList, Query, Subject, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal
from techmart.lib.export import Cell, Column, Kind, Table
from techmart.lib.periods import address

SUPPLIER = Subject("code", "code", lambda: Supplier.objects.all())
_FIGURES = (
    ("Reorder at", Kind.COUNT),
    ("Safety stock", Kind.NUMBER),
    ("Order up to", Kind.COUNT),
    ("Cash tied", Kind.MONEY),
    ("Runs out", Kind.SHARE),
    ("Margin lost", Kind.MONEY),
    ("To order today", Kind.COUNT),
)
_COLUMNS = (
    Column("Code", width=14),
    Column("Product", width=30),
    *(Column(f"{label}, {when}", kind, 11) for label, kind in _FIGURES for when in ("now", "then")),
)


class UnknownTerms(Refusal):
    """What is assumed cannot be."""

    def __init__(self, form: WhatIfForm) -> None:
        errors = [
            FieldError(field, "invalid", f"{form[field].label}: {said[0]}")
            for field, said in form.errors.items()
        ]
        super().__init__(" ".join(error.message for error in errors), errors=errors)


def register_lists() -> None:
    """Offer a supplier's products on other terms."""
    register(
        ExportList(
            key="what-if",
            title="A supplier on other terms",
            permission="inventory.view_supplier",
            path=f"{SUPPLIERS_PATH}{{code}}/what-if/",
            build=what_if_table,
            subject=SUPPLIER,
        )
    )


def what_if_table(query: Query, _user: User, now: datetime) -> Table:
    """Return the products, those whose cash changes most first.

    Raises UnknownTerms, and Refusal when none of the products has a prediction.
    """
    supplier = SUPPLIER.of(query)
    given = {name: query[name] for name in WhatIfForm.base_fields if query.get(name)}
    form = WhatIfForm(given or None)
    if form.is_bound and not form.is_valid():
        raise UnknownTerms(form)
    assumed = form.assumptions() if form.is_bound else Assumptions()
    found = supplier_what_if(supplier, assumed, now=now)

    def rows() -> Iterator[Sequence[Cell]]:
        for change in found.products:
            pairs = zip(_cells(change.before), _cells(change.after), strict=True)
            yield (change.sku, change.name, *(cell for pair in pairs for cell in pair))

    return shop_table(
        title=f"{supplier.name} on other terms",
        columns=_COLUMNS,
        rows=rows,
        row_count=len(found.products),
        totals=[*_totals("now", found.before), *_totals("then", found.after)],
        filters=[f"Supplier {supplier.code}", *_words(form, given)],
        as_of=now,
        url=address(what_if_path(supplier.code), given),
    )


def _cells(product: PlannedProduct) -> Sequence[Cell]:
    return (
        product.reorder_point,
        round(product.safety_stock, 2),
        product.order_up_to,
        round(product.cash_tied, 2),
        round(product.p_stockout, 4),
        round(product.expected_lost_margin, 2),
        product.order_units,
    )


def _totals(when: str, totals: Totals) -> list[tuple[str, Cell]]:
    return [
        (f"Reorder points, {when}", totals.reorder_units),
        (f"Cash tied, {when}", round(totals.cash_tied, 2)),
        (f"Margin lost, {when}", round(totals.expected_lost_margin, 2)),
        (f"To order today, {when}", totals.order_units),
    ]


def _words(form: WhatIfForm, given: Mapping[str, str]) -> list[str]:
    """Return what is assumed, as the form names it."""
    return [
        str(form[name].label) if name == "count_receipts" else f"{form[name].label}: {value}"
        for name, value in given.items()
        if form.cleaned_data[name] is not False
    ]
