"""The list of alerts as a file: the rows of its page, all of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.urls import reverse

from alerts.choices import AlertKind, AlertState, Severity
from alerts.list_filters import parse_filters
from alerts.pages import alerts_page, filter_words, tab_of
from alerts.querysets import VIEW_ALERTS
from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table, pages_of

_PAGE = 2_000
FILE_COLUMNS = (
    Column("Number", Kind.COUNT, 9, of="alert"),
    Column("Severity", width=10, of="alert"),
    Column("Type", width=20, of="type"),
    Column("Alert", width=36, of="alert"),
    Column("Message", width=44, of="alert"),
    Column("State", width=13),
    Column("Seen", Kind.COUNT, 7),
    Column("First seen", Kind.MOMENT, 19, of="age"),
    Column("Last seen", Kind.MOMENT, 19, of="age"),
    Column("Assigned to", width=18, of="who"),
)


def register_lists() -> None:
    """Offer the list of alerts."""
    register(
        ExportList(
            key="alerts",
            title="Alerts",
            permission=VIEW_ALERTS,
            path="/alerts/",
            build=alerts_table,
        )
    )


def alerts_table(query: Query, user: User, now: datetime) -> Table:
    """Return the alerts that the page's address asks for and this person may see."""
    filters = parse_filters(query)
    alerts = tab_of(filters, user)

    def rows() -> Iterator[Sequence[Cell]]:
        for page in pages_of(lambda cursor: alerts_page(alerts, filters.tab, cursor, _PAGE)):
            for alert in page:
                yield (
                    alert.pk,
                    Severity(alert.severity).label,
                    AlertKind(alert.kind).label,
                    alert.title,
                    alert.message,
                    AlertState(alert.state).label,
                    alert.occurrences,
                    alert.first_seen_at,
                    alert.last_seen_at,
                    alert.assigned_to.get_full_name() if alert.assigned_to else None,
                )

    return shop_table(
        title="Alerts",
        columns=FILE_COLUMNS,
        rows=rows,
        row_count=alerts.count(),
        totals=[],
        filters=filter_words(filters),
        as_of=now,
        url=filters.url(reverse("alerts:list")),
    ).in_columns(filters.columns)
