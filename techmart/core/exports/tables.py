"""What the tables of the shop's lists have in common."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from techmart.lib.export import Cell, Column, Table


def shop_table(
    *,
    title: str,
    columns: Sequence[Column],
    rows: Callable[[], Iterator[Sequence[Cell]]],
    row_count: int,
    totals: Sequence[tuple[str, Cell]],
    filters: Sequence[str],
    as_of: datetime,
    url: str,
) -> Table:
    """Return a table in the shop's time zone and currency; the fields are those of Table."""
    return Table(
        title=title,
        columns=columns,
        rows=rows,
        row_count=row_count,
        totals=totals,
        filters=filters,
        as_of=as_of,
        zone=timezone.get_default_timezone(),
        currency=settings.SHOP_CURRENCY,
        url=url,
    )
