"""What a person fills in to make or change a channel."""

from typing import Any

from django import forms

from alerts.choices import AlertKind, Severity
from alerts.notifying.channels import CHANGEABLE
from alerts.notifying.models import ChannelKind, NotificationChannel


class ChannelForm(forms.Form):
    """A channel; the services judge whether the address fits."""

    name = forms.CharField(max_length=80)
    kind = forms.ChoiceField(choices=ChannelKind.choices, label="Reached by")
    address = forms.CharField(
        max_length=300,
        help_text="An e-mail address, or the https address of a webhook.",
    )
    severity_from = forms.ChoiceField(
        choices=Severity.choices, label="From severity", initial=Severity.HIGH
    )
    is_escalation = forms.BooleanField(
        required=False,
        label="Only when nobody acknowledges: critical after 15 minutes, high after 60",
    )
    kinds = forms.MultipleChoiceField(
        choices=AlertKind.choices,
        required=False,
        label="Types of alerts",
        widget=forms.CheckboxSelectMultiple,
    )
    version = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, channel: NotificationChannel | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if channel is not None:
            # How it is reached stays.
            del self.fields["kind"]
            self.fields["address"].help_text = (
                "An e-mail address."
                if channel.kind == ChannelKind.MAIL
                else "The https address of a webhook."
            )

    def fields_of_channel(self) -> dict[str, Any]:
        """Return the channel's fields as the services take them."""
        return {name: self.cleaned_data[name] for name in CHANGEABLE}


def form_of(channel: NotificationChannel) -> ChannelForm:
    """Return the form filled with a channel as it is."""
    initial = {name: getattr(channel, name) for name in (*CHANGEABLE, "version")}
    return ChannelForm(initial=initial, channel=channel)
