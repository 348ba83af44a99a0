"""The run of frauds at a device: against reading all facts for every sale."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from transactions.fraud.devices import DeviceFacts, device_runs
from transactions.fraud.frame import DAY_US
from transactions.fraud.labels import FOREVER_US

# Device, day sold, day known, day taken back or None, fraud, unexplained.
Fact = tuple[int, int, int, int | None, bool, float]


def facts_of(facts: list[Fact]) -> DeviceFacts:
    return DeviceFacts(
        device=np.array([f[0] for f in facts], np.int64),
        sale_us=np.array([f[1] for f in facts], np.int64) * DAY_US,
        known_us=np.array([f[2] for f in facts], np.int64) * DAY_US,
        until_us=np.array([FOREVER_US if f[3] is None else f[3] * DAY_US for f in facts], np.int64),
        is_fraud=np.array([f[4] for f in facts], np.bool_),
        unexplained=np.array([f[5] for f in facts], np.float64),
    )


def run_at(device: int, day: int, facts: list[Fact]) -> tuple[float | None, float | None, int]:
    """Return age, share and number by the plainest reading."""
    known = [f for f in facts if f[0] == device and f[2] <= day and (f[3] is None or day < f[3])]
    newest = max((f[1] for f in known if not f[4]), default=-1)
    run = [f for f in known if f[4] and f[1] > newest]
    if not run or day - min(f[1] for f in run) > 180:
        return None, None, 0
    first = min(run, key=lambda fact: fact[1])
    return float(day - first[1]), first[5], min(len(run), 2)


@st.composite
def made_up(draw: st.DrawFn) -> list[Fact]:
    days = draw(st.lists(st.integers(0, 300), unique=True, max_size=25))
    return [
        (
            draw(st.integers(0, 2)),
            day,
            (known := day + draw(st.integers(0, 30))),
            draw(st.none() | st.integers(known + 1, known + 20)),
            draw(st.booleans()),
            draw(st.sampled_from([0.2, 0.5, 1.0])),
        )
        for day in days
    ]


@settings(max_examples=150, deadline=None)
@given(facts=made_up(), sales=st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 400))))
def test_runs_are_those_of_the_plainest_reading(
    facts: list[Fact], sales: list[tuple[int, int]]
) -> None:
    sales.sort(key=lambda sale: sale[1])

    runs = device_runs(
        np.array([s[0] for s in sales], np.int64),
        np.array([s[1] for s in sales], np.int64) * DAY_US,
        facts_of(facts),
    )

    for i, (device, day) in enumerate(sales):
        age, share, frauds = run_at(device, day, facts) if device >= 0 else (None, None, 0)
        assert runs.frauds[i] == frauds
        assert (None if np.isnan(runs.age_days[i]) else runs.age_days[i]) == age
        assert (None if np.isnan(runs.unexplained[i]) else runs.unexplained[i]) == share


def test_a_genuine_sale_ends_a_run_and_a_later_fraud_begins_another() -> None:
    facts: list[Fact] = [
        (0, 1, 8, None, True, 1.0),
        (0, 3, 10, None, True, 1.0),
        (0, 5, 12, None, False, 1.0),
        (0, 6, 13, None, True, 0.5),
    ]

    runs = device_runs(
        np.zeros(4, np.int64), np.array([7, 9, 12, 14], np.int64) * DAY_US, facts_of(facts)
    )

    assert runs.frauds.tolist() == [0, 1, 0, 1]
    assert runs.age_days.tolist()[1::2] == [8.0, 8.0]
    assert runs.unexplained.tolist()[1::2] == [1.0, 0.5]
