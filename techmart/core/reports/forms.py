"""What a person fills in to have a list sent; the services judge what goes together."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from techmart.core.exports.registry import offered_to
from techmart.core.models import ReportSchedule, User
from techmart.core.reports.models import WEEKDAYS, Frequency
from techmart.core.reports.services import FIELDS
from techmart.lib.export import Format

MOST_RECIPIENTS = 20


class ReportForm(forms.Form):
    """A report."""

    name = forms.CharField(max_length=100)
    list_key = forms.ChoiceField(label="List")
    query = forms.CharField(
        max_length=2000,
        required=False,
        label="Filter",
        help_text="What stands after the “?” in the list's address; empty: everything.",
    )
    format = forms.ChoiceField(choices=[(kind.value, kind.name) for kind in Format], label="As")
    recipients = forms.CharField(
        max_length=2000, label="To", help_text="E-mail addresses, apart by commas."
    )
    frequency = forms.ChoiceField(choices=Frequency.choices, label="How often")
    at = forms.TimeField(
        label="At", help_text="By the shop's clock, such as 07:30.", input_formats=["%H:%M"]
    )
    weekday = forms.TypedChoiceField(
        choices=WEEKDAYS, coerce=int, initial=0, help_text="For every week."
    )
    day_of_month = forms.IntegerField(
        min_value=1,
        max_value=31,
        initial=1,
        label="Day of the month",
        help_text="For every month; past its end it is the last day.",
    )
    version = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["list_key"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
        field.choices = [(listed.key, listed.title) for listed in offered_to(user)]

    def clean_recipients(self) -> list[str]:
        """Return the addresses, each once; name those that are none."""
        given = [part for part in re.split(r"[\s,;]+", self.cleaned_data["recipients"]) if part]
        wrong = []
        for address in given:
            try:
                validate_email(address)
            except ValidationError:
                wrong.append(address)
        if wrong:
            raise ValidationError(f"Not an e-mail address: {', '.join(wrong)}.")
        if len(given) > MOST_RECIPIENTS:
            raise ValidationError(f"At most {MOST_RECIPIENTS} addresses.")
        return list(dict.fromkeys(given))

    def clean_query(self) -> dict[str, str]:
        """Return the filter by parameter; a whole address is taken too."""
        text = self.cleaned_data["query"].strip()
        return dict(parse_qsl(text.rpartition("?")[2]))

    def fields_of_report(self) -> dict[str, Any]:
        """Return the report's fields as the services take them."""
        return {name: self.cleaned_data[name] for name in FIELDS}


def form_of(schedule: ReportSchedule, user: User) -> ReportForm:
    """Return the form filled with a report as it is."""
    initial = {name: getattr(schedule, name) for name in (*FIELDS, "version")}
    initial |= {
        "recipients": ", ".join(schedule.recipients),
        "query": urlencode(schedule.query),
        "at": f"{schedule.at:%H:%M}",
    }
    return ReportForm(initial=initial, user=user)
