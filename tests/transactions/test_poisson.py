"""The Poisson tail against SciPy's incomplete gamma function."""

import numpy as np
import pytest
from scipy.special import gammainc

from transactions.fraud.poisson import poisson_tail


def test_it_is_the_incomplete_gamma_function_to_the_twelfth_digit() -> None:
    least = np.array([1, 1, 2, 3, 5, 10, 20, 60, 400, 5000])
    mean = np.array([1e-9, 2e-4, 0.02, 0.5, 1.0, 4.9, 9.99, 10.0, 35.0, 390.0, 6000.0])

    tails = poisson_tail(least[:, None], mean)

    expected = gammainc(least[:, None], mean)
    # Below that SciPy's own answer fades into the smallest numbers there are.
    told = expected > 1e-290
    np.testing.assert_allclose(tails[told], expected[told], rtol=1e-11)
    np.testing.assert_allclose(tails, expected, atol=1e-15)


def test_none_is_always_reached_and_some_never_without_a_mean() -> None:
    assert poisson_tail(np.array([0, 0, 3]), np.array([0.0, 2.0, 0.0])).tolist() == [1, 1, 0]


def test_the_domains_example() -> None:
    # λw = 0.5, k = 5: p = 1.72·10⁻⁴.
    assert poisson_tail(np.array([5]), np.array([0.5]))[0] == pytest.approx(1.7212e-4, rel=1e-4)
