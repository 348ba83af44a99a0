"""The lists that can be exported. An app registers its own when it is ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from django.db.models import Model, QuerySet

from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal
from techmart.lib.export import Table

# What an address asks for, by parameter.
Query = Mapping[str, str]
ModelT = TypeVar("ModelT", bound=Model)


class NoSuchSubject(Refusal):
    """The list is of one thing, and the query names none that there is."""

    def __init__(self, parameter: str, given: str, noun: str) -> None:
        known = f"There is no {noun} {given}." if given else f"The list is of one {noun}."
        message = f"{known} Name it in the query, as {parameter}."
        super().__init__(message, code="unknown", errors=[FieldError("query", "unknown", message)])


@dataclass(frozen=True, slots=True)
class Subject(Generic[ModelT]):
    """What a page is of, when it is of one thing.

    parameter: of the query, that names it; also its place in the path. field: of the model, that
    the parameter is compared with. rows: those there are.
    """

    parameter: str
    field: str
    rows: Callable[[], QuerySet[ModelT]]

    def of(self, query: Query) -> ModelT:
        """Return what the query names. Raises NoSuchSubject."""
        given, rows = query.get(self.parameter, "").replace("\0", ""), self.rows()
        try:
            found = rows.filter(**{self.field: given}).first() if given else None
        except ValueError:
            # A word where a number stands.
            found = None
        if found is None:
            noun = str(rows.model._meta.verbose_name)
            raise NoSuchSubject(self.parameter, given, noun)
        return found

    def query(self, name: object, /, **further: str) -> str:
        """Return an address of nothing but the query: of one thing, and what narrows its list.

        further: of any name, as an address has them; none of them names another thing.
        """
        subject = {self.parameter: str(name)}
        given = subject | further | subject
        return f"?{urlencode({key: value for key, value in given.items() if value})}"


@dataclass(frozen=True, slots=True)
class ExportList:
    """A list. permission: who may see its page. path: of its page, which takes the same query.

    build: makes the table for one person. It is called within one snapshot of the database, and
    the rows are read within the same, so that totals, count and rows agree. subject: what the
    page is of, when it is of one thing; the path has its parameter in braces.
    """

    key: str
    title: str
    permission: str
    path: str
    build: Callable[[Query, User, datetime], Table]
    subject: Subject[Any] | None = None

    def url(self, query: Query) -> str:
        """Return the address of the page that the query is of."""
        rest, path = dict(query), self.path
        if self.subject:
            name = self.subject.parameter
            path = path.format(**{name: quote(rest.pop(name, ""), safe="")})
        return f"{path}?{urlencode(rest)}" if rest else path

    def require_subject(self, query: Query) -> None:
        """Refuse a query that does not name what the page is of. Raises NoSuchSubject."""
        if self.subject:
            self.subject.of(query)


class NoSuchList(Refusal):
    """Nothing of that name can be exported by this person."""

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no list {key}.", code="unknown", status=404)


class ListNotPermitted(NoSuchList):
    """The person may not see the list. permission: what it takes."""

    def __init__(self, listed: ExportList) -> None:
        Refusal.__init__(
            self,
            f"You may not see the list {listed.title}, and so not export it.",
            code="permission_denied",
            status=403,
        )
        self.permission = listed.permission


_LISTS: dict[str, ExportList] = {}


def register(listed: ExportList) -> None:
    """Offer a list for export."""
    _LISTS[listed.key] = listed


def find(key: str, user: User) -> ExportList:
    """Return a list that the person may see. Raises NoSuchList, ListNotPermitted."""
    found = _LISTS.get(key)
    if found is None:
        raise NoSuchList(key)
    if not user.has_perm(found.permission):
        raise ListNotPermitted(found)
    return found


def offered_to(user: User) -> list[ExportList]:
    """Return the lists that the person may export, by title."""
    return sorted(
        (each for each in _LISTS.values() if user.has_perm(each.permission)),
        key=lambda each: each.title,
    )
