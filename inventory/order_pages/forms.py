"""What people send about an order; the services judge it."""

from django import forms

_MOST_UNITS = 2_147_483_647


class SendForm(forms.Form):
    """Whether the order goes by mail."""

    mail = forms.BooleanField(required=False)


class ConfirmForm(forms.Form):
    """The day that the supplier promises; empty for the one it had."""

    promised_date = forms.DateField(required=False, label="Promised day")


class ReasonForm(forms.Form):
    """Why an order ends early."""

    reason = forms.CharField(max_length=300, label="Why", error_messages={"required": "Say why."})


class LineQuantityForm(forms.Form):
    """Units of a draft's line."""

    quantity = forms.IntegerField(min_value=1, max_value=_MOST_UNITS)


class ReceiveRestForm(forms.Form):
    """Units received when the page was read: of the order, or of one line."""

    received_before = forms.IntegerField(min_value=0, required=False)


class ReceiveForm(ReceiveRestForm):
    """What came of a line. unit_cost: as invoiced, the line's where it is empty."""

    quantity = forms.IntegerField(min_value=1, max_value=_MOST_UNITS, label="Received")
    unit_cost = forms.DecimalField(
        required=False, min_value=0, max_digits=14, decimal_places=4, label="Unit cost"
    )


class ReturnForm(forms.Form):
    """What goes back of a line, and why."""

    quantity = forms.IntegerField(min_value=1, max_value=_MOST_UNITS, label="Units")
    reason = forms.CharField(max_length=300, label="Why", error_messages={"required": "Say why."})
