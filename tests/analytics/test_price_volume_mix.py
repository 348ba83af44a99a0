"""The parts of a change: worked by hand, and always summing to it."""

from decimal import Decimal
from random import Random

import pytest

from analytics.reports.price_volume_mix import Effect, decompose
from analytics.reports.sums import Sums


def sums(units: int, gross: str, refunds: str = "0") -> Sums:
    return Sums(units=units, gross=Decimal(gross), refunds=Decimal(refunds))


def test_the_parts_are_those_worked_by_hand() -> None:
    before = {1: sums(10, "100"), 2: sums(10, "300", refunds="5")}
    # Tea from 10 to 12 a piece and 15 pieces; jam at 30 as before, 9 pieces.
    after = {1: sums(15, "180"), 2: sums(9, "270", refunds="11")}

    found = decompose(before, after)

    # 20 units became 24: a fifth more of 400.
    assert found.effects[Effect.VOLUME] == Decimal("80.00")
    # 15 at 2 more each.
    assert found.effects[Effect.PRICE] == Decimal("30.00")
    # Of 24 units half would have been jam: (15 − 12)·10 + (9 − 12)·30.
    assert found.effects[Effect.MIX] == Decimal("-60.00")
    assert found.effects[Effect.REFUNDS] == Decimal("-6.00")
    assert found.effects[Effect.NEW] == found.effects[Effect.GONE] == 0
    assert found.amount == Decimal("44.00")


def test_what_was_sold_once_is_the_ranges_part() -> None:
    found = decompose({1: sums(2, "20")}, {2: sums(3, "45")})

    assert found.effects == {
        Effect.VOLUME: 0,
        Effect.PRICE: 0,
        Effect.MIX: 0,
        Effect.NEW: Decimal("45.00"),
        Effect.GONE: Decimal("-20.00"),
        Effect.REFUNDS: 0,
    }


@pytest.mark.parametrize("seed", range(20))
def test_the_parts_sum_to_the_change_to_the_cent(seed: int) -> None:
    random = Random(seed)

    def window() -> dict[int, Sums]:
        return {
            key: sums(
                random.randint(0, 40),
                f"{random.randint(0, 99_999) / 100:.2f}",
                f"{random.randint(0, 999) / 100:.2f}",
            )
            for key in range(40)
            if random.random() < 0.8
        }

    found = decompose(window(), window())

    assert sum(found.effects.values()) == found.amount
    for row in found.products:
        assert row.price + row.quantity + row.refunds == row.after - row.before
    assert sum(row.after - row.before for row in found.products) == found.amount


def test_nothing_changes_nothing() -> None:
    assert set(decompose({}, {}).effects.values()) == {Decimal(0)}
