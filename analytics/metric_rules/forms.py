"""What a person fills in to make or change a rule; the services judge what goes together."""

from typing import Any

from django import forms

from alerts.choices import Severity
from analytics.metric_rules.choices import Comparison, Measure, Side, Span
from analytics.metric_rules.models import MetricRule
from analytics.metric_rules.services import FIELDS
from inventory.models import Product
from transactions.models import Transaction

_SHARES = frozenset({Comparison.CHANGE})


class MetricRuleForm(forms.Form):
    """A rule. Limits of changes and shares are typed in percent."""

    name = forms.CharField(max_length=100)
    measure = forms.ChoiceField(choices=Measure.choices, label="Watch")
    span = forms.ChoiceField(choices=Span.choices, label="Over", initial=Span.DAY)
    comparison = forms.ChoiceField(choices=Comparison.choices, label="Compared with")
    side = forms.ChoiceField(choices=Side.choices, label="Alert when it", initial=Side.BELOW)
    limit = forms.DecimalField(
        min_value=0,
        max_digits=14,
        decimal_places=4,
        help_text="An amount or a count; percent for a change and for a share; "
        "deviations for what is unusual (4 is rare).",
    )
    category = forms.CharField(max_length=100, required=False, help_text="Empty: all.")
    store = forms.CharField(max_length=40, required=False, help_text="Empty: all.")
    severity = forms.ChoiceField(choices=Severity.choices, initial=Severity.MEDIUM)
    version = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def clean_category(self) -> str:
        """Refuse a category that no product has."""
        category = str(self.cleaned_data["category"])
        if category and not Product.objects.filter(category=category).exists():
            raise forms.ValidationError(f"No product has the category {category}.")
        return category

    def clean_store(self) -> str:
        """Refuse a store that never sold anything."""
        store = str(self.cleaned_data["store"])
        if store and not Transaction.objects.filter(store=store).exists():
            raise forms.ValidationError(f"No sale has the store {store}.")
        return store

    def fields_of_rule(self) -> dict[str, Any]:
        """Return the rule's fields as the services take them."""
        fields = {name: self.cleaned_data[name] for name in FIELDS}
        if _in_percent(fields["measure"], fields["comparison"]):
            fields["limit"] = fields["limit"] / 100
        return fields


def form_of(rule: MetricRule) -> MetricRuleForm:
    """Return the form filled with a rule as it is."""
    initial: dict[str, Any] = {name: getattr(rule, name) for name in (*FIELDS, "version")}
    if _in_percent(rule.measure, rule.comparison):
        initial["limit"] = rule.limit * 100
    initial["limit"] = f"{initial['limit']:f}".rstrip("0").rstrip(".")
    return MetricRuleForm(initial=initial)


def _in_percent(measure: str, comparison: str) -> bool:
    return comparison in _SHARES or (
        comparison == Comparison.THRESHOLD and measure == Measure.SUSPICIOUS_SHARE
    )
