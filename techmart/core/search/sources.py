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

Rows = QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of rows. key: names it in ids and addresses; label: in the plural; icon: Lucide's.

    permission: who may find them. find: rows that words name, made by `found`. path: of the page
    of a row, by its key. list_path: of the list of all that match.
    """

    key: str
    label: str
    icon: str
    permission: str
    find: Callable[[str, User], Rows]
    path: Callable[[str], str]
    list_path: Callable[[str], str] | None = None


_SOURCES: dict[str, Source] = {}


def register(source: Source) -> None:
    """Let a kind of rows be found. Kinds are listed in the order they were registered in."""
    _SOURCES[source.key] = source


def sources_for(user: User) -> list[Source]:
    """Return the kinds of rows that a person may find."""
    return [source for source in _SOURCES.values() if user.has_perm(source.permission)]


def has_a_name(words: str) -> bool:
    """Return whether a trigram index can answer for any of the words."""
    return any(len(word) >= LEAST_LETTERS for word in words.split())


def named(field: str, words: str) -> Q:
    """Return the condition that a name holds each of the words, or one much like it.

    words: with `has_a_name`. Both are answered by a trigram index of the field: ~* for parts,
    %> (word similarity of 0.6 or more) for slips of the pen.
    """
    return reduce(and_, (_holds(field, word) for word in words.split()))


def _holds(field: str, word: str) -> Q:
    part = Q(**{f"{field}__iregex": re.escape(word)})
    if len(word) < LEAST_LETTERS:
        return part
    return part | Q(**{f"{field}__trigram_word_similar": word})


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
