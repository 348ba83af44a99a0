"""E-mail addresses as fraud sees them: their stem, throw-away domains, and which are alike.

The stem is what stays of an address when what costs nothing to vary is taken off. It is all that
is kept of it.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from transactions.fraud.frame import Flags, Ints

# Edits between two like addresses, and letters of the longer one that an edit takes at least:
# two edits make almost any name of four letters out of any other.
MOST_EDITS = 2
LETTERS_AN_EDIT = 3
# Domains that give addresses to anyone for a few minutes; the shop's own list may add more.
_DISPOSABLE = """
10minutemail.com 10minutemail.net 20minutemail.com 33mail.com anonbox.net burnermail.io
discard.email dispostable.com dropmail.me emailondeck.com fakeinbox.com fakemail.net
getairmail.com getnada.com guerrillamail.biz guerrillamail.com guerrillamail.net
guerrillamail.org inboxkitten.com jetable.org maildrop.cc mailcatch.com mailinator.com
mailinator.net mailnesia.com mailnull.com mintemail.com moakt.com mohmal.com mytemp.email
nada.email sharklasers.com spam4.me spamgourmet.com temp-mail.io temp-mail.org tempail.com
tempinbox.com tempmail.com tempmail.dev tempmailo.com tempr.email throwawaymail.com
trash-mail.com trashmail.com trashmail.de wegwerfemail.de yopmail.com yopmail.fr
"""
DISPOSABLE_DOMAINS = frozenset(_DISPOSABLE.split())
_DIGITS = "0123456789"


def email_stem(address: str) -> str:
    """Return the stem of an address, "" for what is none.

    Small letters; before the @ without a tag that follows a plus, without dots, and without the
    digits at its end unless it is mostly digits: Anna.Lee+shop77@… and annalee3@… are annalee@….
    """
    local, at, domain = address.strip().lower().rpartition("@")
    local = local.partition("+")[0].replace(".", "")
    if not (at and local and domain):
        return ""
    if not _mostly_digits(local):
        local = local.rstrip(_DIGITS)
    return f"{local}@{domain}"


def domain_of_stem(stem: str) -> str:
    """Return the domain of a stem."""
    return stem.rpartition("@")[2]


def is_disposable(stem: str) -> bool:
    """Return whether a stem's domain gives addresses away."""
    return domain_of_stem(stem) in DISPOSABLE_DOMAINS


def is_digits_heavy(stem: str) -> bool:
    """Return whether more than half of what stands before the @ are digits."""
    return _mostly_digits(stem.rpartition("@")[0])


def _mostly_digits(local: str) -> bool:
    return sum(letter in _DIGITS for letter in local) * 2 > len(local)


@lru_cache(maxsize=1 << 16)
def are_alike(first: str, second: str) -> bool:
    """Return whether two stems of one domain differ by at most 2 edits, one for 3 letters.

    Edits: Levenshtein's insertions, deletions and substitutions, before the @.
    """
    first, _, domain = first.rpartition("@")
    second, _, other_domain = second.rpartition("@")
    allowed = min(MOST_EDITS, max(len(first), len(second)) // LETTERS_AN_EDIT)
    return domain == other_domain and edits(first, second, allowed) <= allowed


def edits(first: str, second: str, most: int) -> int:
    """Return Levenshtein's distance of two texts, or most + 1 when it is larger."""
    if abs(len(first) - len(second)) > most:
        return most + 1
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            step = min(row[j] + 1, row[j - 1] + 1, diagonal + (letter != other))
            diagonal, row[j] = row[j], step
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


class Sketches:
    """What tells most unlike stems apart at once: length, letters and pairs of letters as bits.

    An edit changes at most two letters and four pairs of neighbours, so stems that differ in more
    than twice as many bits are not alike. Hashing into 64 bits only ever hides a difference.
    """

    def __init__(self, stems: Sequence[str]) -> None:
        locals_ = [stem.rpartition("@")[0] for stem in stems]
        self._length = np.array([len(local) for local in locals_], np.int64)
        self._letters = np.array([_bits(local) for local in locals_], np.uint64)
        pairs = [[a + b for a, b in pairwise(local)] for local in locals_]
        self._pairs = np.array([_bits(each) for each in pairs], np.uint64)

    def may_be_alike(self, first: Ints, second: Ints) -> Flags:
        """Return whether stems of these places may be alike; arrays of shapes that go together."""
        near = np.abs(self._length[first] - self._length[second]) <= MOST_EDITS
        letters = np.bitwise_count(self._letters[first] ^ self._letters[second])
        pairs = np.bitwise_count(self._pairs[first] ^ self._pairs[second])
        alike: Flags = near & (letters <= 2 * MOST_EDITS) & (pairs <= 4 * MOST_EDITS)
        return alike


def _bits(parts: Sequence[str]) -> int:
    bits = 0
    for part in parts:
        bits |= 1 << sum((ord(letter) * 31**place for place, letter in enumerate(part))) % 64
    return bits
