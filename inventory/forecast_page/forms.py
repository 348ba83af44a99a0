"""What a planner sends about a forecast; the services judge it."""

from django import forms

from inventory.choices import OverrideKind

REASON_LENGTH = 300


class OverrideForm(forms.Form):
    """A word on the demand of some days."""

    first_day = forms.DateField(label="First day")
    last_day = forms.DateField(label="Last day")
    kind = forms.ChoiceField(choices=OverrideKind.choices, label="What it says")
    value = forms.DecimalField(min_value=0, max_digits=12, decimal_places=3, label="Value")
    reason = forms.CharField(
        max_length=REASON_LENGTH, label="Why", error_messages={"required": "Say why."}
    )


class CorrectionForm(forms.Form):
    """Whether days without stock are corrected for: as the shop does, or this product's own."""

    correct = forms.TypedChoiceField(
        choices=[("", "As the shop does"), ("yes", "Yes"), ("no", "No")],
        coerce=lambda answer: answer == "yes",
        empty_value=None,
        required=False,
        label="Correct days without stock",
    )
    version = forms.IntegerField(min_value=1)
