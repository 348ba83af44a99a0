"""What sales share within a day: devices, cards, addresses, e-mail stems, and like addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from techmart.lib.prepared import prepared_cursor
from transactions.fraud.calendar import moment_of
from transactions.fraud.emails import Stems, domain_of_stem
from transactions.fraud.frame import (
    ANONYMOUS,
    DAY_US,
    NEVER_US,
    UNKNOWN,
    Flags,
    Ints,
    SalesFrame,
    text_codes,
)
from transactions.fraud.habits import tries_between
from transactions.fraud.history import FEW_LINES
from transactions.fraud.timelines import latest_earlier, run_starts

# What may be shared, as the frame names it, with its column and its word for people.
ATTRIBUTES = {
    "device": ("device", "device"),
    "card": ("card_hash", "card"),
    "ship_address": ("ship_address_hash", "shipping address"),
    "bill_address": ("bill_address_hash", "billing address"),
    "email": ("email_stem", "e-mail stem"),
}
WORDS = tuple(word for _, word in ATTRIBUTES.values())
# F18 looks at payments tried with one of these, beside the customer's.
TRIED_WITH = ("device", "card")
# F16 compares with so many sales of the e-mail's domain, the newest within 24 hours.
LIKE_SALES = 200
NO_USES: Ints = np.zeros((4, 0), np.int64)
# Windows looked at at once: some 16 MB.
_BLOCK = 10_000

_COLUMNS = """
    (extract(epoch FROM t.timestamp) * 1000000)::bigint AS at, t.id, COALESCE(t.customer_id, 0),
    (extract(epoch FROM t.declined_at) * 1000000)::bigint
"""
# What was sold with these values since 24 hours before the first line.
_USES = """
SELECT '{name}', t.{column}, {columns} FROM transactions t
WHERE t.{column} = ANY(%s) AND t.{column} <> '' AND t.timestamp >= %s AND t.timestamp < %s
    AND t.recorded_at <= %s
"""
# The newest sales of each domain before the first line, and all from then on.
_LIKE = f"""
SELECT 'like', found.* FROM unnest(%s::text[]) AS asked (domain) CROSS JOIN LATERAL (
    (SELECT t.email_stem, {_COLUMNS} FROM transactions t
     WHERE split_part(t.email_stem, '@', 2) = asked.domain AND t.email_stem <> ''
        AND t.customer_id IS NOT NULL
        AND t.timestamp >= %s AND t.timestamp < %s AND t.recorded_at <= %s
     ORDER BY t.timestamp DESC, t.id DESC LIMIT {LIKE_SALES})
    UNION ALL
    (SELECT t.email_stem, {_COLUMNS} FROM transactions t
     WHERE split_part(t.email_stem, '@', 2) = asked.domain AND t.email_stem <> ''
        AND t.customer_id IS NOT NULL
        AND t.timestamp >= %s AND t.timestamp < %s AND t.recorded_at <= %s)
) AS found
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """One entry a line, as of its timestamp.

    customers: of the attribute that most customers used within 24 hours, the line's own counted
    in; attribute: which one, by place in ATTRIBUTES. accounts: customers with an e-mail address
    like this one, likewise, 0 without one. tries: payments through its device or with its card
    that were declined in the hour before, whichever had more.
    """

    customers: Ints
    attribute: Ints
    accounts: Ints
    tries: Ints

    def part(self, own: slice) -> "Shared":
        """Return some of the lines."""
        return Shared(self.customers[own], self.attribute[own], self.accounts[own], self.tries[own])


def nothing_shared(n: int) -> Shared:
    """Return what lines share of which nothing is known."""
    return Shared(*(np.zeros(n, np.int64) for _ in range(4)))


def customers_of_values(code: Ints, timestamp_us: Ints, customer: Ints, uses: Ints) -> Ints:
    """Return how many customers used each line's value in [t − 24 h, t), its own counted in.

    code: −1 where unknown, customer: 0 for anonymous; both count for nothing. timestamp_us: not
    descending. uses: (≥ 3, uses) value, time and customer of what else was sold with them.
    """
    counted = np.zeros(len(code), np.int64)
    line = np.flatnonzero((code != UNKNOWN) & (customer != ANONYMOUS))
    if not len(line):
        return counted
    uses = uses[:, uses[2] != ANONYMOUS]
    if len(line) == 1 and not uses.shape[1]:
        # Most of what a single sale has in common with others is nothing.
        counted[line] = 1
        return counted
    where = np.concatenate([code[line], uses[0]])
    when = np.concatenate([timestamp_us[line], uses[1]])
    who = np.concatenate([customer[line], uses[2]])
    by_time = np.lexsort((when, where))
    place = np.empty(len(by_time), np.int64)
    place[by_time] = np.arange(len(by_time))
    # Values laid end to end: differences are exact up to 24 hours, longer ones are cut.
    gaps = np.diff(when[by_time], prepend=when[by_time][:1])
    gaps[np.diff(where[by_time], prepend=where[by_time][:1]) != 0] = 2 * DAY_US
    ordered = np.cumsum(np.minimum(gaps, 2 * DAY_US))
    clock = ordered[place]
    # A use counts from its moment until a day later, or until the same customer's next use.
    by_user = np.lexsort((clock, who))
    following = np.full(len(clock), np.iinfo(np.int64).max)
    same = who[by_user][1:] == who[by_user][:-1]
    following[by_user[:-1][same]] = clock[by_user[1:][same]]
    begin = np.searchsorted(ordered, clock, "right")
    end = np.searchsorted(ordered, np.minimum(clock + DAY_US, following), "right")
    steps = np.bincount(begin, minlength=len(clock) + 1)
    steps -= np.bincount(end, minlength=len(clock) + 1)
    others = np.cumsum(steps)[:-1][place]
    # His own use of that day is among them.
    own = latest_earlier(when, where, who) >= when - DAY_US
    counted[line] = (others - own + 1)[: len(line)]
    return counted


@dataclass(frozen=True, slots=True)
class Uses:
    """What else was sold, by attribute: (4, uses) value, time, customer, decline in microseconds.

    like: the same of e-mail stems, as far as F16 looks, in order of time and recording.
    """

    of: dict[str, Ints]
    like: Ints


def shared(
    lines: SalesFrame, codes: dict[str, Ints], stems: dict[str, int], uses: Uses | None = None
) -> Shared:
    """Return what each line shares. codes: of ATTRIBUTES, by `text_codes`; stems: the e-mails'.

    uses: None when nothing else was sold.
    """
    uses = uses or Uses({}, NO_USES)
    n = len(lines)
    declined = np.full(n, NEVER_US) if lines.declined_us is None else lines.declined_us
    customers = np.zeros((len(ATTRIBUTES), n), np.int64)
    tries = np.zeros(n, np.int64)
    for row, name in enumerate(ATTRIBUTES):
        code = codes[name]
        known = np.flatnonzero(code != UNKNOWN)
        if not len(known):
            continue
        others = uses.of.get(name, NO_USES)
        customers[row] = customers_of_values(code, lines.timestamp_us, lines.customer_id, others)
        if name in TRIED_WITH:
            found = tries_between(
                np.concatenate([others[0], code[known]]),
                np.concatenate([others[1], lines.timestamp_us[known]]),
                np.concatenate([others[3], declined[known]]),
                asked=code[known],
                now=lines.timestamp_us[known],
            )
            tries[known] = np.maximum(tries[known], found)
    return Shared(
        customers=customers.max(axis=0),
        attribute=customers.argmax(axis=0),
        accounts=like_accounts(
            codes["email"], lines.timestamp_us, lines.customer_id, [*stems], uses.like
        ),
        tries=tries,
    )


def like_accounts(
    stem: Ints, timestamp_us: Ints, customer: Ints, stems: Sequence[str], uses: Ints
) -> Ints:
    """Return how many customers had an e-mail like each line's, the line's own counted in.

    stem: place in `stems`, −1 where unknown. Looks at the newest 200 sales with an address of the
    domain by a known customer in [t − 24 h, t). uses: (≥ 3, uses) further ones, before the lines
    where times tie.
    """
    accounts = np.zeros(len(stem), np.int64)
    line = np.flatnonzero((stem != UNKNOWN) & (customer != ANONYMOUS))
    if not len(line):
        return accounts
    domains: dict[str, int] = {}
    domain_of = np.array(
        [domains.setdefault(domain_of_stem(each), len(domains)) for each in stems], np.int64
    )
    of_stem = np.concatenate([uses[0], stem[line]])
    when = np.concatenate([uses[1], timestamp_us[line]])
    who = np.concatenate([uses[2], customer[line]])
    by = np.lexsort((when, domain_of[of_stem]))
    of_stem, when, who = of_stem[by], when[by], who[by]
    begin, end = _windows(domain_of[of_stem], when)
    target = np.flatnonzero(by >= uses.shape[1])
    place = line[by[target] - uses.shape[1]]
    known = Stems(stems)
    reach = np.arange(LIKE_SALES)
    for first in range(0, len(target), _BLOCK):
        own = target[first : first + _BLOCK]
        position = begin[own, None] + reach
        near = position < end[own, None]
        position = np.where(near, position, 0)
        near &= who[position] != who[own, None]
        near &= known.may_be_alike(of_stem[position], of_stem[own, None])
        rows = np.flatnonzero(near.any(axis=1))
        near = near[rows]
        found = of_stem[position[rows]]
        _keep_alike(near, found, of_stem[own[rows]], known)
        people = np.sort(np.where(near, who[position[rows]], ANONYMOUS), axis=1)
        others = (np.diff(people, axis=1, prepend=ANONYMOUS) != 0).sum(axis=1)
        accounts[place[first : first + _BLOCK]] = 1
        accounts[place[first : first + _BLOCK][rows]] += others
    return accounts


def _windows(domain: Ints, when: Ints) -> tuple[Ints, Ints]:
    """Return where each sale's window begins and ends, sales sorted by domain and time."""
    start, end = run_starts(domain), run_starts(domain, when)
    # Domains laid end to end, more than a day apart.
    gaps = np.minimum(np.diff(when, prepend=when[:1]), 2 * DAY_US)
    clock = np.cumsum(np.where(start == np.arange(len(start)), 2 * DAY_US, gaps))
    day = np.searchsorted(clock, clock - DAY_US, "left")
    return np.maximum.reduce([start, day, end - LIKE_SALES]), end


def _keep_alike(near: Flags, found: Ints, own: Ints, stems: Stems) -> None:
    """Clear the places whose stems are not alike after all."""
    row, column = np.nonzero(near)
    size = int(max(found.max(initial=0), own.max(initial=0))) + 1
    pairs, back = np.unique(own[row] * size + found[row, column], return_inverse=True)
    near[row, column] = stems.are_alike(pairs // size, pairs % size)[back]


def attribute_codes(lines: SalesFrame) -> tuple[dict[str, Ints], dict[str, dict[str, int]]]:
    """Return each attribute's values as numbers, and the numbers of the values."""
    known: dict[str, dict[str, int]] = {name: {} for name in ATTRIBUTES}
    codes = {name: text_codes(lines.texts(name), known[name]) for name in ATTRIBUTES}
    return codes, known


def load_uses(
    lines: SalesFrame, known: dict[str, dict[str, int]], *, recorded: bool, as_of: datetime
) -> Uses:
    """Return what else was sold with a frame's values from a day before it.

    known: numbers of the values; adds e-mail stems that are only compared. recorded: the lines
    are recorded themselves, so that only what lies before the first counts. One query, and none
    when nothing is known of the lines.
    """
    asked = {name: list(values) for name, values in known.items() if values}
    if not asked:
        return Uses({}, NO_USES)
    first, last = int(lines.timestamp_us[0]), int(lines.timestamp_us[-1])
    begin, until = moment_of(first - DAY_US), moment_of(first if recorded else last)
    parts, parameters = [], list[Any]()
    for name, values in asked.items():
        column = ATTRIBUTES[name][0]
        parts.append(_USES.format(name=name, column=column, columns=_COLUMNS))
        parameters += [values, begin, until, as_of]
    if "email" in asked:
        domains = sorted({domain_of_stem(stem) for stem in asked["email"]})
        at = moment_of(first)
        parts.append(_LIKE)
        parameters += [domains, begin, at, as_of, at, until, as_of]
    with prepared_cursor() if len(lines) <= FEW_LINES else connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"({part})" for part in parts), parameters)
        rows: Sequence[tuple[str, str, int, int, int, int | None]] = cursor.fetchall()
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    stems = known["email"]
    for name, value, at_us, _, customer, declined in sorted(rows, key=lambda row: row[2:4]):
        numbers = stems if name == "like" else known[name]
        use = (numbers.setdefault(value, len(numbers)), at_us, customer)
        found.setdefault(name, []).append((*use, NEVER_US if declined is None else declined))
    tables = {name: np.array(table, np.int64).T for name, table in found.items()}
    return Uses(tables, tables.pop("like", NO_USES))


def live_shared(lines: SalesFrame, *, as_of: datetime) -> Shared:
    """Return what a few lines share that are being recorded."""
    codes, known = attribute_codes(lines)
    return shared(
        lines, codes, known["email"], load_uses(lines, known, recorded=False, as_of=as_of)
    )
