"""What a person sends to act on a sale; the services judge whether it may happen."""

from decimal import Decimal

from django import forms

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


ActForm = ReasonForm | RefundForm
