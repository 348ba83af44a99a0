"""Everything that changes alerts and their event stream."""

from alerts.life_cycle import (
    ActRefused,
    AlertEnded,
    BadMoment,
    HeldBySomeone,
    NotSnoozed,
    ReasonMissing,
)
from alerts.services.acts import acknowledge, assign, resolve, snooze, unsnooze
from alerts.services.conditions import (
    KeyContended,
    clear_alert,
    clear_alerts,
    raise_alert,
    raise_alerts,
)
from alerts.services.events import publish
from alerts.services.in_line import bring_in_line
from alerts.services.many import acknowledge_many, resolve_many, snooze_many
from alerts.services.specs import AlertSpec
from alerts.services.upkeep import sweep_alerts
from alerts.stream import EventPage, events_after

__all__ = [
    "ActRefused",
    "AlertEnded",
    "AlertSpec",
    "BadMoment",
    "EventPage",
    "HeldBySomeone",
    "KeyContended",
    "NotSnoozed",
    "ReasonMissing",
    "acknowledge",
    "acknowledge_many",
    "assign",
    "bring_in_line",
    "clear_alert",
    "clear_alerts",
    "events_after",
    "publish",
    "raise_alert",
    "raise_alerts",
    "resolve",
    "resolve_many",
    "snooze",
    "snooze_many",
    "sweep_alerts",
    "unsnooze",
]
