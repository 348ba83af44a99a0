"""What can be found. An app registers its own kinds of rows when it is ready."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, F, FloatField, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from techmart.core.models import User

# What a match of a whole code counts; part of a name counts its likeness, 0 to 1.
EXACT = 2.0
# Shorter words have no trigram of their own and would read the whole table.
LEAST_LETTERS = 3
# Letters of the words whose slips are looked for: shorter ones are like too many others, and of
# longer ones enough is left.
SHORTEST_SLIP, LONGEST_SLIP = 5, 14

Rows = QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of rows. key: names it in ids and addresses; label: in the plural; icon: Lucide's.

    permission: who may find them. find: rows that words name, made by `found`. path: of the page
    of a row, by its key. list_path: of the list of all that match. about_others: rows that bear the
    names of other kinds, as alerts do; they stand behind these.
    """

    key: str
    label: str
    icon: str
    permission: str
    find: Callable[[str, User], Rows]
    path: Callable[[str], str]
    list_path: Callable[[str], str] | None = None
    about_others: bool = False


_SOURCES: dict[str, Source] = {}


def register(source: Source) -> None:
    """Let a kind of rows be found. Kinds are listed in the order they were registered in,
    those about others last.
    """
    _SOURCES[source.key] = source


def sources_for(user: User) -> list[Source]:
    """Return the kinds of rows that a person may find."""
    mine = (source for source in _SOURCES.values() if user.has_perm(source.permission))
    return sorted(mine, key=lambda source: source.about_others)


def has_a_name(words: str) -> bool:
    """Return whether a trigram index can answer for any of the words."""
    return any(len(word) >= LEAST_LETTERS for word in words.split())


def named(field: str, words: str) -> Q:
    """Return the condition that a name holds each of the words, or one much like it.

    words: with `has_a_name`. All is answered by a trigram index of the field: ~* for parts and
    for what one slip makes of them, %> (word similarity of 0.6 or more) for what is like them.
    """
    return reduce(and_, (_holds(field, word) for word in words.split()))


def _holds(field: str, word: str) -> Q:
    patterns = [re.escape(word), *slips(word)]
    part = Q(**{f"{field}__iregex": "|".join(patterns)})
    if len(word) < LEAST_LETTERS:
        return part
    return part | Q(**{f"{field}__trigram_word_similar": word})


def slips(word: str) -> list[str]:
    """Return patterns of what a word may have been meant as, one slip of the pen away.

    Two neighbours that changed places, a wrong letter, one too few, one too many. Word similarity
    forgives these near an end of a word; in its middle they leave too few trigrams, and asking for
    fewer would find whatever begins alike. Codes have no slips: a number that is nearly right is
    another number.
    """
    letters = len(word)
    if not word.isalpha() or not SHORTEST_SLIP <= letters <= LONGEST_SLIP:
        return []
    swapped = [
        word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        for at in range(letters - 1)
        if word[at] != word[at + 1]
    ]
    # Without three letters on a side of the unknown one there is no trigram to look for.
    wrong = [
        f"{word[:at]}.{word[at + 1 :]}"
        for at in range(1, letters - 1)
        if max(at, letters - 1 - at) >= LEAST_LETTERS
    ]
    missing = [f"{word[:at]}.{word[at:]}" for at in range(1, letters)]
    extra = [word[:at] + word[at + 1 :] for at in range(1, letters - 1)]
    # What is left of a short word is part of too many others.
    return [*swapped, *wrong, *missing, *(dict.fromkeys(extra) if letters > SHORTEST_SLIP else ())]


def likeness(field: str, words: str, *, exact: Q | None = None) -> Combinable:
    """Return how well a row fits: EXACT for a whole code, else the word similarity, 0 to 1."""
    similar = TrigramWordSimilarity(words, field)
    if exact is None:
        return similar
    return Case(When(exact, then=Value(EXACT)), default=similar, output_field=FloatField())


def found(
    rows: Rows, *, key: Combinable | str, title: str, detail: Combinable | str, score: Combinable
) -> Rows:
    """Return rows as the search puts them together: named alike and typed alike in all kinds.

    key: what the row's page is addressed by. Best first; the caller of the search cuts.
    """
    named_alike: Rows = rows.annotate(
        hit_key=Cast(F(key) if isinstance(key, str) else key, TextField()),
        hit_title=Cast(F(title), TextField()),
        hit_detail=Cast(F(detail) if isinstance(detail, str) else detail, TextField()),
        hit_score=Cast(score, FloatField()),
    )
    return named_alike.order_by("-hit_score", "-pk")
