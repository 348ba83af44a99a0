"""Keyed hashes stand for values, and card numbers are told from other texts."""

import hashlib
import hmac

import pytest

from techmart.lib.pseudonyms import has_card_number, masked, pseudonym


def test_a_pseudonym_is_the_keyed_hash_of_the_plain_form() -> None:
    expected = hmac.new(b"key", b"address\x001 high street", hashlib.sha256).hexdigest()[:32]

    assert pseudonym(" 1, High Street\n", key="key", purpose="address") == expected


def test_key_purpose_and_value_all_matter() -> None:
    made = {
        pseudonym(text, key=key, purpose=purpose)
        for text, key, purpose in (("a", "k", "card"), ("a", "l", "card"), ("a", "k", "address"))
    }

    assert len(made) == 3
    assert pseudonym("a 1", key="k", purpose="card") != pseudonym("a1", key="k", purpose="card")
    assert pseudonym(" ., ", key="k", purpose="card") == ""


@pytest.mark.parametrize(
    "text",
    [
        # Numbers that card schemes publish for tests; 13, 15, 16 and 19 digits.
        "4222222222222",
        "378282246310005",
        "4111 1111 1111 1111",
        "5555-5555-5555-4444",
        "6304000000000000000",
        "card 4111111111111111, thank you",
        # Beside other digits, and parted otherwise.
        "12 4111 1111 1111 1111",
        "2024-05-01 4111 1111 1111 1111",
        "4111 1111 1111 1111 12/27",
        "4111 1111 1111 1111 123",
        "4111.1111.1111.1111",
        "4111  1111  1111  1111",
    ],
)
def test_a_card_number_is_seen(text: str) -> None:
    assert has_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        # One digit off, too short, too long.
        "4111111111111112",
        "422222222222",
        "41111111111111111111",
        "tok_1KwGAxLkdIwHu7ix",
        "a4e1-111111111111111x",
        # Hashes with a card's number in them by chance.
        "4111111111111111abcdef0123456789",
        "41111111-1111-1111-abcd-000000000000",
    ],
)
def test_other_texts_are_not_taken_for_one(text: str) -> None:
    assert not has_card_number(text)


def test_a_mask_tells_enough_and_no_more() -> None:
    assert masked("0123456789abcdef") == "012345…"
    assert masked("annalee@example.com") == "a…@example.com"
    assert masked("") == ""
