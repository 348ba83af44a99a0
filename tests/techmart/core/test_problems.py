"""Refusals of the domain, shown in the form that they came from."""

from django import forms

from techmart.core.problems import FieldError, Refusal, add_refusal


class UnitsForm(forms.Form):
    """Units of something."""

    units = forms.IntegerField()


def refused(refusal: Refusal) -> dict[str, list[str]]:
    form = UnitsForm({"units": "3"})
    add_refusal(form, refusal)
    return {name: [str(text) for text in texts] for name, texts in form.errors.items()}


def test_a_refusal_stands_at_the_fields_it_names() -> None:
    few = FieldError("units", "too_few", "Order 5 or more.")
    other = FieldError("supplier", "gone", "Dairy is no longer used.")

    assert refused(Refusal("Not ordered.", errors=[few, other])) == {
        "units": ["Order 5 or more."],
        "__all__": ["Dairy is no longer used."],
    }


def test_a_refusal_of_no_field_stands_above_the_form() -> None:
    assert refused(Refusal("The order is sent.")) == {"__all__": ["The order is sent."]}
