"""The search itself: every kind of rows in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import TextField, Value

from techmart.core.models import User
from techmart.core.search.sources import Source, sources_for

# Rows of each kind: in the palette, and on the page of results.
FEW, MANY = 5, 20
# One letter names nothing; longer texts than this are no names.
LEAST_WORDS, MOST_WORDS = 2, 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one kind, best first. more_url: the list of all, "" when all are here."""

    key: str
    label: str
    icon: str
    hits: Sequence[Hit]
    more_url: str = ""


def clean(words: str) -> str:
    """Return the words as they are searched for: one blank between, not too long."""
    return " ".join(words.replace("\x00", "").split())[:MOST_WORDS].strip()


def find(words: str, *, user: User, most: int) -> list[Group]:
    """Return what the words name, by kind, `most` rows of each.

    words: cleaned. One statement, and what Django asks to know the person's permissions.
    """
    if len(words) < LEAST_WORDS:
        return []
    sources = sources_for(user)
    if not sources:
        return []
    columns = ("hit_kind", "hit_key", "hit_title", "hit_detail")
    # One more than is shown tells whether there are more.
    first, *others = (
        source.find(words, user)
        .annotate(hit_kind=Value(source.key, TextField()))
        .values_list(*columns, "hit_score")[: most + 1]
        for source in sources
    )
    rows = sorted(first.union(*others, all=True), key=lambda row: -row[-1])
    return [group for source in sources if (group := _group(source, rows, words, most)).hits]


def _group(
    source: Source, rows: Sequence[tuple[str, str, str, str, float]], words: str, most: int
) -> Group:
    mine = [row for row in rows if row[0] == source.key]
    hits = [Hit(title, detail, source.path(key)) for _, key, title, detail, _ in mine[:most]]
    more = source.list_path(words) if source.list_path and len(mine) > most else ""
    return Group(source.key, source.label, source.icon, hits, more)
