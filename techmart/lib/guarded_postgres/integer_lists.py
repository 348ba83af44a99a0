"""Lists of integers as PostgreSQL arrays, as psycopg would write them but all at once.

psycopg asks each element how it is written, a microsecond a time. Reads by ten thousand ids, and
the rollups' notes, are lists of nothing but integers.
"""

from typing import Any, Final

from psycopg.abc import Buffer, DumperKey, PyFormat
from psycopg.types.array import BaseListDumper, ListDumper
from psycopg.types.numeric import Int2, Int4, Int8

# The smallest type that holds all, as psycopg chooses: bits, what stands for it, its name.
_TYPES: Final = ((15, Int2, "int2"), (31, Int4, "int4"), (63, Int8, "int8"))


class IntegerListDumper(ListDumper):
    """psycopg's dumper of lists, with a shorter way for those of integers alone."""

    def get_key(self, obj: list[Any], format: PyFormat) -> DumperKey:  # noqa: A002  psycopg's name
        """Return what lists that are written alike have in common.

        Not what psycopg says of lists with NULLs or nested ones, which this would not write.
        """
        found = _smallest(obj)
        return (_IntegerArrayDumper, found[0]) if found else super().get_key(obj, format)

    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:  # noqa: A002
        """Return what writes a list like this one."""
        found = _smallest(obj)
        if not found:
            return super().upgrade(obj, format)
        array = _IntegerArrayDumper(self.cls, self._tx)
        array.oid = self._tx.adapters.types[found[1]].array_oid
        return array


class _IntegerArrayDumper(ListDumper):
    def dump(self, obj: list[Any]) -> Buffer:
        return b"{%b}" % repr(obj)[1:-1].encode()


def _smallest(obj: list[Any]) -> tuple[type, str] | None:
    """Return the type of a flat list of integers; None for any other list."""
    # Exactly int: a subclass may be written in a way of its own, and bool is one.
    if set(map(type, obj)) != {int}:
        return None
    bits = max(max(obj), ~min(obj)).bit_length()
    return next(((kind, name) for most, kind, name in _TYPES if bits <= most), None)
