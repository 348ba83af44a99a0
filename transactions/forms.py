"""What a person sends to act on a sale; the services judge whether it may happen."""

from datetime import datetime, timedelta
from decimal import Decimal

from django import forms
from django.utils import timezone

from alerts.forms import tomorrow_morning
from transactions.choices import REASONS, Verdict

# As long as the column of the event that keeps it.
REASON_LENGTH = 300
_REASON_MISSING = {"required": "Say why."}


class ReasonForm(forms.Form):
    """A reason, which the act may or may not need."""

    reason = forms.CharField(max_length=REASON_LENGTH, required=False)


class RefundForm(forms.Form):
    """Money to give back, and units that came with it.

    reference: made with the form, so that sending it twice refunds once.
    """

    amount = forms.DecimalField(min_value=Decimal("0.01"), max_digits=14, decimal_places=2)
    units_returned = forms.IntegerField(min_value=0, required=False)
    units_restocked = forms.IntegerField(min_value=0, required=False)
    reason = forms.CharField(max_length=REASON_LENGTH, error_messages=_REASON_MISSING)
    reference = forms.CharField(max_length=120)

    def clean_units_returned(self) -> int:
        """An empty field means none."""
        return self.cleaned_data["units_returned"] or 0

    def clean_units_restocked(self) -> int:
        """An empty field means none."""
        return self.cleaned_data["units_restocked"] or 0


class ReferenceForm(forms.Form):
    """Why, and the processor's number, so that sending it twice books it once."""

    reason = forms.CharField(max_length=REASON_LENGTH, error_messages=_REASON_MISSING)
    reference = forms.CharField(
        max_length=120, error_messages={"required": "Give the bank's or processor's number."}
    )


class DecisionForm(forms.Form):
    """Why a held order is approved or declined; the usual reason where none is chosen."""

    reason = forms.ChoiceField(
        required=False,
        choices=[
            ("", "The usual one"),
            *(
                (f"To {verdict.label.lower()}", [(each.value, each.label) for each in fitting])
                for verdict, fitting in REASONS.items()
            ),
        ],
    )
    note = forms.CharField(max_length=250, required=False)


class SnoozeForm(forms.Form):
    """How long a case rests."""

    until = forms.ChoiceField(
        choices=[("1h", "1 hour"), ("tomorrow", "Until tomorrow 9:00"), ("3d", "3 days")],
        error_messages={"required": "Choose how long."},
    )

    def moment(self, now: datetime) -> datetime:
        """Return when it is back in the queue."""
        match self.cleaned_data["until"]:
            case "1h":
                return now + timedelta(hours=1)
            case "tomorrow":
                return tomorrow_morning(now, timezone.get_default_timezone())
        return now + timedelta(days=3)


class BulkForm(DecisionForm):
    """One act on many orders, by their references or by their lines' keys."""

    act = forms.ChoiceField(
        choices=[
            *((verdict.value, verdict.label) for verdict in Verdict),
            *(("assign", "Assign"), ("snooze", "Snooze")),
        ]
    )


ActForm = ReasonForm | RefundForm | ReferenceForm | DecisionForm
