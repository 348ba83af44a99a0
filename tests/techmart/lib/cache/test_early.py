import math

import pytest

from techmart.lib.cache.early import early_refresh_due, jittered_ttl


@pytest.mark.parametrize(
    ("seconds_left", "compute_seconds", "probability"),
    [
        (2.0, 2.0, 0.368),  # left = delta: exp(-1)
        (1.0, 2.0, 0.607),  # exp(-0.5)
        (6.0, 2.0, 0.050),  # exp(-3)
        (0.0, 2.0, 1.0),
    ],
)
def test_chance_of_an_early_refresh_falls_exponentially(
    seconds_left: float, compute_seconds: float, probability: float
) -> None:
    draws = [(step + 1) / 10_000 for step in range(10_000)]

    early = sum(
        early_refresh_due(seconds_left, compute_seconds=compute_seconds, draw=draw)
        for draw in draws
    )

    assert early / 10_000 == pytest.approx(probability, abs=0.001)


def test_larger_beta_refreshes_earlier() -> None:
    # exp(-left / (beta * delta)) with left = 2, delta = 1: 13.5 %, and with beta = 2: 36.8 %
    draw = 0.3

    assert not early_refresh_due(2.0, compute_seconds=1.0, draw=draw)
    assert early_refresh_due(2.0, compute_seconds=1.0, draw=draw, beta=2.0)


def test_expired_value_is_due_whatever_the_draw() -> None:
    assert early_refresh_due(-0.001, compute_seconds=0.0, draw=1.0)


def test_smallest_draw_does_not_fail() -> None:
    assert early_refresh_due(1.0, compute_seconds=1.0, draw=math.ulp(0.0))


@pytest.mark.parametrize(("draw", "seconds"), [(0.0, 300.0), (0.5, 285.0), (1.0, 270.0)])
def test_jitter_takes_up_to_a_tenth(draw: float, seconds: float) -> None:
    assert jittered_ttl(300.0, draw=draw) == pytest.approx(seconds)
