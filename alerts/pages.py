"""What the pages of alerts show: finished values for the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from alerts.choices import AlertKind, AlertState, EventKind, Resolution, Severity, SnoozeUntil
from alerts.counts import AlertCounts, count_alerts
from alerts.list_filters import AlertFilters, Tab, Who
from alerts.models import Alert, AlertEvent
from alerts.notifying.routing import HIDES
from alerts.querysets import AlertQuerySet
from techmart.core.models import User
from techmart.lib import formats
from techmart.lib.columns import column_menu, shown_columns
from techmart.lib.keyset import BadCursor, Keyset, KeysetPage
from techmart.lib.page_parts import AsOf, Chip, Column, Link, Option, Select, keyset_pager

PAGE_SIZE = 50
DRAWER_SIZE = 20
HISTORY_SIZE = 100
FRESH_SECONDS = 60
CHANGE_ALERTS = "alerts.change_alert"

_WORST_FIRST = Keyset("-severity_rank", "-last_seen_at", "-id")
_NEWEST_FIRST = Keyset("-last_seen_at", "-id")

_TAB_LABELS = {
    Tab.OPEN: "Open",
    Tab.MINE: "Mine",
    Tab.SNOOZED: "Snoozed",
    Tab.RESOLVED: "Resolved",
}
# What the link of an alert opens, by the kind of its subject.
_SUBJECTS = {
    "product": "the product",
    "transaction": "the sale",
    "purchase_order": "the order",
    "supplier": "the supplier",
    "metric_rule": "the numbers",
}
_WHO_LABELS = {Who.ANYONE: "Anyone", Who.ME: "Me", Who.NOBODY: "Nobody"}
_EMPTY_TITLES = {
    Tab.OPEN: "No open alerts",
    Tab.MINE: "Nothing is yours",
    Tab.SNOOZED: "Nothing is snoozed",
    Tab.RESOLVED: "Nothing was resolved yet",
}
# Parameters that the form has a field of its own for; the others it carries along.
_FIELDS_OF_FORM = {"sev", "type", "who"}
_COLUMNS = (
    Column("Alert", name="alert"),
    Column("Type", hide="opt-l", name="type"),
    Column("Assigned to", name="who"),
    Column("Age", align="r", name="age"),
    Column("Actions", align="r", label_hidden=True),
)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert in a list. acknowledge_url: "" where it cannot be acknowledged by this person."""

    pk: int
    severity: str
    kind: str
    kind_label: str
    title: str
    message: str
    subject_url: str
    url: str
    state: str
    state_label: str
    occurrences: int
    assigned_to: str
    first_at: datetime
    last_at: datetime
    acknowledge_url: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One thing that happened to an alert, and who did it."""

    at: datetime
    title: str
    detail: str
    actor: str


def alert_row(alert: Alert, *, user: User, may_change: bool) -> AlertRow:
    """Return an alert as lists show it."""
    waits = alert.state in {AlertState.OPEN, AlertState.FLAPPING}
    return AlertRow(
        pk=alert.pk,
        severity=alert.severity,
        kind=alert.kind,
        kind_label=AlertKind(alert.kind).label,
        title=alert.title,
        message=alert.message,
        subject_url=alert.path,
        url=reverse("alerts:detail", args=[alert.pk]),
        state=alert.state,
        state_label=AlertState(alert.state).label,
        occurrences=alert.occurrences,
        assigned_to=_person(alert.assigned_to, user),
        first_at=alert.first_seen_at,
        last_at=alert.last_seen_at,
        acknowledge_url=(
            reverse("alerts:acknowledge", args=[alert.pk]) if waits and may_change else ""
        ),
    )


def _person(person: User | None, reader: User) -> str:
    if person is None:
        return ""
    return "You" if person.pk == reader.pk else person.get_full_name()


def list_context(
    filters: AlertFilters, *, cursor: str, user: User, now: datetime
) -> dict[str, Any]:
    """Return what the list shows: one page of alerts, its filters and the other tabs' counts."""
    path = reverse("alerts:list")
    visible = Alert.objects.visible_to(user)
    counts = count_alerts(_of_person(visible, filters, user), user)

    def count_on(tab: Tab) -> int | None:
        return counts.of(tab, kind=filters.kind, severity=filters.severity)

    narrowed = _narrowed(visible, filters, user)
    page, cursor_ignored = _page(_of_tab(narrowed, filters.tab, user), filters.tab, cursor)
    may_change = user.has_perm(CHANGE_ALERTS)
    count = count_on(filters.tab)
    page_url = filters.url(path, cursor="" if cursor_ignored else cursor)
    return {
        "page_url": page_url,
        "clear_url": AlertFilters(tab=filters.tab, columns=filters.columns).url(path),
        "freshness": AsOf(now, FRESH_SECONDS),
        "tabs": [
            Link(
                label,
                filters.on(tab).url(path),
                current=tab is filters.tab,
                count=count_on(tab),
                tone="bad" if tab is Tab.OPEN else "",
            )
            for tab, label in _TAB_LABELS.items()
        ],
        "selects": _selects(filters, counts),
        "chips": _chips(filters, path, cursor_ignored=cursor_ignored),
        "hidden": [
            (name, value)
            for name, value in filters.parameters().items()
            if name not in _FIELDS_OF_FORM
        ],
        "columns": shown_columns(_COLUMNS, filters.columns),
        "column_menu": column_menu(_COLUMNS, filters.columns, page_url=page_url),
        "rows": [alert_row(alert, user=user, may_change=may_change) for alert in page.rows],
        "pager": keyset_pager(
            page,
            lambda cursor: filters.url(path, cursor=cursor),
            total=count,
            labels=("Previous", "Next"),
        ),
        "filtered": filters.narrows,
        "bulk_url": reverse("alerts:bulk") if may_change and _can_be_acted_on(filters.tab) else "",
        "everything": f"All {formats.count(count)} that match" if count else "",
        "snoozes": SNOOZE_OPTIONS,
        "empty_title": _EMPTY_TITLES[filters.tab],
    }


def _can_be_acted_on(tab: Tab) -> bool:
    return tab is not Tab.RESOLVED


def tab_of(filters: AlertFilters, user: User) -> AlertQuerySet:
    """Return the alerts of a view of the list that this person may see."""
    return _of_tab(_narrowed(Alert.objects.visible_to(user), filters, user), filters.tab, user)


def alerts_page(alerts: QuerySet[Alert], tab: Tab, cursor: str, size: int) -> KeysetPage[Alert]:
    """Return one page of a tab's alerts. Raises BadCursor."""
    keyset = _NEWEST_FIRST if tab is Tab.RESOLVED else _WORST_FIRST
    return keyset.page(alerts.select_related("assigned_to"), size=size, cursor=cursor)


def filter_words(filters: AlertFilters) -> list[str]:
    """Say what narrows the list: its tab, and the words of its chips."""
    return [_TAB_LABELS[filters.tab], *_named(filters).values()]


def _narrowed(alerts: AlertQuerySet, filters: AlertFilters, user: User) -> AlertQuerySet:
    if filters.severity:
        alerts = alerts.filter(severity=filters.severity)
    if filters.kind:
        alerts = alerts.filter(kind=filters.kind)
    return _of_person(alerts, filters, user)


def _of_person(alerts: AlertQuerySet, filters: AlertFilters, user: User) -> AlertQuerySet:
    match filters.who:
        case Who.ME:
            return alerts.filter(assigned_to=user)
        case Who.NOBODY:
            return alerts.filter(assigned_to=None)
        case Who.ANYONE:
            return alerts


def _of_tab(alerts: AlertQuerySet, tab: Tab, user: User) -> AlertQuerySet:
    match tab:
        case Tab.OPEN:
            return alerts.needing_attention()
        case Tab.MINE:
            return alerts.mine(user)
        case Tab.SNOOZED:
            return alerts.snoozed()
        case Tab.RESOLVED:
            return alerts.resolved()


def _page(alerts: QuerySet[Alert], tab: Tab, cursor: str) -> tuple[KeysetPage[Alert], bool]:
    """Return a page and whether its cursor was of no use: then it is the first page."""
    try:
        return alerts_page(alerts, tab, cursor, PAGE_SIZE), False
    except BadCursor:
        return alerts_page(alerts, tab, "", PAGE_SIZE), True


def _selects(filters: AlertFilters, counts: AlertCounts) -> list[Select]:
    """Return the filters; each severity and type with its alerts, as the others narrow them."""

    def of_severity(severity: str) -> int | None:
        return counts.of(filters.tab, kind=filters.kind, severity=severity)

    def of_kind(kind: str) -> int | None:
        return counts.of(filters.tab, kind=kind, severity=filters.severity)

    return [
        Select(
            "sev",
            "Severity",
            [
                Option("", "All severities"),
                *(
                    _counted(value, label, of_severity(value))
                    for value, label in reversed(Severity.choices)
                ),
            ],
            filters.severity,
        ),
        Select(
            "type",
            "Type",
            [
                Option("", "All types"),
                *(_counted(value, label, of_kind(value)) for value, label in AlertKind.choices),
            ],
            filters.kind,
        ),
        Select(
            "who",
            "Assigned to",
            [Option(who.value, label) for who, label in _WHO_LABELS.items()],
            filters.who.value,
        ),
    ]


def _counted(value: str, label: str, count: int | None) -> Option:
    return Option(value, f"{label} ({formats.count(count)})" if count else label)


def _named(filters: AlertFilters) -> dict[str, str]:
    """Return the filters in force: their words by parameter."""
    labels = {
        "sev": Severity(filters.severity).label if filters.severity else "",
        "type": AlertKind(filters.kind).label if filters.kind else "",
        "who": f"Assigned to {_WHO_LABELS[filters.who].lower()}" if filters.who else "",
    }
    return {name: label for name, label in labels.items() if label}


def _chips(filters: AlertFilters, path: str, *, cursor_ignored: bool) -> list[Chip]:
    chips = [
        Chip(label, filters.without(name).url(path)) for name, label in _named(filters).items()
    ]
    ignored = [*filters.ignored, *([("after", "damaged")] if cursor_ignored else [])]
    return chips + [
        Chip(f"ignored: {name}={value}", filters.url(path), ignored=True) for name, value in ignored
    ]


def drawer_context(user: User) -> dict[str, Any]:
    """Return the newest alerts that need attention, for the drawer behind the bell."""
    alerts = Alert.objects.visible_to(user).needing_attention().newest_first()
    rows = alerts.select_related("assigned_to")[:DRAWER_SIZE]
    return {
        "alerts": [alert_row(alert, user=user, may_change=False) for alert in rows],
        "alerts_url": reverse("alerts:list"),
    }


def detail_context(
    alert: Alert, *, user: User, now: datetime, errors: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """Return one alert with what was done to it, and what can be.

    errors: messages of the form that was refused, by the name of its field.
    """
    live = alert.state != AlertState.RESOLVED
    may_change = live and user.has_perm(CHANGE_ALERTS)
    events = AlertEvent.objects.history(alert.pk)[:HISTORY_SIZE]
    return {
        "page_url": reverse("alerts:detail", args=[alert.pk]),
        "back_url": reverse("alerts:list"),
        "freshness": AsOf(now, FRESH_SECONDS),
        "row": alert_row(alert, user=user, may_change=may_change),
        "subject": _SUBJECTS.get(alert.subject_kind, ""),
        "reopened": _times(alert.reopened) if alert.reopened else "",
        "facts": [
            ("SKU" if name == "sku" else name.replace("_", " ").capitalize(), value)
            for name, value in alert.facts.items()
            # For the routing of notifications, not for readers.
            if name != HIDES
        ],
        "standing": _standing(alert, user),
        "history": [_history_row(event, user) for event in events],
        "acts": _acts(alert, user) if may_change else {},
        "people": _people(alert) if may_change else [],
        "snoozes": SNOOZE_OPTIONS,
        "errors": errors or {},
    }


SNOOZE_OPTIONS = (
    Option("1h", "1 hour"),
    Option("tomorrow", "Until tomorrow, 9:00"),
    Option("severity", "Until it becomes more severe"),
    Option("count", "Until it was seen twice as often"),
)


def _acts(alert: Alert, user: User) -> dict[str, str]:
    """Addresses of what can be done now, by name; all take a POST and answer the detail."""
    names = ["assign", "snooze", "resolve"]
    if alert.state == AlertState.SNOOZED:
        names.append("unsnooze")
    elif alert.state != AlertState.ACKNOWLEDGED or alert.acknowledged_by_id == user.pk:
        names.append("acknowledge")
    return {name: reverse(f"alerts:{name}", args=[alert.pk]) for name in names}


def assignable() -> QuerySet[User]:
    """People who can be given an alert: those who may change alerts."""
    may_change = Permission.objects.filter(
        content_type__app_label="alerts", codename="change_alert"
    )
    return (
        User.objects.filter(is_active=True)
        .filter(
            Q(is_superuser=True)
            | Q(user_permissions__in=may_change)
            | Q(groups__permissions__in=may_change)
        )
        .distinct()
        .order_by("name", "email")
    )


def _people(alert: Alert) -> list[tuple[Option, bool]]:
    """Who it can be given to, and whether it is theirs."""
    nobody = (Option("", "Nobody"), alert.assigned_to_id is None)
    return [
        nobody,
        *(
            (Option(str(person.pk), person.get_full_name()), person.pk == alert.assigned_to_id)
            for person in assignable()
        ),
    ]


def _standing(alert: Alert, user: User) -> str:
    """Say in a sentence where the alert stands; "" when it is just open."""
    match alert.state:
        case AlertState.ACKNOWLEDGED:
            who = _person(alert.acknowledged_by, user)
            return f"Acknowledged by {who}, until {_moment(alert.acknowledged_until)}."
        case AlertState.SNOOZED:
            return f"Snoozed {_snoozed(alert.snooze_rule, alert.snoozed_until)}."
        case AlertState.FLAPPING:
            return "It comes and goes; it is told of once an hour until it is quiet."
        case AlertState.RESOLVED if alert.resolution == Resolution.MANUAL:
            return f"Resolved by {_person(alert.resolved_by, user)}: {alert.reason}"
        case AlertState.RESOLVED:
            return "It ended by itself."
    if alert.clearing_since is not None:
        return f"Its condition ended {_moment(alert.clearing_since)}; it is resolved if that lasts."
    return ""


def _snoozed(rule: str, until: datetime | None) -> str:
    if rule == SnoozeUntil.TIME:
        return f"until {_moment(until)}"
    if rule == SnoozeUntil.SEVERITY:
        return "until it becomes more severe"
    return "until it was seen twice as often"


def _history_row(event: AlertEvent, user: User) -> HistoryRow:
    return HistoryRow(
        at=event.at,
        title=EventKind(event.kind).label,
        detail=_detail(event),
        actor=_person(event.actor, user) or "TechMart",
    )


def _detail(event: AlertEvent) -> str:
    payload = event.payload
    until = datetime.fromisoformat(payload["until"]) if payload.get("until") else None
    match event.kind:
        case EventKind.ACKNOWLEDGED:
            return f"Until {_moment(until)}"
        case EventKind.SNOOZED:
            return _snoozed(payload["rule"], until).capitalize()
        case EventKind.ASSIGNED:
            return f"To {payload['assignee'] or 'nobody'}"
        case EventKind.RESOLVED:
            return str(payload.get("reason", ""))
        case EventKind.OPENED | EventKind.REOPENED | EventKind.RAISED:
            return f"{Severity(payload['severity']).label}. {payload['message']}".strip()
        case EventKind.REPEATED:
            return _times(payload["occurrences"])
    return ""


def _times(count: int) -> str:
    return f"{formats.count(count)} {'time' if count == 1 else 'times'}"


def _moment(at: datetime | None) -> str:
    return formats.moment(at, timezone.get_default_timezone())
