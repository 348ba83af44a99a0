"""What a caller says of a sale, and what is wrong with it as it stands."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from techmart.core.problems import FieldError
from techmart.lib.pseudonyms import has_card_number
from transactions.choices import Channel, PaymentMethod
from transactions.fraud.emails import email_stem
from transactions.services.sale_marks import SaleMarks, marks_of

PAID, OUTSTANDING, DECLINED = "paid", "outstanding", "declined"
PAYMENT_STATUSES = (PAID, OUTSTANDING, DECLINED)
# A caller's clock may run ahead of ours by so much.
CLOCK_TOLERANCE = timedelta(minutes=5)
MAX_QUANTITY = 2_147_483_647
_CENT = Decimal("0.01")
_MAX_MONEY = Decimal(10) ** 12
_MAX_PRICE = Decimal(10) ** 10
_TEXT_LIMITS = {
    "reference": 120,
    "order_ref": 80,
    "sku": 60,
    "customer_code": 60,
    "device": 80,
    "store": 40,
    "card_token": 200,
    "ship_address": 500,
    "bill_address": 500,
    "email": 254,
}
# None of these is stored as it is given.
_MARKS = ("card_token", "ship_address", "bill_address", "email")
_ADDRESSES = ("ship_address", "bill_address")
_NO_CARD_NUMBERS = "This looks like a card number; send the payment provider's token instead."
_REQUIRED = ("reference", "sku")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleInput:
    """One order line to record.

    reference: the caller's idempotency key. order_ref: empty for an order of this line alone.
    customer_code: None for an anonymous sale. unit_price: None for the product's price.
    total_amount and currency are checked when given. payment_status: "paid", "outstanding" or
    "declined". Countries are two letters or empty. timestamp: when it happened, aware; None for
    now. card_token: what stands for the card at the payment provider, never its number; it and
    the addresses are kept as keyed hashes only, of email its stem.
    """

    reference: str
    sku: str
    quantity: int
    order_ref: str = ""
    customer_code: str | None = None
    unit_price: Decimal | None = None
    discount: Decimal = Decimal("0")
    total_amount: Decimal | None = None
    currency: str | None = None
    channel: str = Channel.WEB
    payment_method: str = PaymentMethod.UNKNOWN
    payment_status: str = PAID
    device: str = ""
    ip_country: str = ""
    ship_country: str = ""
    store: str = ""
    timestamp: datetime | None = None
    card_token: str = field(default="", repr=False)
    ship_address: str = field(default="", repr=False)
    bill_address: str = field(default="", repr=False)
    email: str = field(default="", repr=False)

    @property
    def order(self) -> str:
        """Return the order the line belongs to."""
        return self.order_ref or self.reference[: _TEXT_LIMITS["order_ref"]]

    @property
    def marks(self) -> SaleMarks:
        """Return what is kept of card, addresses and e-mail."""
        return marks_of(**{name: getattr(self, name) for name in _MARKS})

    def fingerprint(self) -> str:
        """Return SHA-256 of the canonical body: equal exactly when the sale is the same.

        12.5 and 12.50 are one number, 12:00Z and 13:00+01:00 one moment, "de" and "DE" one
        country. Of card, addresses and e-mail it holds what is kept, and of those not given
        nothing, as before they were known.
        """
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        for name in _MARKS:
            del given[name]
        marks = self.marks
        for each in fields(marks):
            if mark := getattr(marks, each.name):
                given[f"{each.name}_mark"] = mark
        body = {name: _canonical(value) for name, value in given.items()}
        for name in ("ip_country", "ship_country"):
            body[name] = body[name].upper()
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else str(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    return value if value is None or isinstance(value, int) else str(value)


def line_total(quantity: int, unit_price: Decimal, discount: Decimal) -> Decimal:
    """Return round(quantity × unit_price, 2) − discount; halves go away from zero, as in SQL."""
    return (quantity * unit_price).quantize(_CENT, rounding=ROUND_HALF_UP) - discount


def input_errors(
    sales: Sequence[SaleInput], *, now: datetime, currency: str, allow_anonymous: bool
) -> list[FieldError]:
    """Return everything that is wrong with the lines by themselves, row by row."""
    errors = [
        error
        for row, sale in enumerate(sales)
        for error in _line_errors(sale, row, now=now, currency=currency)
    ]
    if not allow_anonymous:
        errors += [
            FieldError("customer_code", "required", "Name the customer.", row)
            for row, sale in enumerate(sales)
            if sale.customer_code is None
        ]
    seen: dict[str, int] = {}
    for row, sale in enumerate(sales):
        first = seen.setdefault(sale.reference, row)
        if first != row:
            message = f"Line {first + 1} has this reference too; give each line its own."
            errors.append(FieldError("reference", "duplicate", message, row))
    return errors


def price_errors(
    sale: SaleInput, row: int, *, unit_price: Decimal, currency: str
) -> Iterator[FieldError]:
    """Yield what is wrong with the money of a line, its unit price known."""
    total = line_total(sale.quantity, unit_price, sale.discount)
    gross = total + sale.discount
    if gross >= _MAX_MONEY:
        yield FieldError("quantity", "invalid", f"{gross} {currency} is too large.", row)
    elif total < 0:
        yield FieldError(
            "discount",
            "invalid",
            f"A discount of {sale.discount} is more than the {gross} it is taken from.",
            row,
        )
    elif sale.total_amount is not None and sale.total_amount != total:
        yield FieldError(
            "total_amount",
            "mismatch",
            f"{sale.quantity} × {unit_price} − {sale.discount} is {total}, "
            f"not {sale.total_amount}.",
            row,
        )


def _line_errors(
    sale: SaleInput, row: int, *, now: datetime, currency: str
) -> Iterator[FieldError]:
    yield from _text_errors(sale, row)
    yield from _mark_errors(sale, row)
    yield from _choice_errors(sale, row)
    yield from _number_errors(sale, row)
    if sale.currency is not None and sale.currency != currency:
        message = f"The shop sells in {currency}, not {sale.currency}."
        yield FieldError("currency", "mismatch", message, row)
    if sale.timestamp is not None:
        if sale.timestamp.tzinfo is None:
            yield FieldError("timestamp", "invalid", "Give the time zone of this moment.", row)
        elif sale.timestamp > now + CLOCK_TOLERANCE:
            yield FieldError("timestamp", "future", "This moment is still to come.", row)


def _text_errors(sale: SaleInput, row: int) -> Iterator[FieldError]:
    for name, limit in _TEXT_LIMITS.items():
        text = getattr(sale, name)
        if text is None:
            continue
        if name in _REQUIRED and not text.strip():
            yield FieldError(name, "required", "This is needed.", row)
        elif name == "customer_code" and not text.strip():
            yield FieldError(name, "invalid", "Leave it out for an anonymous sale.", row)
        elif len(text) > limit:
            yield FieldError(name, "invalid", f"At most {limit} characters.", row)
        elif name not in _ADDRESSES and not text.isprintable():
            yield FieldError(name, "invalid", "No control characters.", row)
    for name in ("ip_country", "ship_country"):
        country = getattr(sale, name)
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            yield FieldError(name, "invalid", "Two letters, such as GB.", row)


def _mark_errors(sale: SaleInput, row: int) -> Iterator[FieldError]:
    for name in _MARKS:
        if has_card_number(getattr(sale, name)):
            yield FieldError(name, "card_number", _NO_CARD_NUMBERS, row)
    if sale.email and not email_stem(sale.email):
        yield FieldError("email", "invalid", "An address such as anna@example.com.", row)


def _choice_errors(sale: SaleInput, row: int) -> Iterator[FieldError]:
    for name, values in (
        ("channel", Channel.values),
        ("payment_method", PaymentMethod.values),
        ("payment_status", PAYMENT_STATUSES),
    ):
        if getattr(sale, name) not in values:
            yield FieldError(name, "invalid", f"One of {', '.join(values)}.", row)


def _number_errors(sale: SaleInput, row: int) -> Iterator[FieldError]:
    if not 1 <= sale.quantity <= MAX_QUANTITY:
        yield FieldError("quantity", "invalid", "A whole number from 1 up.", row)
    for name, places, limit in (
        ("unit_price", 4, _MAX_PRICE),
        ("discount", 2, _MAX_MONEY),
        ("total_amount", 2, _MAX_MONEY),
    ):
        number = getattr(sale, name)
        if number is not None and not _is_amount(number, places, limit):
            message = f"A number from 0 up with at most {places} decimals."
            yield FieldError(name, "invalid", message, row)


def _is_amount(number: Decimal, places: int, limit: Decimal) -> bool:
    if not number.is_finite() or not 0 <= number < limit:
        return False
    exponent = number.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= places
