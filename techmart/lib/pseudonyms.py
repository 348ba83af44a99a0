"""Keyed hashes in place of what must not be stored, and telling card numbers from other texts."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator

# 128 bits: far from collisions, half the length of the whole.
PSEUDONYM_LENGTH = 32
_NO_WORD = re.compile(r"[\W_]+")
# Groups of digits, parted as people part them.
_DIGITS = re.compile(r"\d+(?:[ .–-]{1,2}\d+)*")
_CARD_LENGTHS = range(13, 20)
# A hash or UUID, whose digits pass Luhn now and then.
_HASH = re.compile(r"(?=[0-9-]*[a-f])[0-9a-f-]{32,}", re.IGNORECASE)


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

    Blanks, dots and dashes between groups of digits do not hide it, nor do other groups beside it,
    such as a date (ISO/IEC 7812-1, annex B). A text that is a hash or a UUID holds none.
    """
    return not _HASH.fullmatch(text) and any(map(_passes_luhn, _possible_numbers(text)))


def _possible_numbers(text: str) -> Iterator[str]:
    """Yield the neighbouring groups of digits that together are as long as a card's number."""
    for run in _DIGITS.findall(text):
        groups = re.findall(r"\d+", run)
        for start in range(len(groups)):
            number = ""
            for group in groups[start:]:
                number += group
                if len(number) in _CARD_LENGTHS:
                    yield number
                elif len(number) >= _CARD_LENGTHS.stop:
                    break


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
