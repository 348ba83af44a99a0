"""What labels tell of a device: since when it has been seen with fraud, and nothing else since.

A stolen terminal, a cracked phone or a leaking till makes one fraud after another until somebody
stops it. What counts is the run of known frauds since the newest sale known to be genuine; a
fraud that its amount explains says nothing of the device.
"""

from bisect import bisect_right, insort
from dataclasses import dataclass, fields

import numpy as np

from transactions.fraud.frame import (
    DAY_US,
    Flags,
    Floats,
    Ints,
    require_equal_lengths,
)
from transactions.fraud.labels import FOREVER_US

# More of them do not make it surer.
MOST_FRAUDS = 2
# A fraud is held against its device while its amount leaves open at least so much (2026-11, the
# validation weeks of the public card data: 0.2 is worse, 0.01 the same).
LEAST_UNEXPLAINED = 0.05
# An older run tells nothing any more.
MEMORY_DAYS = 180
UNKNOWN_DEVICE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """Lines whose label is known, one entry a line and verdict; microseconds.

    is_fraud: fraud that its amount does not explain, or genuine; a fraud that its amount explains
    is no fact here. It holds for known_us ≤ t < until_us. unexplained: how much of a fraud its
    amount leaves open, 0.05 to 1.
    """

    device: Ints
    sale_us: Ints
    known_us: Ints
    until_us: Ints
    is_fraud: Flags
    unexplained: Floats

    def __post_init__(self) -> None:
        require_equal_lengths(self)

    def of(self, chosen: Flags) -> "DeviceFacts":
        """Return some of the facts."""
        return DeviceFacts(
            device=self.device[chosen],
            sale_us=self.sale_us[chosen],
            known_us=self.known_us[chosen],
            until_us=self.until_us[chosen],
            is_fraud=self.is_fraud[chosen],
            unexplained=self.unexplained[chosen],
        )


def joined_facts(first: DeviceFacts, second: DeviceFacts) -> DeviceFacts:
    """Return the facts of both."""
    return DeviceFacts(
        **{
            column.name: np.concatenate([getattr(first, column.name), getattr(second, column.name)])
            for column in fields(first)
        }
    )


@dataclass(frozen=True, slots=True)
class DeviceRuns:
    """The run at each sale's device as of the sale.

    age_days: since its first fraud, NaN without. unexplained: share of that fraud that its amount
    leaves open, NaN without. frauds: of the run, at most 2.
    """

    age_days: Floats
    unexplained: Floats
    frauds: Ints


def device_runs(device: Ints, timestamp_us: Ints, facts: DeviceFacts) -> DeviceRuns:
    """Return the run of unexplained frauds that each sale meets at its device.

    device: −1 where unknown. timestamp_us: not descending. Only facts known by a sale's moment
    count. The run holds the known frauds sold after the newest sale known to be genuine.
    """
    n = len(device)
    runs = DeviceRuns(np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, np.int64))
    if not n:
        return runs
    facts = _still_of_use(device, facts, int(timestamp_us[0]), int(timestamp_us[-1]))
    by = np.argsort(device, kind="stable")
    ordered = device[by]
    told_by = np.argsort(facts.device, kind="stable")
    told_of = facts.device[told_by]
    for code in np.unique(told_of).tolist():
        asked = by[slice(*np.searchsorted(ordered, [code, code + 1]))]
        told = told_by[slice(*np.searchsorted(told_of, [code, code + 1]))]
        first, frauds = _states(facts, told, timestamp_us[asked])
        runs.age_days[asked] = (timestamp_us[asked] - facts.sale_us[first]) / DAY_US
        runs.unexplained[asked] = facts.unexplained[first]
        runs.frauds[asked] = frauds
    none = (runs.frauds == 0) | (runs.age_days > MEMORY_DAYS)
    runs.age_days[none], runs.unexplained[none], runs.frauds[none] = np.nan, np.nan, 0
    return runs


def _still_of_use(device: Ints, facts: DeviceFacts, first_us: int, last_us: int) -> DeviceFacts:
    """Return the facts that can matter to sales from first_us to last_us at these devices."""
    size = int(max(device.max(), facts.device.max(initial=UNKNOWN_DEVICE))) + 1
    asked = np.zeros(size + 1, np.bool_)
    asked[device] = True
    asked[UNKNOWN_DEVICE] = False
    facts = facts.of(
        asked[facts.device] & (facts.known_us <= last_us) & (facts.until_us > first_us)
    )
    # What is known throughout settles all that was sold before the newest genuine sale.
    settled = ~facts.is_fraud & (facts.known_us <= first_us) & (facts.until_us == FOREVER_US)
    newest = np.full(size, np.iinfo(np.int64).min)
    np.maximum.at(newest, facts.device[settled], facts.sale_us[settled])
    facts = facts.of(facts.sale_us > newest[facts.device])
    suspected = np.zeros(size, np.bool_)
    suspected[facts.device[facts.is_fraud]] = True
    return facts.of(suspected[facts.device])


def _states(facts: DeviceFacts, told: Ints, at_us: Ints) -> tuple[Ints, Ints]:
    """Return the first fact and the number of frauds of one device's run at ascending moments."""
    changes = sorted(
        [(int(facts.known_us[i]), True, int(i)) for i in told]
        + [(int(facts.until_us[i]), False, int(i)) for i in told if facts.until_us[i] < FOREVER_US]
    )
    # Sales in order of time, each with its fact.
    frauds: list[tuple[int, int]] = []
    genuine: list[tuple[int, int]] = []
    moments, firsts, count = [np.iinfo(np.int64).min], [0], [0]
    for at, begins, i in changes:
        sales = frauds if facts.is_fraud[i] else genuine
        if begins:
            insort(sales, (int(facts.sale_us[i]), i))
        else:
            sales.remove((int(facts.sale_us[i]), i))
        first = bisect_right(frauds, genuine[-1][0], key=_sale) if genuine else 0
        moments.append(at)
        count.append(min(len(frauds) - first, MOST_FRAUDS))
        firsts.append(frauds[first][1] if count[-1] else 0)
    state = np.searchsorted(moments, at_us, "right") - 1
    return np.array(firsts)[state], np.array(count)[state]


def _sale(sale: tuple[int, int]) -> int:
    return sale[0]
