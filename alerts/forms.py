"""What people fill in to act on an alert."""

from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils import timezone

from alerts.choices import SnoozeUntil
from alerts.pages import SNOOZE_OPTIONS, assignable
from techmart.core.models import User

# "Until tomorrow" ends when people are at work.
MORNING = time(9, 0)


class SnoozeForm(forms.Form):
    """How long an alert is to be quiet."""

    until = forms.ChoiceField(choices=[(option.value, option.label) for option in SNOOZE_OPTIONS])

    def rule(self, now: datetime) -> tuple[SnoozeUntil, datetime | None]:
        """Return what ends the snooze, with the moment where it is one."""
        chosen = self.cleaned_data["until"]
        if chosen == "1h":
            return SnoozeUntil.TIME, now + timedelta(hours=1)
        if chosen == "tomorrow":
            return SnoozeUntil.TIME, tomorrow_morning(now, timezone.get_default_timezone())
        return SnoozeUntil(chosen), None


def tomorrow_morning(now: datetime, zone: tzinfo) -> datetime:
    """Return 9:00 of the next shop day."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone)


class AssignForm(forms.Form):
    """Whose alert it is; nobody's when left empty."""

    assignee = forms.ModelChoiceField(User.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignee"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  declared above
        field.queryset = assignable()


class ResolveForm(forms.Form):
    """Why an alert is over."""

    reason = forms.CharField(
        max_length=500, error_messages={"required": "Say why the alert is resolved."}
    )
