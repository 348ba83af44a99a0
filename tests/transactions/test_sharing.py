"""Customers of a device within a day: against counting them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from transactions.fraud.frame import DAY_US, MICROSECONDS
from transactions.fraud.sharing import NO_USES, customers_of_values

HOUR_US = 3600 * MICROSECONDS
# Hour, device, customer; the frame's or the past's.
uses = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 23, 24, 25, 47, 48, 72, 900]),
        st.integers(-1, 2),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(told=uses)
def test_customers_are_those_of_a_plain_count(told: list[tuple[int, int, int, bool]]) -> None:
    lines = sorted(line for line in told if line[3])
    past = [line for line in told if not line[3] and line[1] >= 0 and line[2] > 0]
    known = [line for line in lines if line[1] >= 0 and line[2] > 0] + past

    counted = customers_of_values(
        np.array([line[1] for line in lines], np.int64),
        np.array([line[0] for line in lines], np.int64) * HOUR_US,
        np.array([line[2] for line in lines], np.int64),
        np.array([(d, h * HOUR_US, c) for h, d, c, _ in past], np.int64).reshape(-1, 3).T,
    )

    for i, (hour, device, customer, _) in enumerate(lines):
        seen = {c for h, d, c, _ in known if d == device and hour - 24 <= h < hour}
        expected = len(seen | {customer}) if device >= 0 and customer else 0
        assert counted[i] == expected


def test_a_device_that_everybody_uses_counts_each_once() -> None:
    n = 50
    counted = customers_of_values(
        np.zeros(n, np.int64),
        np.arange(n) * (DAY_US // 10),
        1 + np.arange(n) % 7,
        NO_USES,
    )

    assert counted.tolist() == [*range(1, 8), *[7] * (n - 7)]
