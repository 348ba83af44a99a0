"""Pages of reports: the list, one with its log, and what people do to it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from techmart.core.access import page_for
from techmart.core.exports.registry import NoSuchList, find
from techmart.core.http import AuthenticatedHttpRequest, posted_version
from techmart.core.models import ReportDelivery, ReportSchedule
from techmart.core.problems import Refusal, add_refusal
from techmart.core.reports import pages, services
from techmart.core.reports.forms import ReportForm, form_of
from techmart.lib.htmx import render_page, see_other

VIEW = "core.view_reportschedule"
CHANGE = "core.change_reportschedule"
TABLE = "core/_reports.html"
DETAIL = "core/_report.html"


@require_safe
@page_for(VIEW)
def report_list(request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """Show all reports."""
    context = pages.list_context(request.user, may_change=request.user.has_perm(CHANGE))
    return render_page(request, "core/reports.html", fragment=TABLE, context=context, personal=True)


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(CHANGE)
def new_report(request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """Make a report; the address may name list and filter."""
    if request.method != "POST":
        given = {"list_key": request.GET.get("list", ""), "query": request.GET.get("query", "")}
        first = {"frequency": "weekly", "at": "07:30", "recipients": request.user.email}
        return _page(request, None, ReportForm(initial=first | given, user=request.user))
    form = ReportForm(request.POST, user=request.user)
    return _saved(
        request,
        form,
        None,
        lambda: services.create_report(
            fields=form.fields_of_report(), actor=request.user, now=timezone.now()
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(VIEW)
def report_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponseBase:
    """Show a report and its log; change it."""
    schedule = _report(request, pk)
    if request.method != "POST" or not request.user.has_perm(CHANGE):
        return _page(request, schedule, form_of(schedule, request.user))
    form = ReportForm(request.POST, user=request.user)
    return _saved(
        request,
        form,
        schedule,
        lambda: services.change_report(
            report_id=pk,
            fields=form.fields_of_report(),
            version=form.cleaned_data["version"] or 0,
            actor=request.user,
            now=timezone.now(),
        ),
    )


@require_POST
@page_for(CHANGE)
def switch_report(request: AuthenticatedHttpRequest, pk: int) -> HttpResponseBase:
    """Pause a report or let it go on."""
    schedule = _report(request, pk)
    enabled = request.POST.get("enabled") == "1"
    try:
        services.switch_report(
            report_id=pk,
            enabled=enabled,
            version=posted_version(request),
            actor=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, f"{schedule.name} is {'on' if enabled else 'paused'}")
    return HttpResponseRedirect(reverse("reports:list"), status=303)


@require_POST
@page_for(CHANGE)
def send_again(request: AuthenticatedHttpRequest, pk: int) -> HttpResponseBase:
    """Send a report once more."""
    delivery = get_object_or_404(ReportDelivery, pk=pk)
    _report(request, delivery.schedule_id)
    services.send_again(delivery_id=pk, actor=request.user, now=timezone.now())
    messages.success(request, "It goes out within a minute")
    url = reverse("reports:detail", args=[delivery.schedule_id])
    return HttpResponseRedirect(url, status=303)


def _report(request: AuthenticatedHttpRequest, pk: int) -> ReportSchedule:
    """Return a report of a list that the person may see; Http404 otherwise."""
    schedule = get_object_or_404(ReportSchedule.objects.select_related("owner"), pk=pk)
    try:
        find(schedule.list_key, request.user)
    except NoSuchList as refusal:
        raise Http404(refusal.detail) from refusal
    return schedule


def _saved(
    request: AuthenticatedHttpRequest,
    form: ReportForm,
    schedule: ReportSchedule | None,
    save: Callable[[], ReportSchedule],
) -> HttpResponseBase:
    status = 422
    if form.is_valid():
        try:
            saved = save()
        except Refusal as refusal:
            status = refusal.status
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{saved.name}: {pages.when(saved).lower()}")
            return see_other(request, reverse("reports:list"))
    return _page(request, schedule, form, status=status)


def _page(
    request: AuthenticatedHttpRequest,
    schedule: ReportSchedule | None,
    form: ReportForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = pages.detail_context(schedule, form, may_change=request.user.has_perm(CHANGE))
    return render_page(
        request,
        "core/report.html",
        fragment=DETAIL,
        context=context,
        status=status,
        personal=True,
    )
