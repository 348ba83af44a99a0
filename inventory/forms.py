"""What a person sends to correct a product or its stock; the services judge it."""

from typing import Any

from django import forms

from inventory.choices import WriteOffCode
from inventory.models import Product, Supplier

# As long as the column of the entry that keeps it.
REASON_LENGTH = 300
_MOST_UNITS = 2_147_483_647


class _ReasonedForm(forms.Form):
    """A correction, which must say why."""

    reason = forms.CharField(max_length=REASON_LENGTH, error_messages={"required": "Say why."})


class CountForm(_ReasonedForm):
    """What was counted on the shelf, units."""

    counted_units = forms.IntegerField(min_value=0, max_value=_MOST_UNITS)


class WriteOffForm(forms.Form):
    """Units that are spoilt, broken or lost. reason: a note, which "other" needs."""

    units = forms.IntegerField(min_value=1, max_value=_MOST_UNITS)
    code = forms.ChoiceField(choices=WriteOffCode.choices, label="Why")
    reason = forms.CharField(required=False, max_length=250, label="Note")


class SupplierReturnForm(_ReasonedForm):
    """Units that go back to the supplier. line_id: the order line they came by, if it is known."""

    quantity = forms.IntegerField(min_value=1, max_value=_MOST_UNITS)
    line_id = forms.IntegerField(required=False, min_value=1)


class ReversalForm(_ReasonedForm):
    """Why an entry of the ledger is taken back."""


class ChangeForm(_ReasonedForm):
    """A product's own fields as a person wants them, and the version that was seen."""

    name = forms.CharField(max_length=200)
    category = forms.CharField(max_length=100)
    supplier = forms.CharField(max_length=60, label="Supplier's code")
    price = forms.DecimalField(min_value=0, max_digits=14, decimal_places=2)
    unit_cost = forms.DecimalField(min_value=0, max_digits=14, decimal_places=4)
    pack_size = forms.IntegerField(min_value=1, max_value=_MOST_UNITS)
    minimum_order_quantity = forms.IntegerField(
        min_value=1, max_value=_MOST_UNITS, label="Least order"
    )
    stock_cap = forms.IntegerField(min_value=0, max_value=_MOST_UNITS, required=False)
    lead_time_days = forms.DecimalField(
        min_value=0, max_digits=6, decimal_places=2, required=False, label="Lead time, days"
    )
    watch_below_20 = forms.BooleanField(required=False, label="Warn below 20 units")
    version = forms.IntegerField(min_value=1)

    def clean_supplier(self) -> int:
        """Return the key of the supplier that the code names."""
        code = self.cleaned_data["supplier"]
        key = Supplier.objects.filter(code=code).values_list("pk", flat=True).first()
        if key is None:
            raise forms.ValidationError(f"There is no supplier {code}.")
        return key

    def changes(self) -> dict[str, Any]:
        """Return the fields as `change_product` takes them."""
        fields = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in {"reason", "version", "supplier"}
        }
        return {**fields, "supplier_id": self.cleaned_data["supplier"]}


def change_form_of(product: Product) -> ChangeForm:
    """Return the form filled with the product as it is."""
    own = [name for name in ChangeForm.base_fields if name not in {"reason", "supplier"}]
    return ChangeForm(
        initial={name: getattr(product, name) for name in own} | {"supplier": product.supplier.code}
    )
