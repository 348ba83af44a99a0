"""What the pages of value lists show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from techmart.core.exports.registry import Subject
from techmart.lib.keyset import BadCursor, Keyset, KeysetPage
from techmart.lib.page_parts import AsOf, Column, Option, keyset_pager
from transactions.choices import ListKind
from transactions.models import FraudRule, ValueList, ValueListEntry
from transactions.rule_pages.addresses import list_url, rule_url, rules_url
from transactions.rule_pages.contexts import FORM_SECONDS
from transactions.rules.nodes import LIST_OPERATORS
from transactions.services.rules.lists import live_entries

PAGE_SIZE = 50
# Served by the uniqueness of (list, value, added_at).
BY_VALUE = Keyset("value", "added_at", "pk")
VALUE_LIST = Subject("list", "key", lambda: ValueList.objects.all())


@dataclass(frozen=True, slots=True)
class ListRow:
    """A value list. used_by: names of the rules that run and look into it."""

    name: str
    key: str
    url: str
    kind_label: str
    standing: int
    used_by: str


def lists_context(
    *,
    now: datetime,
    may_change: bool,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what `transactions/_value_lists.html` asks for."""
    return {
        "page_url": reverse("transactions:value-lists"),
        "rules_url": rules_url(),
        "freshness": AsOf(now, FORM_SECONDS),
        "section": "rules",
        "create_url": reverse("transactions:value-lists") if may_change else "",
        "columns": [
            Column("List"),
            Column("Kind"),
            Column("Values now", align="r"),
            Column("Used by"),
        ],
        "rows": list_rows(now=now),
        "kinds": [Option(*kind) for kind in ListKind.choices],
        "typed": {"key": "", "name": "", "kind": "", "watched": "", "reason": "", **(typed or {})},
        "errors": errors or {},
    }


def list_rows(*, now: datetime) -> list[ListRow]:
    """Return all value lists by name."""
    standing = Q(entries__expires_at=None) | Q(entries__expires_at__gt=now)
    rows = ValueList.objects.annotate(standing=Count("entries", filter=standing))
    used = _used_lists()
    return [
        ListRow(
            name=each.name,
            key=each.key,
            url=list_url(each.key),
            kind_label=_kind_label(each),
            standing=each.standing,
            used_by=", ".join(name for name, _ in used.get(each.key, [])),
        )
        for each in rows.order_by("name")
    ]


def _kind_label(value_list: ValueList) -> str:
    """Return what a list holds, and whether it is watched."""
    label = ListKind(value_list.kind).label
    return f"{label}, watched" if value_list.watched else label


def list_context(
    value_list: ValueList,
    *,
    cursor: str,
    now: datetime,
    may_change: bool,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what `transactions/_value_list.html` asks for: a page of its standing values."""
    page = _page(live_entries(value_list, now=now).select_related("added_by"), cursor)
    url = list_url(value_list.key)
    return {
        "page_url": f"{url}?after={cursor}" if cursor else url,
        "rules_url": rules_url(),
        "lists_url": reverse("transactions:value-lists"),
        "freshness": AsOf(now, FORM_SECONDS),
        "section": "rules",
        "value_list": value_list,
        "file_query": VALUE_LIST.query(value_list.key),
        "kind_label": _kind_label(value_list),
        "used_by": [
            {"name": name, "url": rule_url(pk)}
            for name, pk in _used_lists().get(value_list.key, [])
        ],
        "columns": [
            Column("Value"),
            Column("Added", hide="opt-s"),
            Column("Until"),
            Column("Why", hide="opt-s"),
            Column("Actions", label_hidden=True, align="r"),
        ],
        "rows": page.rows,
        "pager": keyset_pager(
            page, lambda cursor: f"{url}?after={cursor}", labels=("Before", "After")
        ),
        "add_url": reverse("transactions:value-list-add", args=(value_list.key,))
        if may_change
        else "",
        "end_url": reverse("transactions:value-list-end", args=(value_list.key,))
        if may_change
        else "",
        "typed": {"values": "", "expires_at": "", "reason": "", **(typed or {})},
        "errors": errors or {},
    }


def _page(entries: Any, cursor: str) -> KeysetPage[ValueListEntry]:
    """A cursor made by hand opens the first page."""
    try:
        return BY_VALUE.page(entries, size=PAGE_SIZE, cursor=cursor)
    except BadCursor:
        return BY_VALUE.page(entries, size=PAGE_SIZE)


def _used_lists() -> dict[str, list[tuple[str, int]]]:
    """Name and key of the running rules that look into each list."""
    used: dict[str, list[tuple[str, int]]] = {}
    running = FraudRule.objects.exclude(live=None, shadow=None).select_related("live", "shadow")
    for rule in running.order_by("name"):
        expressions = [each.expression for each in (rule.live, rule.shadow) if each]
        for key in sorted({key for each in expressions for key in _keys(each)}):
            used.setdefault(key, []).append((rule.name, rule.pk))
    return used


def _keys(expression: Any) -> set[str]:
    """Keys of the lists that a stored expression names, readable or not."""
    if isinstance(expression, list):
        return {key for each in expression for key in _keys(each)}
    if not isinstance(expression, dict):
        return set()
    if expression.get("operator") in LIST_OPERATORS:
        return {str(expression.get("value"))}
    return {key for each in expression.values() for key in _keys(each)}
