"""What people fill in to act on an alert."""

from collections.abc import Collection
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils import timezone

from alerts.choices import AlertKind, SnoozeUntil
from alerts.models import Alert
from alerts.pages import SNOOZE_OPTIONS, assignable
from alerts.services import acknowledge_many, resolve_many, snooze_many
from techmart.core.models import User

# "Until tomorrow" ends when people are at work.
MORNING = time(9, 0)


class SnoozeForm(forms.Form):
    """How long an alert is to be quiet."""

    until = forms.ChoiceField(choices=[(option.value, option.label) for option in SNOOZE_OPTIONS])

    def rule(self, now: datetime) -> tuple[SnoozeUntil, datetime | None]:
        """Return what ends the snooze, with the moment where it is one."""
        return snooze_rule(self.cleaned_data["until"], now)


def snooze_rule(chosen: str, now: datetime) -> tuple[SnoozeUntil, datetime | None]:
    """Return what ends a snooze, with the moment where it is one. chosen: of SNOOZE_OPTIONS."""
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


class BulkForm(forms.Form):
    """What to do to the ticked alerts; snoozing needs its end, resolving its reason."""

    act = forms.ChoiceField(
        choices=[("acknowledge", "Acknowledged"), ("snooze", "Snoozed"), ("resolve", "Resolved")],
        error_messages={"required": "Choose what to do.", "invalid_choice": "Choose what to do."},
    )
    until = forms.ChoiceField(
        choices=[(option.value, option.label) for option in SNOOZE_OPTIONS],
        required=False,
        error_messages={"invalid_choice": "Choose how long to snooze."},
    )
    reason = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for what the act needs."""
        data = super().clean() or {}
        if data.get("act") == "snooze" and not data.get("until"):
            self.add_error("until", "Choose how long to snooze.")
        if data.get("act") == "resolve" and not data.get("reason"):
            self.add_error("reason", "Say why the alerts are resolved.")
        return data

    def done_word(self) -> str:
        """Return the act as done."""
        return str(dict(self.fields["act"].choices)[self.cleaned_data["act"]])  # type: ignore[attr-defined]  # a ChoiceField

    def carry_out(self, alert_ids: Collection[int], *, actor: User, now: datetime) -> int:
        """Do it; return to how many alerts. Raises what the services raise."""
        match self.cleaned_data["act"]:
            case "acknowledge":
                return acknowledge_many(alert_ids=alert_ids, actor=actor, now=now)
            case "snooze":
                rule, until = snooze_rule(self.cleaned_data["until"], now)
                return snooze_many(
                    alert_ids=alert_ids, actor=actor, rule=rule, until=until, now=now
                )
        reason = self.cleaned_data["reason"]
        return resolve_many(alert_ids=alert_ids, actor=actor, reason=reason, now=now)


class SilenceForm(forms.Form):
    """Which alerts are not sent, why and for how many days. about: an alert it is asked from."""

    kind = forms.ChoiceField(
        label="Type of alerts", choices=[("", "All types"), *AlertKind.choices], required=False
    )
    only_subject = forms.BooleanField(label="Only this alert's subject", required=False)
    reason = forms.CharField(max_length=300, error_messages={"required": "Say why."})
    days = forms.FloatField(
        label="Days",
        initial=1,
        help_text="From now; 30 at most, 0.5 is twelve hours.",
        error_messages={"required": "Say for how many days.", "invalid": "Give a number of days."},
    )

    def __init__(self, *args: Any, about: Alert | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = about
        if about is None or not about.subject_kind:
            del self.fields["only_subject"]
        else:
            subject = about.subject_kind.replace("_", " ")
            self.fields["only_subject"].label = f"Only about the {subject} of: {about.title}"
            self.fields["only_subject"].initial = True

    def clean_days(self) -> float:
        """Keep what makes no date out of the sum."""
        days = float(self.cleaned_data["days"])
        if not 0 < days <= 30:
            raise forms.ValidationError("Give more than 0 and at most 30 days.")
        return days

    def until(self, now: datetime) -> datetime:
        """Return when it ends."""
        return now + timedelta(days=self.cleaned_data["days"])
