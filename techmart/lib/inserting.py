"""New rows as `bulk_create` writes them, with less ado for the one row of a single sale.

Compiling an INSERT of forty columns takes Django longer than PostgreSQL takes to run it; a single
row goes by a statement that is made once a model, and planned once a connection.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, Model

from techmart.lib.prepared import prepared_cursor

_Row = TypeVar("_Row", bound=Model)


def insert_rows(model: type[_Row], rows: Sequence[_Row]) -> None:
    """Insert rows of a model whose key the database gives, and set their keys.

    As with `bulk_create`, `save` is not called and no signal is sent.
    """
    if len(rows) != 1:
        model._default_manager.bulk_create(rows)
        return
    [row] = rows
    statement, fields = _insert(model)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        [row.pk] = cursor.fetchone() or [None]
    row._state.adding = False
    row._state.db = connection.alias


@cache
def _insert(model: type[Model]) -> tuple[str, tuple["Field[Any, Any]", ...]]:
    meta = model._meta
    fields = tuple(field for field in meta.concrete_fields if field is not meta.pk)
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    statement = (
        f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({places}) "
        f"RETURNING {quote(meta.pk.column)}"
    )
    return statement, fields
