"""Waits between restarts."""

from techmart.embedded.backoff import Backoff


def test_waits_double_up_to_half_a_minute() -> None:
    backoff = Backoff()

    waits = [backoff.after_crash(lived_seconds=0.1) for _crash in range(7)]

    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_a_good_life_starts_the_waits_over() -> None:
    backoff = Backoff()
    for _crash in range(4):
        backoff.after_crash(lived_seconds=0.1)

    assert backoff.after_crash(lived_seconds=60) == 1
    assert backoff.after_crash(lived_seconds=59.9) == 2
