"""How methods are weighed: for the shop, for a product, and when the lead changes hands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from inventory.arrays import FloatArray, IntArray
from inventory.forecasting.blending import (
    Blend,
    equal_blend,
    learn_blend,
    non_negative_least_squares,
    own_weights,
)
from inventory.forecasting.origins import Origins


def origins(levels: FloatArray, came: FloatArray, *, product: IntArray | None = None) -> Origins:
    """Return one row an outcome: a period each, whose level the columns had foretold."""
    rows = len(came)
    ones = np.ones(rows)
    return Origins(
        product=np.arange(rows) if product is None else product,
        origin=np.zeros(rows, dtype=np.int64),
        scale=ones,
        plain=levels,
        seasonal=levels,
        mean=came,
        square=came**2,
        factor=ones,
        factor_square=ones,
        factor_units=came,
        came=came,
        before=came,
        factors=ones,
        target=np.ones(rows, dtype=np.int64),
        one_came=came,
        one_factor=ones,
        silence=np.zeros(rows),
    )


@given(seed=st.integers(0, 500))
def test_least_squares_are_scipy_s(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, wanted = rng.normal(size=(30, 6)), rng.normal(size=30)

    found = non_negative_least_squares(matrix.T @ matrix, matrix.T @ wanted)

    assert found == pytest.approx(nnls(matrix, wanted)[0], abs=1e-8)


def test_the_shop_follows_the_method_that_was_right() -> None:
    came = np.random.default_rng(1).uniform(1, 9, size=300)
    wrong = np.random.default_rng(2).uniform(1, 9, size=300)

    blend = learn_blend(origins(np.column_stack([came, wrong]), came), None)

    assert blend.weights[0] > 0.95
    assert blend.weights.sum() == pytest.approx(1)
    assert not blend.seasonal


def test_what_fell_silent_for_long_is_believed_as_little_as_it_proved_right() -> None:
    rows = origins(np.full((400, 2), 2.0), np.full(400, 2.0))
    silent = np.arange(400) >= 200
    came = np.where(silent, 0.0, 2.0)
    rows = origins(np.full((400, 2), 2.0), came)
    rows.silence[silent] = 9

    blend = learn_blend(rows, None)

    # Past the last edge nothing came where 400 were said; 5 are a prior on both sides.
    assert blend.silence[2] == pytest.approx(5 / 405)
    assert blend.correction(np.array([0.0, 9.0])) == pytest.approx([1, 5 / 405])


def test_a_product_follows_what_explains_its_own_past() -> None:
    # Eight origins: the second method was right, the first and so the blend were not.
    rows = origins(
        np.tile([[2.0, 20.0]], (8, 1)), np.full(8, 20.0), product=np.zeros(8, dtype=np.int64)
    )
    blend = Blend(np.array([1.0, 0.0]), False, 1.0, np.ones(3))

    own = own_weights(rows, blend, ratio=np.array([1.5]), incumbent=np.array([-1]))

    assert own.leader[0] == 2
    assert own.weights[0, 1] > 0.99
    assert own.origins[0] == 8
    assert own.gain[0] > 1


def test_without_a_past_the_shop_s_blend_holds() -> None:
    own = own_weights(None, equal_blend(4), ratio=np.ones(2), incumbent=np.array([-1, -1]))

    assert own.leader.tolist() == [0, 0]
    assert own.weights[0] == pytest.approx(np.full(4, 0.25))


def test_the_lead_changes_hands_only_for_a_reason() -> None:
    blend = equal_blend(2)

    def leader(came: float, *, incumbent: int) -> int:
        """Return who leads after eight origins at which the methods said 5 and 8, the blend 6.5."""
        rows = origins(
            np.tile([[5.0, 8.0]], (8, 1)), np.full(8, came), product=np.zeros(8, dtype=np.int64)
        )
        own = own_weights(rows, blend, ratio=np.array([2.0]), incumbent=np.array([incumbent]))
        return int(own.leader[0])

    # At 9 the second method is somewhat better: who led goes on to lead.
    assert leader(9, incumbent=0) == 0
    assert leader(9, incumbent=2) == 2
    # Where one of them is clearly right it leads, whoever did before.
    assert leader(6.5, incumbent=2) == 0
    assert leader(20, incumbent=0) == 2
