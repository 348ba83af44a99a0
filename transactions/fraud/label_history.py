"""What labels tell of the lines, customers and devices of a frame, read from the database."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from django.db import connection

from techmart.lib.prepared import prepared_cursor
from transactions.fraud.calendar import microseconds, moment_of
from transactions.fraud.devices import (
    LEAST_UNEXPLAINED,
    MEMORY_DAYS,
    MOST_FRAUDS,
    UNKNOWN_DEVICE,
    DeviceFacts,
    DeviceRuns,
)
from transactions.fraud.frame import DAY_US, Floats, Ints, PastLines, SalesFrame
from transactions.fraud.labels import FOREVER_US, Label, Spans, Verdict, verdicts
from transactions.fraud.windows import Labelled

Told = Mapping[str, Sequence[Verdict]]
# More are not a single sale's and its customer's, and are planned for as many as there are.
FEW_ORDERS = 200
_LABELS = """
SELECT order_ref, is_fraud, source, known_at FROM fraud_labels
WHERE order_ref = ANY(%s) ORDER BY known_at, id
"""


def load_verdicts(orders: Iterable[str]) -> dict[str, list[Verdict]]:
    """Return what these orders were held to be, in turn; orders without a label are not in it."""
    asked = sorted(set(orders))
    with prepared_cursor() if len(asked) <= FEW_ORDERS else connection.cursor() as cursor:
        cursor.execute(_LABELS, [asked])
        labels = [Label(*row) for row in cursor.fetchall()]
    told: dict[str, list[Verdict]] = {}
    for verdict in verdicts(labels):
        told.setdefault(verdict.order_ref, []).append(verdict)
    return told


def load_told(lines: SalesFrame, past: PastLines) -> dict[str, list[Verdict]]:
    """Return what the orders of a frame and of its past were held to be."""
    return load_verdicts([*lines.order_ref.tolist(), *past.order_ref.tolist()])


def labelled_lines(lines: SalesFrame, past: PastLines, told: Told) -> Labelled:
    """Return when the lines of a frame and of its past were known to be genuine."""
    return Labelled(
        lines=_genuine(lines.order_ref.tolist(), told), past=_genuine(past.order_ref.tolist(), told)
    )


def _genuine(orders: list[str], told: Told) -> Spans:
    return Spans.of_orders(orders, told, is_fraud=False) if told else Spans.none(len(orders))


# The newest sale known to be genuine, and the first frauds after it, as of each line.
_RUNS = f"""
SELECT asked.line, fraud.sale_at, fraud.unexplained
FROM unnest(%s::text[], %s::timestamptz[]) WITH ORDINALITY AS asked (device, at, line)
LEFT JOIN LATERAL (
    SELECT f.sale_at FROM device_facts f
    WHERE f.device = asked.device AND NOT f.is_fraud AND f.known_at <= asked.at
        AND (f.until_at IS NULL OR f.until_at > asked.at)
    ORDER BY f.sale_at DESC LIMIT 1
) AS genuine ON true
CROSS JOIN LATERAL (
    SELECT f.sale_at, f.unexplained FROM device_facts f
    WHERE f.device = asked.device AND f.is_fraud AND f.known_at <= asked.at
        AND (f.until_at IS NULL OR f.until_at > asked.at)
        AND f.sale_at > COALESCE(genuine.sale_at, '-infinity')
    ORDER BY f.sale_at LIMIT {MOST_FRAUDS}
) AS fraud
ORDER BY asked.line, fraud.sale_at
"""


def load_device_runs(lines: SalesFrame) -> DeviceRuns:
    """Return the run of frauds at the device of each of a few lines: two index reads a line."""
    n = len(lines)
    runs = DeviceRuns(np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, np.int64))
    asked = [i for i, device in enumerate(lines.devices.tolist()) if device]
    if not asked:
        return runs
    with prepared_cursor() as cursor:
        cursor.execute(
            _RUNS,
            [
                [lines.devices[i] for i in asked],
                [moment_of(int(lines.timestamp_us[i])) for i in asked],
            ],
        )
        rows = cursor.fetchall()
    for number, sale_at, unexplained in rows:
        line = asked[number - 1]
        runs.frauds[line] += 1
        if runs.frauds[line] == 1:
            runs.age_days[line] = (lines.timestamp_us[line] - microseconds(sale_at)) / DAY_US
            runs.unexplained[line] = unexplained
    old = runs.age_days > MEMORY_DAYS
    runs.age_days[old], runs.unexplained[old], runs.frauds[old] = np.nan, np.nan, 0
    return runs


_FACTS = """
SELECT device, sale_at, known_at, until_at, is_fraud, unexplained FROM device_facts
WHERE device = ANY(%s) AND known_at <= %s
"""


def load_device_facts(lines: SalesFrame, known: dict[str, int]) -> DeviceFacts:
    """Return the recorded facts of a frame's devices. known: devices by code; adds to it."""
    devices = sorted({device for device in lines.devices.tolist() if device})
    rows = []
    if devices:
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, [devices, moment_of(int(lines.timestamp_us[-1]))])
            rows = cursor.fetchall()
    return DeviceFacts(
        device=np.array([known.setdefault(row[0], len(known)) for row in rows], np.int64),
        sale_us=np.array([microseconds(row[1]) for row in rows], np.int64),
        known_us=np.array([microseconds(row[2]) for row in rows], np.int64),
        until_us=np.array(
            [microseconds(row[3]) if row[3] else FOREVER_US for row in rows], np.int64
        ),
        is_fraud=np.array([row[4] for row in rows], np.bool_),
        unexplained=np.array([row[5] for row in rows], np.float64),
    )


def own_device_facts(
    lines: SalesFrame, device: Ints, unexplained: Floats, told: Told
) -> DeviceFacts:
    """Return what labels say of the devices of a frame's own lines.

    device: code of each line's. unexplained: share of each line's odds that its amount leaves
    open.
    """
    facts = [
        (i, verdict)
        for i, order in enumerate(lines.order_ref.tolist() if told else ())
        if device[i] != UNKNOWN_DEVICE
        for verdict in told.get(order, ())
        if counts(verdict, float(unexplained[i]))
    ]
    line = np.array([i for i, _ in facts], np.int64)
    is_fraud = np.array([verdict.is_fraud for _, verdict in facts], np.bool_)
    return DeviceFacts(
        device=device[line],
        sale_us=lines.timestamp_us[line],
        known_us=np.array([microseconds(v.known_at) for _, v in facts], np.int64),
        until_us=np.array(
            [microseconds(v.until) if v.until else FOREVER_US for _, v in facts], np.int64
        ),
        is_fraud=is_fraud,
        unexplained=np.where(is_fraud, unexplained[line], 1.0),
    )


def counts(verdict: Verdict, unexplained: float) -> bool:
    """Return whether a verdict says something of the device."""
    return not verdict.is_fraud or unexplained >= LEAST_UNEXPLAINED
