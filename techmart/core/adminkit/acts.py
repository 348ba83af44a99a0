"""Acts on one row: a button on its page, a form that asks what is needed, a service that does it.

Admin changes nothing of such a row by itself; the service's refusals are shown in the form.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from techmart.core.adminkit.base import QuickAdmin, staff_of
from techmart.core.models import User
from techmart.core.problems import Refusal


class ConfirmForm(forms.Form):
    """Asks nothing: the button on the page is the confirmation."""


class ReasonForm(forms.Form):
    """Asks why."""

    reason = forms.CharField(max_length=300, widget=forms.TextInput(attrs={"class": "vTextField"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An act as it is asked for. data: the form's cleaned fields."""

    row: Any
    data: Mapping[str, Any]
    actor: User
    now: datetime
    request_id: str


def _always(_row: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that can be done to a row.

    run: calls the service. effect: what it will do, for the person who is asked.
    possible: whether the row is in a state for it. permission: the action of Django's model
    permission that it needs.
    """

    name: str
    label: str
    effect: str
    run: Callable[[Call], object]
    form: type[forms.Form] = ReasonForm
    possible: Callable[[Any], bool] = _always
    permission: str = "change"


class ActsAdmin(QuickAdmin):
    """Shows the acts of a row on its page to those who may do them."""

    acts: ClassVar[tuple[Act, ...]] = ()
    change_form_template = "admin/acts_change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Add an address for each act."""
        act = path(
            "<path:object_id>/act/<slug:name>/",
            self.admin_site.admin_view(self.act_view),
            name=self._url_name,
        )
        return [act, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the row with its acts."""
        row = self.get_object(request, unquote(object_id))
        links = [
            {"label": act.label, "url": reverse(f"admin:{self._url_name}", args=(row.pk, act.name))}
            for act in self.acts
            if row is not None and act.possible(row) and self._may(request, act)
        ]
        context = {**(extra_context or {}), "acts": links}
        return super().change_view(request, object_id, form_url, context)

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask what the act needs; do it; go back to the row."""
        act = next((each for each in self.acts if each.name == name), None)
        row = self.get_object(request, unquote(object_id))
        if act is None or row is None:
            raise Http404
        if not self.has_view_permission(request, row) or not self._may(request, act):
            raise PermissionDenied
        form = act.form(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid() and self._done(request, act, row, form):
            messages.success(request, f"{act.label}: {row}")
            return HttpResponseRedirect(self._address(row))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": act.label,
            "act": act,
            "form": form,
            "row_url": self._address(row),
            "is_popup": IS_POPUP_VAR in request.GET,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/act.html", context, status=status)

    def _done(self, request: HttpRequest, act: Act, row: Any, form: forms.Form) -> bool:
        """Do it and note it in the row's history; False when the form now says why not."""
        call = Call(
            row=row,
            data=form.cleaned_data,
            actor=staff_of(request),
            now=timezone.now(),
            request_id=str(request.META.get("TECHMART_REQUEST_ID", "")),
        )
        try:
            with transaction.atomic():
                act.run(call)
                self.log_change(request, row, _history(act, form.cleaned_data))
        except (Refusal, ValidationError) as refusal:
            show_refusal(form, refusal)
            return False
        return True

    @property
    def _url_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_act"

    def _address(self, row: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=(row.pk,))

    def _may(self, request: HttpRequest, act: Act) -> bool:
        permission = f"{self.opts.app_label}.{act.permission}_{self.opts.model_name}"
        return staff_of(request).has_perm(permission)


def show_refusal(form: forms.BaseForm, refusal: Refusal | ValidationError) -> None:
    """Put what a service refused, and where, into the form it came from."""
    if isinstance(refusal, ValidationError):
        by_field = refusal.message_dict if hasattr(refusal, "error_dict") else {}
        for name, texts in (by_field or {"": refusal.messages}).items():
            # An error of a field that the form does not have belongs to the whole.
            form.add_error(name if name in form.fields else None, texts)
        return
    placed = False
    for error in refusal.errors:
        if error.field in form.fields:
            form.add_error(error.field, error.message)
            placed = True
    if not placed or refusal.code == "stale_version":
        form.add_error(None, refusal.detail)


def _history(act: Act, data: Mapping[str, Any]) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in data.items() if value not in ("", None))
    return f"{act.label}: {facts}" if facts else act.label
