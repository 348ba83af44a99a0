"""The form of the profile."""

import zoneinfo
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings

from techmart.core.models import User

if TYPE_CHECKING:
    BaseProfileForm = forms.ModelForm[User]
else:
    BaseProfileForm = forms.ModelForm

LOOK = ("density", "theme", "single_key_shortcuts")
NOTIFICATIONS = ("notices_from", "mail_from")


class ProfileForm(BaseProfileForm):
    """Name, time zone, look, and from which severity on alerts reach the person."""

    time_zone = forms.ChoiceField(
        label="Time zone",
        required=False,
        help_text="Pages show shop time; a time you point at is told in yours.",
        error_messages={"invalid_choice": "Choose a time zone of the list."},
    )

    class Meta:
        model = User
        fields = ("name", "time_zone", *LOOK, *NOTIFICATIONS)
        labels = {
            "density": "Rows of tables",
            "single_key_shortcuts": "Shortcuts of a single key, such as j and k",
            "notices_from": "Notices on pages",
            "mail_from": "Mail",
        }
        help_texts = {
            "notices_from": "Which alerts pop up while you work. The bell counts all.",
            "mail_from": "Which alerts are also sent to your e-mail address.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
        field.choices = [
            ("", f"The shop's, {settings.TIME_ZONE}"),
            *((name, name.replace("_", " ")) for name in zones),
        ]
