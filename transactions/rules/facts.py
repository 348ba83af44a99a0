"""A sale as a rule sees it, one at a time; `history` makes the same of many."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from transactions.fraud.calendar import microseconds
from transactions.rules.fields import FIELDS, SIGNAL_PREFIX, Spelling
from transactions.rules.matching import TIMESTAMP, Facts

# A factor and no division: frames divide by a constant that way, and both must agree to the bit.
DAYS_A_MICROSECOND = 1 / 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleToJudge:
    """What is known of a sale when it is recorded; empty texts and None are unknown.

    amount_cents, discount_cents: of the line. email_stem: of the order's address. customer_since,
    email: when the customer's account was made, and its address. score: 0 to 1. reasons: as stored
    with the sale, each with code and value.
    """

    timestamp: datetime
    amount_cents: int
    discount_cents: int
    quantity: int
    channel: str
    payment_method: str
    device: str
    card: str = ""
    ship_address: str = ""
    bill_address: str = ""
    email_stem: str = ""
    declined: bool = False
    ip_country: str
    ship_country: str
    store: str
    sku: str
    category: str
    customer: str
    customer_since: datetime | None
    email: str
    score: float
    reasons: Iterable[Mapping[str, Any]]


def facts_of(sale: SaleToJudge, *, zone: ZoneInfo) -> Facts:
    """Return the sale by field code. zone: of the shop, for hour and weekday."""
    local = sale.timestamp.astimezone(zone)
    at_us = microseconds(sale.timestamp)
    gross = sale.amount_cents + sale.discount_cents
    ship = Spelling.UPPER.of(sale.ship_country) or None
    ip = Spelling.UPPER.of(sale.ip_country) or None
    facts: dict[str, Any] = {
        TIMESTAMP: at_us,
        "amount": sale.amount_cents,
        "quantity": sale.quantity,
        "discount_share": sale.discount_cents / gross if gross else None,
        "channel": sale.channel,
        "payment_method": sale.payment_method,
        "ship_country": ship,
        "ip_country": ip,
        "countries_differ": ship != ip if ship and ip else None,
        "store": sale.store.strip() or None,
        "device": sale.device.strip() or None,
        "card": sale.card or None,
        "ship_address": sale.ship_address or None,
        "bill_address": sale.bill_address or None,
        "addresses_differ": (
            sale.ship_address != sale.bill_address
            if sale.ship_address and sale.bill_address
            else None
        ),
        "email_stem": sale.email_stem or None,
        "declined": sale.declined,
        "sku": Spelling.UPPER.of(sale.sku),
        "category": sale.category.strip(),
        "hour": local.hour,
        "weekday": str(local.isoweekday()),
        "customer": sale.customer.strip() or None,
        "customer_age_days": _age_days(at_us, sale.customer_since),
        "email_domain": domain_of(sale.email_stem or sale.email),
        "score": sale.score * 100,
    }
    said = {f"{SIGNAL_PREFIX}{each['code']}": float(each["value"]) for each in sale.reasons}
    signals = (code for code in FIELDS if code.startswith(SIGNAL_PREFIX))
    return facts | {code: said.get(code, 0.0) for code in signals}


def domain_of(email: str) -> str | None:
    """Return what follows the last @ of an address; None without one."""
    return Spelling.LOWER.of(email.rpartition("@")[2]) or None if "@" in email else None


def _age_days(at_us: int, since: datetime | None) -> float | None:
    """Days since the account was made; unknown for a sale before it, of an imported past."""
    if since is None:
        return None
    age_us = at_us - microseconds(since)
    return age_us * DAYS_A_MICROSECOND if age_us >= 0 else None
