"""The alert rules with what the newest look found, as a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from alerts.choices import Severity
from analytics.metric_rules.pages import COLUMNS, RULES_PATH, judged_at, listed_rules, row_of
from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table
from techmart.lib.plain_list import parse_plain_list

FILE_COLUMNS = (
    Column("Rule", width=26, of="rule"),
    Column("Says", width=44, of="rule"),
    Column("Owner", width=18, of="rule"),
    Column("Now", width=14, of="now"),
    Column("Now, as a number", Kind.NUMBER, 14, of="now"),
    Column("Compared with", width=14, of="reference"),
    Column("Compared with, as a number", Kind.NUMBER, 14, of="reference"),
    Column("Severity", width=10, of="severity"),
    Column("State", width=18, of="state"),
    Column("Looked at", Kind.MOMENT, 19),
)


def register_lists() -> None:
    """Offer the alert rules."""
    register(
        ExportList(
            key="alert-rules",
            title="Alert rules",
            permission="analytics.view_metricrule",
            path=RULES_PATH,
            build=rules_table,
        )
    )


def rules_table(query: Query, _user: User, now: datetime) -> Table:
    """Return all rules, those that fire first."""
    view = parse_plain_list(query, path=RULES_PATH, columns=COLUMNS)
    rules = listed_rules()

    def rows() -> Iterator[Sequence[Cell]]:
        for rule in rules:
            row = row_of(rule, may_change=False, now=now)
            yield (
                row.name,
                row.sentence,
                row.owner,
                row.now,
                rule.value,
                row.reference,
                rule.reference,
                Severity(rule.severity).label,
                row.state,
                rule.judged_at,
            )

    return shop_table(
        title="Alert rules",
        columns=FILE_COLUMNS,
        rows=rows,
        row_count=len(rules),
        totals=[
            ("On", sum(rule.enabled for rule in rules)),
            ("In alert", sum(rule.enabled and rule.fires for rule in rules)),
        ],
        filters=[],
        as_of=judged_at(rules) or now,
        url=view.url(),
    ).in_columns(view.chosen)
