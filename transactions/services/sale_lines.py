"""The lines of a sale beside what the shop knows: references, products, customers and prices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from inventory.models import Product
from techmart.core.problems import FieldError
from techmart.lib.prepared import prepared_cursor
from transactions.fraud.emails import email_stem
from transactions.models import Customer
from transactions.services.refusals import ReferenceConflict, SaleRefused
from transactions.services.sale_input import SaleInput, line_total, price_errors
from transactions.services.sale_marks import SaleMarks


@dataclass(frozen=True, slots=True)
class KnownLine:
    """What the database knows of a line's reference, product and customer."""

    transaction_id: int | None
    request_hash: str | None
    product: Product | None
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class SaleLine:
    """A checked line with its product and customer. row: its place in the call.

    marks: what is kept of card, addresses and e-mail; of the customer's own where none is given.
    """

    row: int
    sale: SaleInput
    product: Product
    customer: Customer | None
    unit_price: Decimal
    timestamp: datetime
    marks: SaleMarks

    @property
    def total(self) -> Decimal:
        """Return what the line comes to."""
        return line_total(self.sale.quantity, self.unit_price, self.sale.discount)


# In the order of the models' fields, as from_db reads them.
_PRODUCT = ("id", "sku", "name", "category", "price", "unit_cost", "active")
_CUSTOMER = ("id", "code", "name", "email", "active", "created_at")
_LOOK_UP = f"""
SELECT (SELECT stamp FROM rule_stamps WHERE id = 1), t.id, t.request_hash,
    {", ".join(f"p.{name}" for name in _PRODUCT)}, {", ".join(f"c.{name}" for name in _CUSTOMER)}
FROM unnest(%s::text[], %s::text[], %s::text[])
    WITH ORDINALITY AS asked (reference, sku, customer_code, row)
LEFT JOIN transactions t ON t.reference = asked.reference
LEFT JOIN products p ON upper(p.sku) = upper(asked.sku)
LEFT JOIN customers c ON c.code = asked.customer_code
ORDER BY asked.row
"""


def look_up(sales: Sequence[SaleInput]) -> tuple[list[KnownLine], UUID | None]:
    """Return what is known of every line, and the stamp of the rules, in one query."""
    with prepared_cursor() as cursor:
        cursor.execute(
            _LOOK_UP,
            [
                [sale.reference for sale in sales],
                [sale.sku for sale in sales],
                [sale.customer_code for sale in sales],
            ],
        )
        rows = cursor.fetchall()
    known = [
        KnownLine(
            transaction_id=row[1],
            request_hash=row[2],
            product=_instance(Product, _PRODUCT, row[3 : 3 + len(_PRODUCT)]),
            customer=_instance(Customer, _CUSTOMER, row[3 + len(_PRODUCT) :]),
        )
        for row in rows
    ]
    return known, rows[0][0] if rows else None


def _instance(model: Any, names: Sequence[str], values: Sequence[Any]) -> Any:
    """Return a row as an instance with its other fields deferred; None where none was found."""
    return None if values[0] is None else model.from_db("default", names, values)


def refuse_other_bodies(
    sales: Sequence[SaleInput], hashes: Sequence[str], known: Sequence[KnownLine]
) -> None:
    """Raise ReferenceConflict for references that were used for other sales."""
    errors = [
        FieldError("reference", "conflict", f"{sale.reference} is another sale.", row)
        for row, (sale, k) in enumerate(zip(sales, known, strict=True))
        if k.transaction_id is not None and k.request_hash != hashes[row]
    ]
    if errors:
        raise ReferenceConflict(errors)


def checked_lines(
    sales: Sequence[SaleInput], known: Sequence[KnownLine], *, now: datetime, currency: str
) -> list[SaleLine]:
    """Return the new lines in time order; raises SaleRefused."""
    errors: list[FieldError] = []
    lines: list[SaleLine] = []
    for row, (sale, k) in enumerate(zip(sales, known, strict=True)):
        if k.transaction_id is not None:
            continue
        found = list(_reference_errors(sale, k, row))
        if k.product is not None:
            price = k.product.price if sale.unit_price is None else sale.unit_price
            found += price_errors(sale, row, unit_price=price, currency=currency)
            marks = sale.marks
            if not marks.email and k.customer is not None:
                marks = replace(marks, email=email_stem(k.customer.email))
            lines.append(
                SaleLine(row, sale, k.product, k.customer, price, sale.timestamp or now, marks)
            )
        errors += found
    if errors:
        raise SaleRefused(errors, lines=len(sales))
    return sorted(lines, key=lambda line: line.timestamp)


def _reference_errors(sale: SaleInput, known: KnownLine, row: int) -> Iterator[FieldError]:
    if known.product is None:
        yield FieldError("sku", "unknown", f"There is no product {sale.sku}.", row)
    elif not known.product.active:
        yield FieldError("sku", "inactive", f"{sale.sku} is no longer sold.", row)
    if sale.customer_code is not None:
        if known.customer is None:
            message = f"There is no customer {sale.customer_code}."
            yield FieldError("customer_code", "unknown", message, row)
        elif not known.customer.active:
            message = f"Customer {sale.customer_code} is deactivated."
            yield FieldError("customer_code", "inactive", message, row)
