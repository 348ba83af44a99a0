"""How alerts are found by the search over everything."""

from django.urls import reverse

from alerts.models import Alert
from alerts.querysets import VIEW_ALERTS
from techmart.core.models import User
from techmart.core.search.sources import (
    Rows,
    Source,
    found,
    has_a_name,
    likeness,
    named,
    register,
)


def alerts(words: str, user: User) -> Rows:
    """Alerts by part of their title, those the person may see; idx_alerts_title_trgm."""
    visible = Alert.objects.visible_to(user)
    rows = visible.filter(named("title", words)) if has_a_name(words) else visible.none()
    return found(rows, key="pk", title="title", detail="message", score=likeness("title", words))


def register_sources() -> None:
    """Let alerts be found."""
    register(
        Source(
            key="alerts",
            label="Alerts",
            icon="bell",
            permission=VIEW_ALERTS,
            find=alerts,
            path=lambda pk: reverse("alerts:detail", args=[pk]),
            about_others=True,
        )
    )
