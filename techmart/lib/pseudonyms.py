"""Keyed hashes in place of what must not be stored, and telling card numbers from other texts."""

import hashlib
import hmac
import re
import unicodedata

# 128 bits: far from collisions, half the length of the whole.
PSEUDONYM_LENGTH = 32
_NO_WORD = re.compile(r"[\W_]+")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")


def pseudonym(text: str, *, key: str, purpose: str) -> str:
    """Return HMAC-SHA-256 of a text in its plain form, 32 hexadecimal digits; "" for nothing.

    key: secret, so that nobody can try out values. purpose: keeps a card and an address that are
    written alike apart. Case, accents' composition, blanks and punctuation make no difference.
    """
    plain = _NO_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    if not plain:
        return ""
    message = f"{purpose}\0{plain}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:PSEUDONYM_LENGTH]


def masked(mark: str) -> str:
    """Return enough of a hash or an e-mail stem to tell it from others on one page."""
    local, at, domain = mark.rpartition("@")
    if at:
        return f"{local[:1]}…@{domain}"
    return f"{mark[:6]}…" if mark else ""


def has_card_number(text: str) -> bool:
    """Return whether a text holds what may be a card's number: 13 to 19 digits that pass Luhn.

    Blanks and dashes between the digits do not hide it (ISO/IEC 7812-1, annex B).
    """
    return any(_passes_luhn(re.sub(r"\D", "", found)) for found in _CARD.findall(text))


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
