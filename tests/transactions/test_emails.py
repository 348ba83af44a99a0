"""E-mail addresses: what stays of them, and which are alike."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.fraud.emails import (
    Sketches,
    are_alike,
    edits,
    email_stem,
    is_digits_heavy,
    is_disposable,
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


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("kitten", "sitting", 3), ("flaw", "lawn", 2), ("same", "same", 0), ("", "ab", 2)],
)
def test_edits_are_levenshteins(first: str, second: str, distance: int) -> None:
    assert edits(first, second, 5) == distance
    assert edits(first, second, distance) == distance
    # Past the bound only that it is past it.
    assert edits(first, second, 1) == min(distance, 2)


def test_alike_takes_an_edit_for_three_letters_at_one_domain() -> None:
    assert are_alike("johnson@a.test", "jonson@a.test")
    assert are_alike("johnson@a.test", "jonsen@a.test")
    assert not are_alike("johnson@a.test", "jansens@a.test")
    assert not are_alike("johnson@a.test", "johnson@b.test")
    # Four letters: one edit. Two letters: none.
    assert are_alike("anna@a.test", "hanna@a.test")
    assert not are_alike("anna@a.test", "enno@a.test")
    assert not are_alike("al@a.test", "an@a.test")


@given(
    first=st.text("abc", min_size=1, max_size=7),
    cuts=st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abcxyz"), st.booleans())),
)
def test_a_sketch_never_hides_stems_that_are_alike(
    first: str, cuts: list[tuple[int, str, bool]]
) -> None:
    second = first
    for place, letter, grows in cuts[:2]:
        place %= len(second) + 1
        second = second[:place] + letter + second[place + (not grows) :]
    sketches = Sketches([f"{first}@a.test", f"{second}@a.test"])

    assert sketches.may_be_alike(np.array([0]), np.array([1])).all()


def test_a_sketch_tells_most_names_apart() -> None:
    names = ["annalee", "bobmarsh", "carmendiaz", "dixonpark", "estherkim", "hugoreyes"]
    sketches = Sketches([f"{name}@a.test" for name in names])

    near = [
        (a, b)
        for a, b in product(range(len(names)), repeat=2)
        if sketches.may_be_alike(np.array([a]), np.array([b]))[0]
    ]

    assert near == [(i, i) for i in range(len(names))]
