"""Pages of alert rules: the list, and the form that makes or changes one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analytics.metric_rules import pages, services
from analytics.metric_rules.evaluation import look_at
from analytics.metric_rules.forms import MetricRuleForm, form_of
from analytics.metric_rules.models import MetricRule
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest, posted_version
from techmart.core.problems import Refusal, add_refusal
from techmart.core.saved_views.opening import open_with_default
from techmart.lib.columns import single_values
from techmart.lib.htmx import push_address, render_page, see_other
from techmart.lib.plain_list import parse_plain_list

VIEW = "analytics.view_metricrule"
CHANGE = "analytics.change_metricrule"
TABLE = "analytics/_metric_rules.html"
FORM = "analytics/_metric_rule_form.html"


@require_GET
@page_for(VIEW)
def rule_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show all rules with what the newest look found."""
    if there := open_with_default(request, "alert-rules"):
        return there
    view = parse_plain_list(
        single_values(request.GET), path=pages.RULES_PATH, columns=pages.COLUMNS
    )
    context = pages.list_context(view, may_change=request.user.has_perm(CHANGE), now=timezone.now())
    response = render_page(request, "analytics/metric_rules.html", fragment=TABLE, context=context)
    return push_address(request, response, TABLE, view.url())


@require_http_methods(["GET", "POST"])
@page_for(CHANGE)
def new_rule(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Make a rule."""
    if request.method != "POST":
        return _form_page(request, MetricRuleForm(), rule=None)
    form = MetricRuleForm(request.POST)

    def save() -> MetricRule:
        return services.create_metric_rule(
            fields=form.fields_of_rule(), actor=request.user, now=timezone.now()
        )

    return _saved(request, form, None, save)


@require_http_methods(["GET", "POST"])
@page_for(CHANGE)
def edit_rule(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Change a rule, as long as nobody else did meanwhile."""
    rule = get_object_or_404(MetricRule, pk=pk)
    if request.method != "POST":
        return _form_page(request, form_of(rule), rule=rule)
    form = MetricRuleForm(request.POST)

    def save() -> MetricRule:
        return services.change_metric_rule(
            rule_id=pk,
            fields=form.fields_of_rule(),
            version=form.cleaned_data["version"] or 0,
            actor=request.user,
            now=timezone.now(),
        )

    return _saved(request, form, rule, save)


@require_POST
@page_for(CHANGE)
def switch_rule(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Turn a rule on or off."""
    enabled = request.POST.get("enabled") == "1"

    def act(version: int) -> str:
        rule = services.switch_metric_rule(
            rule_id=pk, enabled=enabled, version=version, actor=request.user, now=timezone.now()
        )
        return f"{rule.name} is {'on' if enabled else 'off'}"

    return _acted(request, pk, act)


@require_POST
@page_for(CHANGE)
def delete_rule(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Remove a rule."""

    def act(version: int) -> str:
        services.delete_metric_rule(
            rule_id=pk, version=version, actor=request.user, now=timezone.now()
        )
        return "The rule was removed"

    return _acted(request, pk, act)


def _acted(request: AuthenticatedHttpRequest, pk: int, act: Callable[[int], str]) -> HttpResponse:
    get_object_or_404(MetricRule, pk=pk)
    try:
        messages.success(request, act(posted_version(request)))
    except Refusal as refusal:
        messages.error(request, refusal.detail)
    return HttpResponseRedirect(reverse("metric_rules:list"), status=303)


def _saved(
    request: AuthenticatedHttpRequest,
    form: MetricRuleForm,
    rule: MetricRule | None,
    save: Callable[[], MetricRule],
) -> HttpResponse:
    """Save a valid form and go to the list; otherwise show it again with what is wrong."""
    status = 422
    if form.is_valid():
        try:
            saved = save()
        except Refusal as refusal:
            status = refusal.status
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{saved.name}: saved and on watch")
            return see_other(request, reverse("metric_rules:list"))
    return _form_page(request, form, rule=rule, status=status)


def _form_page(
    request: AuthenticatedHttpRequest,
    form: MetricRuleForm,
    *,
    rule: MetricRule | None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = pages.form_context(
        form, rule=rule, look=look_at(rule, now=timezone.now()) if rule else None
    )
    return render_page(
        request,
        "analytics/metric_rule.html",
        fragment=FORM,
        context=context,
        status=status,
        personal=True,
    )
