"""Paging by key: page 10,000 costs what page 1 costs, and no row is counted.

A cursor holds the key of the row at a page's edge, so the next page starts at that row through
the index that gives the order, whatever was inserted meanwhile.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Field, Func, Model, Q, QuerySet, Value
from django.db.models.constants import LOOKUP_SEP
from django.db.models.sql.compiler import SQLCompiler

ModelT = TypeVar("ModelT", bound=Model)
Row = TypeVar("Row")

_NEXT, _PREVIOUS = "n", "p"


class BadCursor(ValueError):
    """A cursor that was cut, made by hand, or belongs to another sort."""


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """Rows of one page in the list's order. An empty cursor: nothing further that way."""

    rows: list[Row]
    next_cursor: str
    previous_cursor: str


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    descending: bool

    def of(self, row: object) -> Any:
        """Read the value from an instance, following relations, or from a `.values()` row."""
        if isinstance(row, Mapping):
            return row[self.name]
        for part in self.name.split(LOOKUP_SEP):
            row = getattr(row, part)
        return row


class _RowIsBeyond(Func):
    """`(a, b) < (x, y)` or `>`: one comparison that a B-tree of (a, b) answers by itself."""

    output_field = BooleanField()

    def __init__(self, *expressions: Any, operator: str) -> None:
        super().__init__(*expressions)
        self.operator = operator

    def as_sql(  # type: ignore[override]  # Func's further arguments are not used here
        self, compiler: SQLCompiler, connection: Any, **extra: Any
    ) -> tuple[str, list[Any]]:
        parts: list[str] = []
        params: list[Any] = []
        for expression in self.source_expressions:
            sql, values = compiler.compile(expression)
            parts.append(sql)
            params.extend(values)
        half = len(parts) // 2
        left, right = ", ".join(parts[:half]), ", ".join(parts[half:])
        return f"({left}) {self.operator} ({right})", params


class Keyset:
    """One sort of one list, as for `order_by`: `Keyset("-timestamp", "-pk")`.

    The columns together must be unique (end with the key) and none may be NULL. All of one
    direction read an index by row comparison; mixed ones by a bound on the first column.
    """

    def __init__(self, *ordering: str) -> None:
        if not ordering:
            raise ValueError("A keyset needs at least one column.")
        self.ordering = ordering
        self._columns = tuple(_Column(name.lstrip("-"), name.startswith("-")) for name in ordering)
        # A cursor of another sort must not be read as one of this.
        self._mark = f"{zlib.crc32(','.join(ordering).encode()):08x}"

    def page(
        self, queryset: QuerySet[ModelT, Row], *, size: int, cursor: str = ""
    ) -> KeysetPage[Row]:
        """Return the page at `cursor`, the first one without; reads size + 1 rows.

        Replaces the queryset's order. Raises BadCursor.
        """
        return self.page_across([queryset], size=size, cursor=cursor)

    def page_across(
        self, querysets: Sequence[QuerySet[Any, Row]], *, size: int, cursor: str = ""
    ) -> KeysetPage[Row]:
        """Return the page at `cursor` of several lists read as one, as `page` does of one.

        Each has the sort's columns, as fields or annotations: numbers or times, since they are
        merged here and not in the database's order of texts. No key of one is a key of another.
        Reads size + 1 rows of each. Raises BadCursor.
        """
        if size < 1:
            raise ValueError("A page holds at least one row.")
        if not cursor:
            return self._first(querysets, size)
        direction, key = self._decode(cursor, querysets[0])
        if direction == _PREVIOUS:
            return self._before(querysets, key, size)
        rows = self._nearest(querysets, key, size, backwards=False)
        edge = self._key(rows[0]) if rows else key
        return KeysetPage(
            rows=rows[:size],
            next_cursor=self._encode(_NEXT, self._key(rows[size - 1])) if len(rows) > size else "",
            previous_cursor=self._encode(_PREVIOUS, edge),
        )

    def _first(self, querysets: Sequence[QuerySet[Any, Row]], size: int) -> KeysetPage[Row]:
        rows = self._merged(
            [list(rows.order_by(*self.ordering)[: size + 1]) for rows in querysets],
            size,
            backwards=False,
        )
        more = self._encode(_NEXT, self._key(rows[size - 1])) if len(rows) > size else ""
        return KeysetPage(rows=rows[:size], next_cursor=more, previous_cursor="")

    def _before(
        self, querysets: Sequence[QuerySet[Any, Row]], key: list[Any], size: int
    ) -> KeysetPage[Row]:
        rows = self._nearest(querysets, key, size, backwards=True)
        if len(rows) < size:
            # The top of the list is shorter than a page: show a whole first page.
            return self._first(querysets, size)
        more = self._encode(_PREVIOUS, self._key(rows[size - 1])) if len(rows) > size else ""
        shown = rows[:size][::-1]
        return KeysetPage(
            rows=shown,
            next_cursor=self._encode(_NEXT, self._key(shown[-1])),
            previous_cursor=more,
        )

    def _nearest(
        self,
        querysets: Sequence[QuerySet[Any, Row]],
        key: list[Any],
        size: int,
        *,
        backwards: bool,
    ) -> list[Row]:
        """The size + 1 rows nearest beyond the key, of all the lists."""
        lists = [
            list(self._beyond(rows, key, backwards=backwards)[: size + 1]) for rows in querysets
        ]
        return self._merged(lists, size, backwards=backwards)

    def _merged(self, lists: list[list[Row]], size: int, *, backwards: bool) -> list[Row]:
        """The first size + 1 rows of all, in the sort's order or against it."""
        rows = [row for each in lists for row in each]
        if len(lists) > 1:
            # Sorting is stable, so the last column comes first.
            for column in reversed(self._columns):
                rows.sort(key=column.of, reverse=column.descending != backwards)
        return rows[: size + 1]

    def _beyond(
        self, queryset: QuerySet[Any, Row], key: list[Any], *, backwards: bool
    ) -> QuerySet[Any, Row]:
        """Rows after the key (before it when backwards), nearest first."""
        columns = [_Column(c.name, c.descending != backwards) for c in self._columns]
        order = [f"-{c.name}" if c.descending else c.name for c in columns]
        if len({c.descending for c in columns}) == 1:
            operator = "<" if columns[0].descending else ">"
            names = [F(c.name) for c in columns]
            beyond = _RowIsBeyond(*names, *(Value(value) for value in key), operator=operator)
            return queryset.filter(beyond).order_by(*order)
        return queryset.filter(_mixed(columns, key)).order_by(*order)

    def _key(self, row: object) -> list[Any]:
        return [column.of(row) for column in self._columns]

    def _encode(self, direction: str, key: list[Any]) -> str:
        text = json.dumps([self._mark, direction, [_text(value) for value in key]])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _decode(self, cursor: str, queryset: QuerySet[Any, Row]) -> tuple[str, list[Any]]:
        query = queryset.query.chain()
        fields = [F(c.name).resolve_expression(query).output_field for c in self._columns]
        try:
            raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
            mark, direction, texts = json.loads(raw)
            key = [_value(field, text) for field, text in zip(fields, texts, strict=True)]
        except (binascii.Error, ValueError, TypeError, RecursionError, ValidationError) as error:
            raise BadCursor("This page address is damaged; start from the first page.") from error
        if mark != self._mark or direction not in (_NEXT, _PREVIOUS):
            raise BadCursor("This page address belongs to another sort of the list.")
        return direction, key


def _mixed(columns: list[_Column], key: list[Any]) -> Q:
    """a beyond x, or a = x and the rest beyond; a at or beyond x bounds the index scan."""
    column, value = columns[0], key[0]
    beyond = Q(**{f"{column.name}__{'lt' if column.descending else 'gt'}": value})
    if len(columns) == 1:
        return beyond
    bound = Q(**{f"{column.name}__{'lte' if column.descending else 'gte'}": value})
    return bound & (beyond | (Q(**{column.name: value}) & _mixed(columns[1:], key[1:])))


def _text(value: object) -> str:
    match value:
        case datetime() | date():
            return value.isoformat()
        case float():
            return repr(value)
        case int() | Decimal() | str():
            return str(value)
    raise TypeError(f"A list cannot be paged by {type(value).__name__} values.")


def _value(field: "Field[Any, Any]", text: object) -> Any:
    """Read what `_text` wrote, as the field's type and within its range."""
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("A key is kept as plain text.")
    value = field.to_python(text)
    field.run_validators(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("A moment without a zone.")
    return value
