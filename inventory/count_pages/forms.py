"""What people send about counts; the services judge it."""

from django import forms

from inventory.choices import AbcClass
from inventory.services.count_sheets import MOST_LINES


class SheetForm(forms.Form):
    """A class, and how many of its products go on the sheet."""

    abc_class = forms.ChoiceField(choices=AbcClass.choices, label="Class")
    size = forms.IntegerField(min_value=1, max_value=MOST_LINES, label="Products")


class CountedForm(forms.Form):
    """Units on the shelf."""

    counted_units = forms.IntegerField(min_value=0, max_value=2_147_483_647, label="Counted")


class RefuseForm(forms.Form):
    """Why it is counted again."""

    reason = forms.CharField(max_length=300, label="Why", error_messages={"required": "Say why."})
