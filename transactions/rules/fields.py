"""What a rule can ask of a sale: one entry a field, with its kind and its allowed values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from transactions.choices import Channel, ListKind, PaymentMethod
from transactions.fraud.columns import SIGNALS

SIGNAL_PREFIX = "signal."


class FieldKind(StrEnum):
    """How a field's values are written and compared.

    MONEY is whole hundredths of the currency, so that limits are met exactly; TEXT is compared
    after its field's own spelling.
    """

    MONEY = "money"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"


class Spelling(StrEnum):
    """How texts that mean the same are brought to one form."""

    EXACT = "exact"
    UPPER = "upper"
    LOWER = "lower"

    def of(self, text: str) -> str:
        """Return a text in this form, without blanks around it."""
        text = text.strip()
        if self is Spelling.UPPER:
            return text.upper()
        return text.lower() if self is Spelling.LOWER else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a rule can ask of a sale.

    lower, upper: what a number may be. choices: value to label of a CHOICE. list_kind: kind of
    the value lists it can be looked up in. may_be_unknown: some sales do not have it.
    of_today: read as it is now, also for past sales, since its past is not kept.
    """

    code: str
    label: str
    kind: FieldKind
    lower: float | None = None
    upper: float | None = None
    whole: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    spelling: Spelling = Spelling.EXACT
    list_kind: ListKind | None = None
    may_be_unknown: bool = False
    of_today: bool = False
    hint: str = ""


WEEKDAYS = MappingProxyType(
    dict(
        zip(
            "1234567",
            ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
            strict=True,
        )
    )
)


def _text(code: str, label: str, kind: ListKind | None, **more: object) -> Field:
    return Field(code=code, label=label, kind=FieldKind.TEXT, list_kind=kind, **more)  # type: ignore[arg-type]  # checked where it is made


_HASH: dict[str, object] = {"spelling": Spelling.LOWER, "hint": "its hash, as the API shows it"}
_SALE = (
    Field(code="amount", label="amount", kind=FieldKind.MONEY, lower=0),
    Field(code="quantity", label="quantity", kind=FieldKind.NUMBER, lower=1, whole=True),
    Field(
        code="discount_share",
        label="discount share",
        kind=FieldKind.NUMBER,
        lower=0,
        upper=1,
        may_be_unknown=True,
        hint="0 to 1 of the price before it",
    ),
    Field(
        code="channel",
        label="channel",
        kind=FieldKind.CHOICE,
        choices=MappingProxyType(dict(Channel.choices)),
    ),
    Field(
        code="payment_method",
        label="payment method",
        kind=FieldKind.CHOICE,
        choices=MappingProxyType(dict(PaymentMethod.choices)),
    ),
    _text(
        "ship_country",
        "ship country",
        ListKind.COUNTRY,
        spelling=Spelling.UPPER,
        may_be_unknown=True,
        hint="two letters, such as GB",
    ),
    _text(
        "ip_country",
        "IP country",
        ListKind.COUNTRY,
        spelling=Spelling.UPPER,
        may_be_unknown=True,
        hint="two letters, such as GB",
    ),
    Field(
        code="countries_differ",
        label="ship and IP country differ",
        kind=FieldKind.FLAG,
        may_be_unknown=True,
    ),
    _text("store", "store", ListKind.STORE, may_be_unknown=True),
    _text("device", "device", ListKind.DEVICE, may_be_unknown=True),
    _text("card", "card", ListKind.CARD, may_be_unknown=True, **_HASH),
    _text("ship_address", "shipping address", ListKind.ADDRESS, may_be_unknown=True, **_HASH),
    _text("bill_address", "billing address", ListKind.ADDRESS, may_be_unknown=True, **_HASH),
    Field(
        code="addresses_differ",
        label="shipping and billing address differ",
        kind=FieldKind.FLAG,
        may_be_unknown=True,
    ),
    _text(
        "email_stem",
        "e-mail stem",
        ListKind.EMAIL,
        spelling=Spelling.LOWER,
        may_be_unknown=True,
        hint="small letters, without tag, dots and digits at the end",
    ),
    Field(code="declined", label="payment was declined", kind=FieldKind.FLAG),
    _text("sku", "product SKU", ListKind.PRODUCT, spelling=Spelling.UPPER, of_today=True),
    _text("category", "category", ListKind.CATEGORY, of_today=True),
    Field(
        code="hour",
        label="hour",
        kind=FieldKind.NUMBER,
        lower=0,
        upper=23,
        whole=True,
        hint="0 to 23, shop time",
    ),
    Field(code="weekday", label="weekday", kind=FieldKind.CHOICE, choices=WEEKDAYS),
    _text("customer", "customer code", ListKind.CUSTOMER, may_be_unknown=True, of_today=True),
    Field(
        code="customer_age_days",
        label="customer age in days",
        kind=FieldKind.NUMBER,
        lower=0,
        may_be_unknown=True,
        hint="since the account was made",
    ),
    _text(
        "email_domain",
        "e-mail domain",
        ListKind.EMAIL_DOMAIN,
        spelling=Spelling.LOWER,
        may_be_unknown=True,
        # Of sales without an address of their own.
        of_today=True,
        hint="such as example.com",
    ),
    Field(
        code="score",
        label="score",
        kind=FieldKind.NUMBER,
        lower=0,
        upper=100,
        hint="0 to 100",
    ),
)
# What a signal said when the sale was scored; 0 where it was silent.
_SIGNALS = tuple(
    Field(
        code=f"{SIGNAL_PREFIX}{signal.code}",
        label=f"signal {signal.code}, {signal.label[:1].lower()}{signal.label[1:]}",
        kind=FieldKind.NUMBER,
        lower=0,
        upper=1,
        hint="0 to 1",
    )
    for signal in SIGNALS
)
FIELDS: Mapping[str, Field] = MappingProxyType({f.code: f for f in (*_SALE, *_SIGNALS)})
