"""What a sale keeps of a card, of addresses and of an e-mail: enough to see them again."""

from dataclasses import dataclass

from django.conf import settings

from techmart.lib.pseudonyms import pseudonym
from transactions.fraud.emails import email_stem


@dataclass(frozen=True, slots=True)
class SaleMarks:
    """Keyed hashes of 32 hexadecimal digits and the e-mail's stem; "" for what was not given."""

    card: str = ""
    ship_address: str = ""
    bill_address: str = ""
    email: str = ""


def card_hash(token: str) -> str:
    """Return what is kept of a card's token."""
    return pseudonym(token, key=settings.PSEUDONYM_KEY, purpose="card")


def address_hash(address: str) -> str:
    """Return what is kept of an address, the same whether it is shipped or billed to."""
    return pseudonym(address, key=settings.PSEUDONYM_KEY, purpose="address")


def marks_of(*, card_token: str, ship_address: str, bill_address: str, email: str) -> SaleMarks:
    """Return what is kept of these."""
    return SaleMarks(
        card=card_hash(card_token),
        ship_address=address_hash(ship_address),
        bill_address=address_hash(bill_address),
        email=email_stem(email),
    )
