"""When an order was held to be fraud."""

from datetime import timedelta

import pytest

from tests.transactions.factories import NOW
from transactions.fraud.labels import Label, fraud_spells

# day known, source, is fraud
Word = tuple[int, str, bool]


def spells(*words: Word) -> list[tuple[int, int | None]]:
    """Return first and last day of each spell, as days from now."""
    labels = [Label("o", fraud, source, NOW + timedelta(days=day)) for day, source, fraud in words]
    return [
        ((spell.known_at - NOW).days, (spell.until - NOW).days if spell.until else None)
        for spell in fraud_spells(labels)
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([(1, "analyst", True)], [(1, None)]),
        ([(1, "analyst", False)], []),
        # The same word twice is one spell.
        ([(1, "analyst", True), (2, "chargeback", True)], [(1, None)]),
        # A surer source takes it back, a less sure one does not.
        ([(1, "customer", True), (3, "analyst", False)], [(1, 3)]),
        ([(1, "chargeback", True), (3, "analyst", False)], [(1, None)]),
        ([(1, "planted", True), (3, "analyst", False)], [(1, None)]),
        ([(1, "analyst", False), (4, "chargeback", True)], [(4, None)]),
        # What was taken back at once was never held.
        ([(2, "analyst", True), (2, "chargeback", False)], []),
        # One source may think again.
        (
            [(1, "analyst", True), (2, "analyst", False), (5, "analyst", True)],
            [(1, 2), (5, None)],
        ),
    ],
)
def test_the_surest_source_heard_so_far_decides(
    words: list[Word], expected: list[tuple[int, int | None]]
) -> None:
    assert spells(*words) == expected


def test_orders_do_not_mix() -> None:
    labels = [Label("a", True, "analyst", NOW), Label("b", False, "chargeback", NOW)]

    assert [spell.order_ref for spell in fraud_spells(labels)] == ["a"]
