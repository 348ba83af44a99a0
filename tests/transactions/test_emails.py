"""E-mail addresses: what stays of them, and which are alike."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.fraud.emails import (
    Stems,
    _signature,
    email_stem,
    is_digits_heavy,
    is_disposable,
)


def are_alike(first: str, second: str) -> bool:
    """Return whether two stems are alike, filtered and counted."""
    stems, one, other = Stems([first, second]), np.array([0]), np.array([1])
    return bool(stems.may_be_alike(one, other)[0] and stems.are_alike(one, other)[0])


def edits(first: str, second: str) -> int:
    """Return Levenshtein's distance by its definition."""
    if not first or not second:
        return len(first) + len(second)
    return min(
        edits(first[1:], second) + 1,
        edits(first, second[1:]) + 1,
        edits(first[1:], second[1:]) + (first[0] != second[0]),
    )


@pytest.mark.parametrize(
    ("address", "stem"),
    [
        (" Anna.Lee+shop77@Example.COM ", "annalee@example.com"),
        ("annalee3@example.com", "annalee@example.com"),
        # Three of six are digits: not more than half.
        ("bob123@example.com", "bob@example.com"),
        # Mostly digits: there would be nothing left to tell it by.
        ("qq123456@example.com", "qq123456@example.com"),
        ("no address", ""),
        ("@example.com", ""),
        ("a@", ""),
    ],
)
def test_a_stem_leaves_out_what_costs_nothing_to_vary(address: str, stem: str) -> None:
    assert email_stem(address) == stem
    assert email_stem(stem) == stem


def test_patterns_are_seen_in_the_stem() -> None:
    assert is_disposable("x@mailinator.com")
    assert not is_disposable("x@example.com")
    assert is_digits_heavy("a12@example.com")
    assert not is_digits_heavy("ab12@example.com")


def test_alike_takes_an_edit_for_three_letters_at_one_domain() -> None:
    assert are_alike("johnson@a.test", "jonson@a.test")
    assert are_alike("johnson@a.test", "jonsen@a.test")
    assert not are_alike("johnson@a.test", "jansens@a.test")
    # Four letters: one edit. Two letters: none.
    assert are_alike("anna@a.test", "hanna@a.test")
    assert not are_alike("anna@a.test", "enno@a.test")
    assert not are_alike("al@a.test", "an@a.test")


names = st.text("abc", min_size=1, max_size=6)


@given(first=names, others=st.lists(names, min_size=1, max_size=5))
def test_alike_is_what_levenshtein_says(first: str, others: list[str]) -> None:
    stems = Stems([f"{name}@a.test" for name in (first, *others)])
    one, places = np.zeros(len(others), np.int64), 1 + np.arange(len(others))

    found = stems.are_alike(one, places)

    expected = [edits(first, other) <= min(2, max(len(first), len(other)) // 3) for other in others]
    assert found.tolist() == expected
    # What tells most apart beforehand hides none of them.
    assert (stems.may_be_alike(one, places) | ~found).all()


def test_most_names_are_told_apart_beforehand() -> None:
    names = ["annalee", "bobmarsh", "carmendiaz", "dixonpark", "estherkim", "hugoreyes"]
    stems = Stems([f"{name}@a.test" for name in names])

    near = [
        (a, b)
        for a, b in product(range(len(names)), repeat=2)
        if stems.may_be_alike(np.array([a]), np.array([b]))[0]
    ]

    assert near == [(i, i) for i in range(len(names))]


def test_what_tells_addresses_apart_is_made_once_a_name() -> None:
    names = [f"{'abcdefgh'[i]}nna.once@shop.example" for i in range(8)]
    Stems(names)
    made = _signature.cache_info().misses

    Stems([*names, "somebody.new@shop.example"])

    assert _signature.cache_info().misses == made + 1


def test_nothing_to_compare_needs_no_letters() -> None:
    stems = Stems(["anna@shop.example", "bert@shop.example"])

    alike = stems.are_alike(np.zeros(0, np.int64), np.zeros(0, np.int64))

    assert alike.dtype == np.bool_
    assert len(alike) == 0
    assert "_codes" not in vars(stems)
