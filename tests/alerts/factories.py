"""Alerts and people for the tests of this app."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission

from alerts.choices import AlertKind, Severity
from alerts.models import Alert
from alerts.services import AlertSpec, raise_alert
from techmart.core.models import User

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """The moment so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def spec(key: str = "stock.low:7", **changes: Any) -> AlertSpec:
    """A sighting of low stock."""
    given: dict[str, Any] = {
        "kind": AlertKind.STOCK_LOW,
        "severity": Severity.MEDIUM,
        "dedupe_key": key,
        "subject_kind": "product",
        "subject_id": 7,
        "title": "Low stock",
    }
    return AlertSpec(**{**given, **changes})


def make_alert(key: str = "stock.low:7", *, now: datetime = NOON, **changes: Any) -> Alert:
    """Raise an alert of low stock."""
    sighting = spec(key, **changes)
    return raise_alert(
        kind=sighting.kind,
        severity=sighting.severity,
        dedupe_key=sighting.dedupe_key,
        subject_kind=sighting.subject_kind,
        subject_id=sighting.subject_id,
        title=sighting.title,
        message=sighting.message,
        path=sighting.path,
        facts=sighting.facts,
        audience=sighting.audience,
        now=now,
    )


def make_user(email: str = "ana@example.com", *permissions: str, **fields: Any) -> User:
    """A person who holds permissions given as "app.codename"."""
    user = User.objects.create_user(email, "a long enough password", **fields)
    for name in permissions:
        app, codename = name.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return user


def make_analyst(email: str = "ana@example.com", *, name: str = "Ana") -> User:
    """A person who may see and change alerts."""
    return make_user(email, "alerts.view_alert", "alerts.change_alert", name=name)
