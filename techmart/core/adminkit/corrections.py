"""Rows that people correct: through a service, with a reason, from the version they saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from techmart.core.adminkit.acts import ActsAdmin, show_refusal
from techmart.core.adminkit.base import staff_of
from techmart.core.corrections import Difference, StaleVersion
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal

if TYPE_CHECKING:
    BaseModelForm = forms.ModelForm[Any]
else:
    BaseModelForm = forms.ModelForm

REASON = "reason"
VERSION = "version_seen"
_REFUSAL = "_techmart_refusal"


class CorrectionForm(BaseModelForm):
    """A row's own fields, why they change, and the version of the row that the person saw."""

    # What the service refused a moment ago, when the form is shown again because of it.
    refusal: ClassVar[Refusal | ValidationError | None] = None

    reason = forms.CharField(
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Kept in the audit history with what was.",
    )
    version_seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            del self.fields[REASON], self.fields[VERSION]
        else:
            self.initial[VERSION] = self.instance.version

    def clean(self) -> dict[str, Any]:
        """Add what the service refused."""
        cleaned = super().clean() or self.cleaned_data
        if self.refusal is not None:
            show_refusal(self, self.refusal)
        return cleaned


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Who corrects which row and why. version: the one the person saw."""

    row_id: int
    version: int
    reason: str
    actor: User
    now: datetime

    def arguments(self) -> dict[str, Any]:
        """Return what every correcting service takes beside the row and the changes."""
        return {
            "version": self.version,
            "reason": self.reason,
            "actor": self.actor,
            "now": self.now,
        }


class CorrectionAdmin(ActsAdmin):
    """Saves through services; what they refuse is shown in the form, with what was typed.

    creatable: fields asked for a new row. correctable: fields that can be corrected; all other
    fields of `fields` are shown only. `active` is switched by a service of its own.
    """

    form = CorrectionForm
    creatable: ClassVar[tuple[str, ...]] = ()
    correctable: ClassVar[tuple[str, ...]] = ()
    shown: ClassVar[tuple[str, ...]] = ()

    def create_row(self, data: Mapping[str, Any], *, actor: User, now: datetime) -> Any:
        """Call the creating service with the form's fields; return the row."""
        raise NotImplementedError

    def correct_row(self, changes: Mapping[str, Any], by: Correction) -> Any:
        """Call the correcting service; return the row."""
        raise NotImplementedError

    def switch_row(self, active: bool, by: Correction) -> Any:
        """Call the service that takes a row out of use, or back."""
        raise NotImplementedError

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the reason only those who may change the row."""
        if obj is None:
            return [*self.creatable]
        fields = [*self.shown, *self.correctable, "active"]
        return [*fields, REASON, VERSION] if self.has_change_permission(request, obj) else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Show what other acts keep."""
        return () if obj is None else self.shown

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        """Give the form what the service refused, if it did."""
        form: type[Any] = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, _REFUSAL, None)})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form again, with what was typed, when the service refuses."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (Refusal, ValidationError) as refusal:
            setattr(request, _REFUSAL, refusal)
            if isinstance(refusal, StaleVersion):
                # The person is told what differs: saving again is meant for what is there now.
                request.POST = _with(request.POST, VERSION, str(refusal.current_version))
                refusal.errors = [self._named(each) for each in refusal.differences]
            response: Any = super().changeform_view(request, object_id, form_url, extra_context)
            response.status_code = 422
            return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Call the service. Raises its refusals, which undo all of the request."""
        actor, now = staff_of(request), timezone.now()
        if not change:
            row = self.create_row(form.cleaned_data, actor=actor, now=now)
            obj.pk = row.pk
            obj.refresh_from_db()
            return
        data = form.cleaned_data
        by = Correction(
            row_id=obj.pk, version=data[VERSION], reason=data[REASON], actor=actor, now=now
        )
        columns = {field.name: field.attname for field in self.opts.concrete_fields}
        changes = {
            columns[name]: getattr(obj, columns[name])
            for name in form.changed_data
            if name in self.correctable
        }
        switched = "active" in form.changed_data
        if changes or not switched:
            row = self.correct_row(changes, by)
            by = Correction(
                row_id=obj.pk, version=row.version, reason=by.reason, actor=actor, now=now
            )
        if switched:
            self.switch_row(data["active"], by)
        obj.refresh_from_db()

    def _named(self, difference: Difference) -> FieldError:
        """Name rows by what they are called and not by their keys."""
        field: Any = self.opts.get_field(difference.field)
        values = [difference.current, difference.wanted]
        if field.is_relation:
            names = field.related_model._default_manager.in_bulk([each for each in values if each])
            values = [names.get(each) for each in values]
        current, wanted = values
        return FieldError(field.name, "stale", f"Now {current}; you wrote {wanted}.")

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Keep the reason in the row's history too."""
        if add:
            return super().construct_change_message(request, form, formsets, add)
        names = [name for name in form.changed_data if name not in (REASON, VERSION)]
        return f"Changed {', '.join(names)}: {form.cleaned_data[REASON]}"


def _with(data: QueryDict, name: str, value: str) -> Any:
    copy = data.copy()
    copy[name] = value
    copy._mutable = False
    return copy
