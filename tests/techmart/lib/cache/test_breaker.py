import pytest

from techmart.lib.cache.breaker import CircuitBreaker
from tests.techmart.lib.cache.conftest import Clock


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("server", pause_seconds=5.0, clock=clock)


def test_calls_pass_until_one_fails(breaker: CircuitBreaker) -> None:
    before = (breaker.closed, breaker.allows())
    breaker.failed(OSError())
    after = (breaker.closed, breaker.allows())

    assert before == (True, True)
    assert after == (False, False)


def test_one_probe_passes_after_the_pause(breaker: CircuitBreaker, clock: Clock) -> None:
    breaker.failed(OSError())

    clock.now += 4.9
    assert not breaker.allows()
    clock.now += 0.1
    assert breaker.allows()
    assert not breaker.allows()
    assert not breaker.closed


def test_probe_that_is_answered_lets_all_pass(breaker: CircuitBreaker, clock: Clock) -> None:
    breaker.failed(OSError())
    clock.now += 5.0
    breaker.allows()

    breaker.succeeded()

    assert breaker.closed
    assert breaker.allows()
    assert breaker.allows()


def test_probe_that_fails_opens_another_pause(breaker: CircuitBreaker, clock: Clock) -> None:
    breaker.failed(OSError())
    clock.now += 5.0
    breaker.allows()

    clock.now += 1.0
    breaker.failed(OSError())

    clock.now += 4.9
    assert not breaker.allows()
    clock.now += 0.1
    assert breaker.allows()


def test_probe_that_never_reports_is_followed_by_another(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    breaker.failed(OSError())
    clock.now += 5.0
    assert breaker.allows()

    clock.now += 5.0

    assert breaker.allows()


def test_outage_is_logged_at_its_two_ends(
    breaker: CircuitBreaker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    breaker.failed(OSError("no route"))
    clock.now += 5.0
    breaker.allows()
    breaker.failed(OSError("no route"))
    breaker.succeeded()
    breaker.succeeded()

    assert [record.getMessage() for record in caplog.records] == [
        "server is away, no calls for 5 s: no route",
        "server answers again",
    ]
