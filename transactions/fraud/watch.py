"""Watch lists and known limits: what stands in a list, as of each sale's time.

A list of values may be watched (F17, F19); a list of limits says at which amounts sales are looked
at (F13). Entries are never removed, so that the past can be asked.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from django.db import connection

from transactions.choices import ListKind
from transactions.fraud.emails import domain_of_stem
from transactions.fraud.frame import NEVER_US, Flags, Ints, SalesFrame, Texts, text_column
from transactions.fraud.habits import Limits

SPELL_PREFIX = "list."
_SPELL = f"""
    '{SPELL_PREFIX}' || l.kind, {{value}}, (extract(epoch FROM e.added_at) * 1000000)::bigint,
    NULL::float8, NULL::float8, (extract(epoch FROM e.expires_at) * 1000000)::bigint, NULL::int
"""
# What the lists say of a few values, and all limits; the columns are those of statistics.
LIVE_SPELLS = f"""
SELECT {_SPELL.format(value="e.value")}
FROM unnest(%s::text[], %s::text[]) AS asked (kind, value)
JOIN value_lists l ON l.watched AND l.kind = asked.kind
JOIN value_list_entries e ON e.list_id = l.id AND e.value = asked.value
UNION ALL
SELECT {_SPELL.format(value="e.value")}
FROM value_lists l JOIN value_list_entries e ON e.list_id = l.id WHERE l.kind = 'limit'
"""
# Everything in them; customers and products by their keys, as frames name them.
_ALL_SPELLS = f"""
SELECT {
    _SPELL.format(
        value='''
    CASE l.kind WHEN 'customer' THEN c.id::text WHEN 'product' THEN p.id::text ELSE e.value END
'''
    )
}
FROM value_lists l JOIN value_list_entries e ON e.list_id = l.id
LEFT JOIN customers c ON l.kind = 'customer' AND c.code = e.value
LEFT JOIN products p ON l.kind = 'product' AND upper(p.sku) = upper(e.value)
WHERE (l.watched OR l.kind = 'limit')
    -- A code that nobody has is no key of somebody else.
    AND (l.kind <> 'customer' OR c.id IS NOT NULL) AND (l.kind <> 'product' OR p.id IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class ListSpell:
    """A value of a list, standing for begin_us ≤ t < end_us, microseconds."""

    kind: ListKind
    value: str
    begin_us: int
    end_us: int

    @property
    def span(self) -> tuple[int, int]:
        """Return when it stands."""
        return self.begin_us, self.end_us

    @classmethod
    def of_row(cls, kind: str, value: str, begin_us: int, end_us: int | None) -> "ListSpell":
        """Return the spell of a row of these queries."""
        kind = kind.removeprefix(SPELL_PREFIX)
        return cls(ListKind(kind), value, begin_us, NEVER_US if end_us is None else end_us)


@dataclass(frozen=True, slots=True)
class Watched:
    """What of each line stands in a watch list at its time.

    any: something does; country: the country shipped to does; what: it in words, "" for nothing.
    """

    any: Flags
    country: Flags
    what: Texts


def load_spells() -> list[ListSpell]:
    """Return all that stands or ever stood in watch lists and lists of limits."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL_SPELLS)
        rows = cursor.fetchall()
    return [ListSpell.of_row(row[0], row[1], row[2], row[5]) for row in rows]


def limits_of(spells: Iterable[ListSpell]) -> Limits:
    """Return the known limits."""
    found = [spell for spell in spells if spell.kind == ListKind.LIMIT]
    return Limits(
        cents=np.array([int(Decimal(spell.value) * 100) for spell in found], np.int64),
        begin_us=np.array([spell.begin_us for spell in found], np.int64),
        end_us=np.array([spell.end_us for spell in found], np.int64),
    )


def watched_lines(lines: SalesFrame, spells: Sequence[ListSpell]) -> Watched:
    """Return what of each line is watched; customers and products are named by key."""
    n = len(lines)
    found = Watched(np.zeros(n, np.bool_), np.zeros(n, np.bool_), text_column([""] * n))
    told: dict[ListKind, dict[str, list[ListSpell]]] = {}
    for spell in spells:
        if spell.kind != ListKind.LIMIT:
            told.setdefault(spell.kind, {}).setdefault(spell.value, []).append(spell)
    for kind, word, values in _watchable(lines):
        if kind not in told:
            continue
        hit = _standing(values, lines.timestamp_us, told[kind])
        found.what[hit & ~found.any] = word
        found.any[:] |= hit
        if word == "country shipped to":
            found.country[:] |= hit
    return found


def live_names(
    lines: SalesFrame, *, customers: Sequence[str], skus: Sequence[str]
) -> dict[tuple[str, str], str]:
    """Return what lists may hold of a few lines, as (kind, spelling of the list), and frames'.

    customers: code of each line's customer, "" for anonymous.
    """
    names: dict[tuple[str, str], str] = {}
    for kind, _, values in _watchable(lines):
        spelled: Sequence[str] = values
        if kind == ListKind.CUSTOMER:
            spelled = customers
        elif kind == ListKind.PRODUCT:
            spelled = [sku.upper() for sku in skus]
        names |= {
            (kind.value, text): value
            for text, value in zip(spelled, values, strict=True)
            if text and value
        }
    return names


def _watchable(lines: SalesFrame) -> Iterator[tuple[ListKind, str, list[str]]]:
    """Yield the kinds of lists, what each looks at in words, and the lines' values there."""
    emails = lines.texts("email").tolist()
    yield ListKind.COUNTRY, "country shipped to", lines.ship_country.tolist()
    yield ListKind.COUNTRY, "IP country", lines.ip_country.tolist()
    yield ListKind.CUSTOMER, "customer", [str(c) if c else "" for c in lines.customer_id.tolist()]
    yield ListKind.DEVICE, "device", lines.devices.tolist()
    yield ListKind.STORE, "store", lines.texts("store").tolist()
    yield ListKind.PRODUCT, "product", [str(p) for p in lines.product_id.tolist()]
    yield ListKind.CATEGORY, "category", lines.texts("category").tolist()
    yield ListKind.EMAIL_DOMAIN, "e-mail domain", [domain_of_stem(each) for each in emails]
    yield ListKind.EMAIL, "e-mail stem", emails
    yield ListKind.CARD, "card", lines.texts("card").tolist()
    yield ListKind.ADDRESS, "shipping address", lines.texts("ship_address").tolist()
    yield ListKind.ADDRESS, "billing address", lines.texts("bill_address").tolist()


def _standing(values: Sequence[str], at_us: Ints, told: dict[str, list[ListSpell]]) -> Flags:
    hit = np.zeros(len(values), np.bool_)
    for i, value in enumerate(values):
        if value and value in told:
            at = int(at_us[i])
            hit[i] = any(spell.begin_us <= at < spell.end_us for spell in told[value])
    return hit
