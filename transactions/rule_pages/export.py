"""Fraud rules with their hits, the value lists and what stands in one, as files."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table, pages_of, rounded
from techmart.lib.plain_list import parse_plain_list
from transactions.paths import RULES_PATH, VALUE_LISTS_PATH
from transactions.rule_pages.addresses import list_url
from transactions.rule_pages.contexts import HITS_OVER, RULE_COLUMNS, rule_rows
from transactions.rule_pages.list_contexts import BY_VALUE, VALUE_LIST, list_rows
from transactions.services.rules.lists import live_entries

_PAGE = 1_000
RULE_FILE = (
    Column("Rule", width=26, of="rule"),
    Column("Says", width=48, of="rule"),
    Column("Owner", width=18, of="rule"),
    Column("Action", width=10, of="action"),
    Column("State", width=10, of="state"),
    Column("Live cases a day", Kind.NUMBER, 10, of="live"),
    Column("Shadow cases a day", Kind.NUMBER, 10, of="shadow"),
    Column("Last backtest", Kind.MOMENT, 19, of="backtest"),
    Column("Its cases a day", Kind.NUMBER, 10, of="backtest"),
    Column("Its precision", Kind.SHARE, 10, of="backtest"),
)
_LISTS = (
    Column("List", width=26),
    Column("Key", width=20),
    Column("Kind", width=18),
    Column("Values now", Kind.COUNT, 9),
    Column("Used by", width=40),
)
_VALUES = (
    Column("Value", width=32),
    Column("Added", Kind.MOMENT, 19),
    Column("By", width=18),
    Column("Until", Kind.MOMENT, 19),
    Column("Why", width=36),
)


def register_lists() -> None:
    """Offer the rules, the value lists and the values of one."""
    register(
        ExportList(
            key="fraud-rules",
            title="Fraud rules",
            permission="transactions.view_fraudrule",
            path=RULES_PATH,
            build=rules_table,
        )
    )
    register(
        ExportList(
            key="value-lists",
            title="Value lists",
            permission="transactions.view_valuelist",
            path=VALUE_LISTS_PATH,
            build=lists_table,
        )
    )
    register(
        ExportList(
            key="value-list",
            title="Values of a list",
            permission="transactions.view_valuelist",
            path=f"{VALUE_LISTS_PATH}{{list}}/",
            build=values_table,
            subject=VALUE_LIST,
        )
    )


def rules_table(query: Query, _user: User, now: datetime) -> Table:
    """Return all rules with their cases a day, running ones first."""
    view = parse_plain_list(query, path=RULES_PATH, columns=RULE_COLUMNS)
    found = rule_rows(now=now)

    def rows() -> Iterator[Sequence[Cell]]:
        for row in found:
            yield (
                row.name,
                row.sentence,
                row.owner,
                row.action_label,
                row.state_label,
                rounded(row.live_a_day, 3),
                rounded(row.shadow_a_day, 3),
                row.backtest_at,
                rounded(row.backtest_cases, 3),
                row.backtest_precision,
            )

    return shop_table(
        title="Fraud rules",
        columns=RULE_FILE,
        rows=rows,
        row_count=len(found),
        totals=[
            ("Live cases a day, of each rule", round(sum(row.live_a_day or 0 for row in found), 3)),
            (
                "Shadow cases a day, of each rule",
                round(sum(row.shadow_a_day or 0 for row in found), 3),
            ),
            ("Counts", f"Cases a day are of the last {HITS_OVER.days} days."),
        ],
        filters=[],
        as_of=now,
        url=view.url(),
    ).in_columns(view.chosen)


def lists_table(_query: Query, _user: User, now: datetime) -> Table:
    """Return all value lists with how many values stand in each."""
    found = list_rows(now=now)

    def rows() -> Iterator[Sequence[Cell]]:
        for row in found:
            yield (row.name, row.key, row.kind_label, row.standing, row.used_by)

    return shop_table(
        title="Value lists",
        columns=_LISTS,
        rows=rows,
        row_count=len(found),
        totals=[("Values now", sum(row.standing for row in found))],
        filters=[],
        as_of=now,
        url=VALUE_LISTS_PATH,
    )


def values_table(query: Query, _user: User, now: datetime) -> Table:
    """Return what stands in a value list now, by value."""
    value_list = VALUE_LIST.of(query)
    entries = live_entries(value_list, now=now).select_related("added_by")

    def rows() -> Iterator[Sequence[Cell]]:
        for page in pages_of(lambda cursor: BY_VALUE.page(entries, size=_PAGE, cursor=cursor)):
            for entry in page:
                yield (
                    entry.value,
                    entry.added_at,
                    str(entry.added_by) if entry.added_by else None,
                    entry.expires_at,
                    entry.reason,
                )

    return shop_table(
        title=f"Values of {value_list.name}",
        columns=_VALUES,
        rows=rows,
        row_count=entries.count(),
        totals=[],
        filters=[f"{value_list.name}, as it stands now"],
        as_of=now,
        url=list_url(value_list.key),
    )
