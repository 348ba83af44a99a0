"""The lists that can be exported. An app registers its own when it is ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib.export import Table

# What an address asks for, by parameter.
Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ExportList:
    """A list. permission: who may see its page. path: of its page, which takes the same query.

    build: makes the table for one person. It is called within one snapshot of the database, and
    the rows are read within the same, so that totals, count and rows agree.
    """

    key: str
    title: str
    permission: str
    path: str
    build: Callable[[Query, User, datetime], Table]


class NoSuchList(Refusal):
    """Nothing of that name can be exported by this person."""

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no list {key} that you may export.", code="unknown", status=404)


_LISTS: dict[str, ExportList] = {}


def register(listed: ExportList) -> None:
    """Offer a list for export."""
    _LISTS[listed.key] = listed


def find(key: str, user: User) -> ExportList:
    """Return a list that the person may see. Raises NoSuchList."""
    found = _LISTS.get(key)
    if found is None or not user.has_perm(found.permission):
        raise NoSuchList(key)
    return found


def offered_to(user: User) -> list[ExportList]:
    """Return the lists that the person may export, by title."""
    return sorted(
        (each for each in _LISTS.values() if user.has_perm(each.permission)),
        key=lambda each: each.title,
    )
