"""BG/NBD and gamma–gamma against published figures and simulated customers."""

import numpy as np
import pytest

from analytics import lifetime
from analytics.lifetime import Floats, OrderModel, ValueModel

# Fitted to the CDNOW data by the authors of the models.
CDNOW = OrderModel(r=0.243, alpha=4.414, a=0.793, b=2.426)
SPENDING = ValueModel(p=6.25, q=3.74, v=15.44)


def of(*values: float) -> Floats:
    return np.array(values, np.float64)


def test_expected_orders_are_those_of_the_authors() -> None:
    # Customer 0001 of the note on implementing BG/NBD in a spreadsheet: 1.226 in 39 weeks.
    [orders] = CDNOW.expected_orders(of(2), of(30.43), of(38.86), ahead=39)

    assert orders == pytest.approx(1.226, abs=0.001)


def test_whoever_never_came_back_counts_as_staying() -> None:
    assert CDNOW.alive(of(0), of(0), of(30)).tolist() == [1.0]


def test_a_long_silence_lowers_the_chance() -> None:
    soon, late = CDNOW.alive(of(5, 5), of(20, 20), of(21, 38))

    assert 0 < late < soon < 1


def test_a_new_customer_is_worth_the_shops_mean() -> None:
    # p·v / (q − 1) of the note on gamma–gamma.
    assert SPENDING.expected_value(of(0), of(0)).tolist() == pytest.approx([35.22], abs=0.01)


def test_a_mean_of_many_orders_is_believed() -> None:
    few, many = SPENDING.expected_value(of(1, 500), of(90, 90))

    assert 35 < few < many < 90
    assert many == pytest.approx(90, rel=0.01)


Orders = list[list[float]]


def simulated(model: OrderModel, customers: int, *, weeks: float) -> Orders:
    """When each customer came again, weeks after the first order, as the model says."""
    rng = np.random.default_rng(7)
    rates = rng.gamma(model.r, 1 / model.alpha, customers)
    leaving = rng.beta(model.a, model.b, customers)
    orders: Orders = []
    for rate, leaves in zip(np.maximum(rates, 1e-9), leaving, strict=True):
        times: list[float] = []
        at = rng.exponential(1 / rate)
        while at < weeks:
            times.append(at)
            if rng.random() < leaves:
                break
            at += rng.exponential(1 / rate)
        orders.append(times)
    return orders


def watched(orders: Orders, age: float) -> tuple[Floats, Floats, Floats]:
    seen = [[at for at in times if at < age] for times in orders]
    last = [times[-1] if times else 0.0 for times in seen]
    return of(*map(len, seen)), of(*last), np.full(len(orders), age)


def test_the_fit_finds_what_customers_were_made_from() -> None:
    truth = OrderModel(r=0.8, alpha=6.0, a=0.9, b=3.0)
    x, t_x, age = watched(simulated(truth, 6000, weeks=60.0), 60.0)

    found = lifetime.fit_orders(x, t_x, age)

    assert found is not None
    # Parameters trade off against each other; what they say must agree.
    assert found.r / found.alpha == pytest.approx(truth.r / truth.alpha, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(truth.a / (truth.a + truth.b), rel=0.15)
    told = found.expected_orders(x, t_x, age, ahead=13).sum()
    assert told == pytest.approx(truth.expected_orders(x, t_x, age, ahead=13).sum(), rel=0.05)


def test_expected_orders_come_true_out_of_sample() -> None:
    truth = OrderModel(r=0.8, alpha=6.0, a=0.9, b=3.0)
    orders = simulated(truth, 6000, weeks=73.0)
    x, t_x, age = watched(orders, 60.0)
    model = lifetime.fit_orders(x, t_x, age)

    assert model is not None
    came = sum(map(len, orders)) - x.sum()
    assert model.expected_orders(x, t_x, age, ahead=13).sum() == pytest.approx(came, rel=0.07)


def test_the_value_fit_finds_what_orders_were_made_from() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(1, 12, 15_000).astype(np.float64)
    scale = rng.gamma(SPENDING.q, 1 / SPENDING.v, 15_000)
    mean = rng.gamma(SPENDING.p * x) / (scale * x)

    found = lifetime.fit_values(x, mean)

    assert found is not None
    assert found.p * found.v / (found.q - 1) == pytest.approx(35.22, rel=0.03)
    assert found.p == pytest.approx(SPENDING.p, rel=0.15)
    assert found.q == pytest.approx(SPENDING.q, rel=0.15)


def test_the_unit_of_money_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    x, mean = rng.integers(1, 9, 400).astype(np.float64), rng.gamma(3.0, 12.0, 400)

    small, large = lifetime.fit_values(x, mean), lifetime.fit_values(x, mean * 1000)

    assert small is not None
    assert large is not None
    assert large.expected_value(x, mean * 1000) == pytest.approx(
        small.expected_value(x, mean) * 1000, rel=1e-3
    )


def test_too_few_customers_give_no_model() -> None:
    few = of(*[1.0] * 20)

    assert lifetime.fit_orders(few, few, few * 9) is None
    assert lifetime.fit_values(few, few) is None


def test_correlation_is_of_repeat_customers() -> None:
    assert lifetime.correlation(of(0, 1, 2, 3), of(99, 10, 20, 30)) == pytest.approx(1.0)
    assert lifetime.correlation(of(1, 1), of(3, 4)) is None
