"""Pages of alerts: the list, one alert, the drawer, and what people do to an alert."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from alerts import pages, services
from alerts.answers import (
    DETAIL,
    TABLE,
    list_context,
    next_url,
    no_store,
    query_of,
    redirected,
    swapped,
)
from alerts.forms import AssignForm, ResolveForm, SnoozeForm
from alerts.models import Alert
from alerts.querysets import VIEW_ALERTS
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.saved_views.opening import open_with_default
from techmart.lib.htmx import render_page, wanted_fragment


@require_GET
@page_for(VIEW_ALERTS)
def alert_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the list of alerts, or its table."""
    if there := open_with_default(request, "alerts"):
        return there
    context = list_context(request, request.GET)
    response = render_page(
        request, "alerts/list.html", fragment=TABLE, context=context, personal=True
    )
    if wanted_fragment(request, TABLE) and request.get_full_path() != context["page_url"]:
        # A form writes its fields in its own order, and what was ignored is gone.
        response["HX-Push-Url"] = context["page_url"]
    return response


@require_GET
@page_for(VIEW_ALERTS)
def alert_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Show one alert with its history."""
    context = pages.detail_context(_alert(request, pk), user=request.user, now=timezone.now())
    return render_page(
        request, "alerts/detail.html", fragment=DETAIL, context=context, personal=True
    )


@require_GET
@page_for(VIEW_ALERTS)
def bell(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Answer the number on the bell with the other counters."""
    return no_store(render(request, "alerts/_bell.html", {"is_fragment": True}))


@require_GET
@page_for(VIEW_ALERTS)
def drawer(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Answer the newest open alerts."""
    return no_store(render(request, "alerts/_drawer.html", pages.drawer_context(request.user)))


@require_POST
@page_for(pages.CHANGE_ALERTS)
def acknowledge(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Take an alert on."""
    return _act(request, pk, services.acknowledge, done="Acknowledged")


@require_POST
@page_for(pages.CHANGE_ALERTS)
def snooze(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Quiet an alert for a while."""
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        return _refused_form(request, pk, form.errors)
    rule, until = form.rule(timezone.now())
    return _act(request, pk, services.snooze, done="Snoozed", rule=rule, until=until)


@require_POST
@page_for(pages.CHANGE_ALERTS)
def unsnooze(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """End a snooze."""
    return _act(request, pk, services.unsnooze, done="Open again")


@require_POST
@page_for(pages.CHANGE_ALERTS)
def assign(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Give an alert to a person."""
    form = AssignForm(request.POST)
    if not form.is_valid():
        return _refused_form(request, pk, form.errors)
    assignee = form.cleaned_data["assignee"]
    done = f"Assigned to {assignee}" if assignee else "Assigned to nobody"
    return _act(request, pk, services.assign, done=done, assignee=assignee)


@require_POST
@page_for(pages.CHANGE_ALERTS)
def resolve(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """End an alert by hand."""
    form = ResolveForm(request.POST)
    if not form.is_valid():
        return _refused_form(request, pk, form.errors)
    reason = form.cleaned_data["reason"]
    return _act(request, pk, services.resolve, done="Resolved", reason=reason)


def _alert(request: AuthenticatedHttpRequest, pk: int) -> Alert:
    """Return the alert, if this person may see it; Http404 otherwise."""
    people = ("assigned_to", "acknowledged_by", "resolved_by")
    visible = Alert.objects.visible_to(request.user).select_related(*people)
    return get_object_or_404(visible, pk=pk)


def _act(
    request: AuthenticatedHttpRequest,
    pk: int,
    act: Callable[..., Alert],
    *,
    done: str,
    **details: Any,
) -> HttpResponse:
    alert = _alert(request, pk)
    try:
        act(alert_id=alert.pk, actor=request.user, now=timezone.now(), **details)
    except services.ActRefused as refusal:
        return _answer(request, pk, status=refusal.status, notice=refusal.detail)
    return _answer(request, pk, status=200, notice=f"{done}: {alert.title}")


def _refused_form(request: AuthenticatedHttpRequest, pk: int, errors: Any) -> HttpResponse:
    """Show the form again with what is wrong."""
    plain = {name: [str(message) for message in found] for name, found in errors.items()}
    notice = next(iter(plain.values()))[0]
    return _answer(request, pk, status=422, notice=notice, errors=plain)


def _answer(
    request: AuthenticatedHttpRequest,
    pk: int,
    *,
    status: int,
    notice: str,
    errors: dict[str, list[str]] | None = None,
) -> HttpResponse:
    """Answer an act: the region it was done in and the counters, or without script a redirect."""
    fragment = wanted_fragment(request, (TABLE, DETAIL))
    back = next_url(request, reverse("alerts:detail", args=[pk]))
    if fragment is None:
        return redirected(request, back, notice=notice, good=status == 200)
    if fragment == TABLE:
        context = list_context(request, query_of(back))
    else:
        context = pages.detail_context(
            _alert(request, pk), user=request.user, now=timezone.now(), errors=errors
        )
    return swapped(request, fragment, context, status=status, notice=notice)
