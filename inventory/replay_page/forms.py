"""What a person fills in for a replay or a what-if; shares in percent, as people write them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms

from inventory.choices import AbcClass, PolicyKind
from inventory.planner.what_if import Assumptions
from inventory.range_options import categories, suppliers
from inventory.reorder.service import (
    DAYS_PER_YEAR,
    HIGHEST_SERVICE,
    LOWEST_SERVICE,
    SERVICE_BY_CLASS,
)
from inventory.replay.specs import InvalidPolicies, parse_policies
from inventory.replay_runs import ReplayRequest, ReplayScope
from techmart.core.choices import ServiceMode
from techmart.core.shop import shop_settings

_MOST_SKUS = 500
_CLASS_PREFIX = "service_"
# Where the parts of a policy stand in the form: its check box, and what each parameter is called.
_PARAMETERS = {
    PolicyKind.TODAY: {},
    PolicyKind.MIN_MAX: {"minimum_days": "minimum_days", "maximum_days": "maximum_days"},
    PolicyKind.TEXTBOOK: {"service": "textbook_service"},
    PolicyKind.OWN: {
        "service_mode": "service_mode",
        "review_days": "review_days",
        "order_cost": "order_cost",
        "holding_rate": "holding_rate",
    },
}
_PERCENT = {"textbook_service", "holding_rate"}


def _number(label: str, *, least: float, most: float) -> forms.FloatField:
    return forms.FloatField(label=label, required=False, min_value=least, max_value=most)


class _Day(forms.DateInput):
    """A date as browsers let it be chosen."""

    input_type = "date"


class ReplayForm(forms.Form):
    """Which products, which days, which policies."""

    abc_class = forms.ChoiceField(
        label="Class", required=False, choices=[("", "All classes"), *AbcClass.choices]
    )
    products = forms.CharField(
        required=False, max_length=20_000, help_text="Codes, separated by commas or spaces."
    )
    first_day = forms.DateField(label="From", widget=_Day())
    last_day = forms.DateField(label="To", widget=_Day())

    today = forms.BooleanField(label="Today's policy", required=False)
    min_max = forms.BooleanField(label="Minimum and maximum", required=False)
    minimum_days = _number("Order at, days of cover", least=0, most=366)
    maximum_days = _number("Order up to, days of cover", least=0, most=366)
    textbook = forms.BooleanField(label="Textbook", required=False)
    textbook_service = _number("Service, %", least=50, most=99.9)
    own = forms.BooleanField(label="Yours", required=False)
    service_mode = forms.ChoiceField(
        label="Service level",
        required=False,
        choices=[("", "As the shop has it"), *ServiceMode.choices],
    )
    review_days = forms.IntegerField(
        label="Days between orders",
        required=False,
        min_value=1,
        max_value=90,
        help_text="Empty: the supplier's days.",
    )
    order_cost = _number("Cost of an order line", least=0, most=1_000_000)
    holding_rate = _number("Holding a year, % of cost", least=0, most=500)

    backorder_share = forms.FloatField(
        label="Customers who wait, %", min_value=0, max_value=100, initial=0
    )
    draws = forms.IntegerField(
        min_value=1, max_value=20, initial=5, help_text="Of what nobody can know; more is steadier."
    )
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every_category = [(name, name) for name in categories()]
        every_supplier = [(one.code, one.name) for one in suppliers()]
        self.fields["category"] = forms.ChoiceField(
            required=False, choices=[("", "All categories"), *every_category]
        )
        self.fields["supplier"] = forms.ChoiceField(
            required=False, choices=[("", "All suppliers"), *every_supplier]
        )
        for name, alpha in SERVICE_BY_CLASS.items():
            self.fields[f"{_CLASS_PREFIX}{name}"] = forms.FloatField(
                label=f"Service {name}, %",
                required=False,
                initial=round(100 * alpha, 2),
                min_value=100 * LOWEST_SERVICE,
                max_value=100 * HIGHEST_SERVICE,
            )

    def shop_service(self) -> str:
        """Return what decides service in today's policy, in words."""
        return ServiceMode(shop_settings().service_mode).label.lower()

    def class_fields(self) -> Iterator[forms.BoundField]:
        """Yield the fields of service by class."""
        return (self[f"{_CLASS_PREFIX}{name}"] for name in SERVICE_BY_CLASS)

    def clean(self) -> dict[str, Any]:
        """Put the policies together; what is wrong with one stands at its field."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                cleaned["policies"] = parse_policies([*self._policies(cleaned)])
            except InvalidPolicies as invalid:
                self._add_invalid(invalid)
        return cleaned

    def request(self) -> ReplayRequest:
        """Return what a valid form asks for."""
        given = self.cleaned_data
        return ReplayRequest(
            policies=given["policies"],
            first_day=given["first_day"],
            last_day=given["last_day"],
            scope=ReplayScope(
                category=given["category"],
                abc_class=given["abc_class"],
                supplier_code=given["supplier"],
                skus=given["products"],
            ),
            seed=given["seed"],
            draws=given["draws"],
            backorder_share=given["backorder_share"] / 100,
        )

    def clean_products(self) -> tuple[str, ...]:
        """Return the codes, each once."""
        codes = tuple(dict.fromkeys(self.cleaned_data["products"].replace(",", " ").split()))
        if len(codes) > _MOST_SKUS:
            raise forms.ValidationError(f"Name {_MOST_SKUS} products at most.")
        return codes

    def _policies(self, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for kind, parameters in _PARAMETERS.items():
            if not given.get(str(kind)):
                continue
            policy: dict[str, Any] = {"kind": str(kind)}
            for name, field in parameters.items():
                parameter: Any = given.get(field)
                # Nothing chosen is "", no number None.
                if parameter not in (None, ""):
                    policy[name] = parameter / 100 if field in _PERCENT else parameter
            if kind == PolicyKind.OWN:
                policy["service_by_class"] = {
                    name: round(value / 100, 6)
                    for name in SERVICE_BY_CLASS
                    if (value := given.get(f"{_CLASS_PREFIX}{name}")) is not None
                }
            yield policy

    def _add_invalid(self, invalid: InvalidPolicies) -> None:
        fields = {
            name: field for parameters in _PARAMETERS.values() for name, field in parameters.items()
        }
        for error in invalid.errors:
            field = fields.get(error.field)
            # Nothing but the choice of policies has no field of its own.
            self.add_error(field, error.message if field else "Choose a policy to replay.")


def new_replay_form(*, today: date) -> ReplayForm:
    """Return the form filled with a comparison that is useful as it stands: the last year."""
    return ReplayForm(
        initial={
            # As browsers want it, whatever the shop's way to write dates.
            "first_day": (today - timedelta(days=DAYS_PER_YEAR)).isoformat(),
            "last_day": (today - timedelta(days=1)).isoformat(),
            "today": True,
            "textbook": True,
            "textbook_service": 95,
            "minimum_days": 7,
            "maximum_days": 21,
        }
    )


class WhatIfForm(forms.Form):
    """What is assumed of a supplier; what is left empty stays as it is."""

    lead_time_days = _number("Lead time, days", least=0, most=366)
    lead_time_sd_days = _number("Its spread, ± days", least=0, most=366)
    reliability = _number("On time and in full, %", least=0, most=100)
    review_days = _number("Days between orders", least=0.5, most=90)
    minimum_order_value = _number("Minimum order", least=0, most=100_000_000)
    count_receipts = forms.BooleanField(
        label="Only a promise: receipts go on correcting it", required=False
    )

    def assumptions(self) -> Assumptions:
        """Return what a valid form assumes."""
        given = dict(self.cleaned_data)
        if given["reliability"] is not None:
            given["reliability"] /= 100
        return Assumptions(**given)
