"""How many customers used one device within a day."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db import connection

from transactions.fraud.calendar import moment_of
from transactions.fraud.devices import UNKNOWN_DEVICE, device_codes
from transactions.fraud.frame import ANONYMOUS, DAY_US, Ints, SalesFrame
from transactions.fraud.windows import latest_earlier

# What was sold through the devices since 24 hours before the first line.
_USES = """
SELECT t.device, (extract(epoch FROM t.timestamp) * 1000000)::bigint, t.customer_id
FROM transactions t
WHERE t.device = ANY(%s) AND t.device <> '' AND t.timestamp >= %s AND t.timestamp < %s
    AND t.customer_id IS NOT NULL AND t.recorded_at <= %s
"""


NO_USES: Ints = np.zeros((3, 0), np.int64)


def customers_of_devices(device: Ints, timestamp_us: Ints, customer: Ints, uses: Ints) -> Ints:
    """Return how many customers used each line's device in [t − 24 h, t), its own counted in.

    device: −1 where unknown, customer: 0 for anonymous; both count for nothing. timestamp_us: not
    descending. uses: (3, uses) device, time and customer of what else was sold through them.
    """
    counted = np.zeros(len(device), np.int64)
    line = np.flatnonzero((device != UNKNOWN_DEVICE) & (customer != ANONYMOUS))
    where = np.concatenate([device[line], uses[0]])
    when = np.concatenate([timestamp_us[line], uses[1]])
    who = np.concatenate([customer[line], uses[2]])
    by_time = np.lexsort((when, where))
    place = np.empty(len(by_time), np.int64)
    place[by_time] = np.arange(len(by_time))
    # Devices laid end to end: differences are exact up to 24 hours, longer ones are cut.
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


def load_uses(lines: SalesFrame, known: dict[str, int], *, recorded: bool, as_of: datetime) -> Ints:
    """Return what else was sold through a frame's devices from a day before it, (3, uses).

    known: devices by code. recorded: the lines are recorded themselves, so that only what lies
    before the first counts.
    """
    if not known:
        return NO_USES
    first, last = int(lines.timestamp_us[0]), int(lines.timestamp_us[-1])
    until = first if recorded else last
    with connection.cursor() as cursor:
        cursor.execute(_USES, [list(known), moment_of(first - DAY_US), moment_of(until), as_of])
        rows: Sequence[tuple[str, int, int]] = cursor.fetchall()
    table = [(known[device], at, customer) for device, at, customer in rows]
    return np.array(table, np.int64).reshape(-1, 3).T


def live_sharers(lines: SalesFrame, *, as_of: datetime) -> Ints:
    """Return how many customers used the devices of a few lines that are being recorded."""
    known: dict[str, int] = {}
    device = device_codes(lines, known)
    uses = load_uses(lines, known, recorded=False, as_of=as_of)
    return customers_of_devices(device, lines.timestamp_us, lines.customer_id, uses)
