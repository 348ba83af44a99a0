"""How many live alerts the list's tabs, types and severities hold, from one look at them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from alerts.choices import AlertState
from alerts.list_filters import Tab
from alerts.querysets import AlertQuerySet
from techmart.core.models import User

# The resolved ones grow for ever and are not counted.
COUNTED = (Tab.OPEN, Tab.MINE, Tab.SNOOZED)


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """groups: type, severity, and how many of them are on each of COUNTED."""

    groups: Sequence[tuple[str, str, tuple[int, ...]]]

    def of(self, tab: Tab, *, kind: str = "", severity: str = "") -> int | None:
        """Return how many a tab holds, of one type and severity where given; None: not counted."""
        if tab not in COUNTED:
            return None
        at = COUNTED.index(tab)
        return sum(
            counts[at]
            for of_kind, of_severity, counts in self.groups
            if kind in {"", of_kind} and severity in {"", of_severity}
        )


def count_alerts(alerts: AlertQuerySet, user: User) -> AlertCounts:
    """Count those of the alerts that are live, in one statement."""
    mine = Q(assigned_to=user) | Q(acknowledged_by=user)
    snoozed = Q(state=AlertState.SNOOZED)
    groups = (
        alerts.live()
        .order_by()
        .values_list("kind", "severity")
        .annotate(
            open=Count("pk", filter=~snoozed),
            mine=Count("pk", filter=mine),
            snoozed=Count("pk", filter=snoozed),
        )
    )
    return AlertCounts([(kind, severity, tuple(counts)) for kind, severity, *counts in groups])
