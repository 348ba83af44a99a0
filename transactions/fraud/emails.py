"""E-mail addresses as fraud sees them: their stem, throw-away domains, and which are alike.

The stem is what stays of an address when what costs nothing to vary is taken off. It is all that
is kept of it.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

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


class Stems:
    """Stems by place, compared many at once.

    Most unlike ones are told apart by length, letters and pairs of letters as bits: an edit
    changes at most two letters and four pairs of neighbours, and hashing into 64 bits only ever
    hides a difference. For the others the edits are counted.
    """

    def __init__(self, stems: Sequence[str]) -> None:
        names = [stem.rpartition("@")[0] for stem in stems]
        self._length = np.array([len(name) for name in names], np.int64)
        letters, pairs = zip(*map(_signature, names), strict=True) if names else ((), ())
        self._letters, self._pairs = np.array(letters, np.uint64), np.array(pairs, np.uint64)
        self._names = names

    @cached_property
    def _codes(self) -> NDArray[np.int32]:
        """Letters by code, with room for the band on both sides; few sales have any to compare."""
        width = int(self._length.max(initial=0)) + 2 * MOST_EDITS
        codes = np.zeros((len(self._names), width), np.int32)
        for row, name in enumerate(self._names):
            codes[row, MOST_EDITS : MOST_EDITS + len(name)] = [ord(c) for c in name]
        return codes

    def may_be_alike(self, first: Ints, second: Ints) -> Flags:
        """Return whether stems of these places may be alike; arrays of shapes that go together."""
        near = np.abs(self._length[first] - self._length[second]) <= MOST_EDITS
        letters = np.bitwise_count(self._letters[first] ^ self._letters[second])
        pairs = np.bitwise_count(self._pairs[first] ^ self._pairs[second])
        alike: Flags = near & (letters <= 2 * MOST_EDITS) & (pairs <= 4 * MOST_EDITS)
        return alike

    def are_alike(self, first: Ints, second: Ints) -> Flags:
        """Return whether stems of one domain differ by at most 2 edits, one for 3 letters.

        Edits: Levenshtein's insertions, deletions and substitutions, before the @.
        """
        if not len(first):
            return np.zeros(0, np.bool_)
        longer = np.maximum(self._length[first], self._length[second])
        allowed = np.minimum(MOST_EDITS, longer // LETTERS_AN_EDIT)
        alike: Flags = self._edits(first, second) <= allowed
        return alike

    def _edits(self, first: Ints, second: Ints) -> Ints:
        """Return the edits between stems, any number above MOST_EDITS for more.

        Levenshtein's table in the band of places that differ by MOST_EDITS (Ukkonen, 1985).
        """
        lengths, others = self._length[first], self._length[second]
        more = MOST_EDITS + 1
        apart = others - lengths
        inside = np.abs(apart) <= MOST_EDITS
        # Column k stands for k − MOST_EDITS letters more of the second than of the first.
        end = np.where(inside, apart + MOST_EDITS, 0)
        rows, band = np.arange(len(first)), 2 * MOST_EDITS + 1
        row = np.full((len(first), band), more)
        row[:, MOST_EDITS:] = np.arange(MOST_EDITS + 1)
        found = np.where(inside & (lengths == 0), row[rows, end], more)
        for i in range(1, int(lengths.max(initial=0)) + 1):
            letter = self._codes[first, MOST_EDITS + i - 1]
            following = np.full_like(row, more)
            for k in range(band):
                j = i + k - MOST_EDITS
                if j < 0:
                    continue
                best = np.full(len(first), i if j == 0 else more)
                if j > 0:
                    place = min(MOST_EDITS + j - 1, self._codes.shape[1] - 1)
                    best = row[:, k] + (letter != self._codes[second, place])
                if k + 1 < band:
                    best = np.minimum(best, row[:, k + 1] + 1)
                if k > 0:
                    best = np.minimum(best, following[:, k - 1] + 1)
                following[:, k] = np.minimum(best, more)
            row = following
            found = np.where(inside & (lengths == i), row[rows, end], found)
        return found


# A sale is compared with the newest 200 of its domain, and so is the next.
@lru_cache(maxsize=20_000)
def _signature(name: str) -> tuple[int, int]:
    return _bits(name), _bits([a + b for a, b in pairwise(name)])


def _bits(parts: Sequence[str]) -> int:
    bits = 0
    for part in parts:
        bits |= 1 << sum((ord(letter) * 31**place for place, letter in enumerate(part))) % 64
    return bits
