"""Pages of silences: those in force, a new one, the end of one."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from alerts.forms import SilenceForm
from alerts.models import Alert, Silence
from alerts.notifying.silences import end_silence, in_force, silence
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.lib.htmx import render_page

ADD_SILENCE = "alerts.add_silence"


@require_http_methods(["GET", "HEAD", "POST"])
@page_for("alerts.view_silence")
def silences(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show what is silenced, with the form for another; keep one."""
    may_add = request.user.has_perm(ADD_SILENCE)
    if request.method == "POST":
        return _add(request) if may_add else _page(request, None, status=403)
    about = _about(request)
    form = SilenceForm(initial={"kind": about.kind} if about else {}, about=about)
    return _page(request, form if may_add else None)


@require_POST
@page_for("alerts.change_silence")
def end(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """End a silence before its time."""
    row = get_object_or_404(Silence, pk=pk)
    end_silence(silence_id=row.pk, actor=request.user, now=timezone.now())
    messages.success(request, "The silence has ended")
    return HttpResponseRedirect(reverse("alerts:silences"), status=303)


def _add(request: AuthenticatedHttpRequest) -> HttpResponse:
    about = _about(request)
    form = SilenceForm(request.POST, about=about)
    if not form.is_valid():
        return _page(request, form, status=422)
    now = timezone.now()
    only_subject = about is not None and form.cleaned_data.get("only_subject", False)
    try:
        silence(
            kind=form.cleaned_data["kind"],
            subject_kind=about.subject_kind if about and only_subject else "",
            subject_id=about.subject_id if about and only_subject else None,
            reason=form.cleaned_data["reason"],
            until=form.until(now),
            actor=request.user,
            now=now,
        )
    except Refusal as refusal:
        for error in refusal.errors:
            form.add_error("days" if error.field == "until" else error.field, error.message)
        return _page(request, form, status=refusal.status)
    messages.success(request, "Silenced; the alerts stay on the pages")
    return HttpResponseRedirect(reverse("alerts:silences"), status=303)


def _about(request: AuthenticatedHttpRequest) -> Alert | None:
    """Return the alert that the silence was asked for from, if this person may see it."""
    given = request.POST.get("alert") or request.GET.get("alert", "")
    if not given.isdecimal():
        return None
    return Alert.objects.visible_to(request.user).filter(pk=int(given[:18])).first()


def _page(
    request: AuthenticatedHttpRequest, form: SilenceForm | None, *, status: int = 200
) -> HttpResponse:
    # Apps above this one know what a subject is called; the newest alert about it says so too.
    named = (
        Alert.objects.visible_to(request.user)
        .filter(subject_kind=OuterRef("subject_kind"), subject_id=OuterRef("subject_id"))
        .order_by("-last_seen_at")
        .values("title")[:1]
    )
    context: dict[str, Any] = {
        "form": form,
        "rows": [
            (row, _what(row), reverse("alerts:silence-end", args=[row.pk]))
            for row in in_force(now=timezone.now()).annotate(alert_title=Subquery(named))
        ],
        "may_end": request.user.has_perm("alerts.change_silence"),
    }
    return render_page(
        request, "alerts/silences.html", context=context, personal=True, status=status
    )


def _what(row: Any) -> str:
    """Say what is silenced, in words. row: a Silence with alert_title, its subject's newest."""
    kind = row.get_kind_display() if row.kind else "All alerts"
    if not row.subject_kind:
        return kind
    subject = row.subject_kind.replace("_", " ")
    if row.alert_title:
        return f"{kind}, only about the {subject} of: {row.alert_title}"
    return f"{kind}, {subject} {row.subject_id or ''}".strip()
