"""What people send to decide a suggestion; the services judge it."""

from datetime import datetime, timedelta

from django import forms

from inventory.snoozes import SNOOZES


class QuantityForm(forms.Form):
    """Units to order instead of those suggested."""

    quantity = forms.IntegerField(min_value=1, max_value=2_147_483_647)


class RejectForm(forms.Form):
    """Why nothing is ordered."""

    reason = forms.CharField(
        max_length=300, label="Why", error_messages={"required": "Say why nothing is ordered."}
    )


class SnoozeForm(forms.Form):
    """For how long suggestions rest, days."""

    days = forms.ChoiceField(choices=SNOOZES, label="Snooze for")

    def until(self, now: datetime) -> datetime:
        """Return the moment at which they come back."""
        return now + timedelta(days=int(self.cleaned_data["days"]))


class PickForm(forms.Form):
    """Suggestions ticked in a list."""

    suggestion = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": "Tick the suggestions first."}, label="Selection"
    )

    def __init__(self, keys: list[str]) -> None:
        super().__init__({"suggestion": keys})
        # Any key may be sent: the service refuses those that are not open.
        numbers = [(key, key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
        self.fields["suggestion"].choices = numbers  # type: ignore[attr-defined]  # of the subclass
