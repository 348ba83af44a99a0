"""Wilson's interval against worked figures."""

import pytest

from techmart.lib.proportions import wilson


def test_the_interval_is_wilsons() -> None:
    # p = .4, n = 10, z² = 3.8415: middle .4 + .19207 = .59207, reach 1.96·√(.024 + .0096) = .3593,
    # over 1.38415: .1682 and .6873.
    share = wilson(4, 10)

    assert share.value == 0.4
    assert share.low == pytest.approx(0.1682, abs=5e-4)
    assert share.high == pytest.approx(0.6873, abs=5e-4)


def test_bounds_stay_between_nothing_and_all() -> None:
    assert wilson(0, 5).low == 0
    assert wilson(5, 5).high == 1
    assert wilson(0, 0).value is None
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2)
