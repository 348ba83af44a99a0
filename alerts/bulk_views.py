"""Acts on the ticked alerts of the list, or on all that match its filters."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts import pages
from alerts.answers import TABLE, list_context, next_url, query_of, redirected, swapped
from alerts.forms import BulkForm
from alerts.list_filters import parse_filters
from alerts.models import Alert
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.lib.columns import single_values
from techmart.lib.htmx import wanted_fragment

# Of "all that match"; the next ones take a second press.
MOST = 5_000


@require_POST
@page_for(pages.CHANGE_ALERTS)
def bulk(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Acknowledge, snooze or resolve the alerts that were ticked."""
    back = next_url(request, reverse("alerts:list"))
    status, notice = _act(request, back)
    if wanted_fragment(request, TABLE) is None:
        return redirected(request, back, notice=notice, good=status == 200)
    context = list_context(request, query_of(back))
    return swapped(request, TABLE, context, status=status, notice=notice)


def _act(request: AuthenticatedHttpRequest, back: str) -> tuple[int, str]:
    """Do what is asked; return the status and what is said of it."""
    form = BulkForm(request.POST)
    if not form.is_valid():
        return 422, str(next(iter(form.errors.values()))[0])
    chosen = _chosen(request, back)
    if not chosen:
        return 422, "Tick at least one alert."
    now = timezone.now()
    try:
        done = form.carry_out(chosen, actor=request.user, now=now)
    except Refusal as refusal:
        return refusal.status, refusal.detail
    left = len(chosen) - done
    notice = f"{form.done_word()} {done} alert{'' if done == 1 else 's'}"
    return 200, f"{notice}; {left} had ended or are held by others" if left else notice


def _chosen(request: AuthenticatedHttpRequest, back: str) -> list[int]:
    """Return the alerts meant, of those that this person may see."""
    if request.POST.get("all"):
        filters = parse_filters(single_values(query_of(back)))
        rows = pages.tab_of(filters, request.user).worst_first()
        return list(rows.values_list("pk", flat=True)[:MOST])
    given = {int(value) for value in request.POST.getlist("alert") if value.isdecimal()}
    visible = Alert.objects.visible_to(request.user)
    return list(visible.filter(pk__in=given).values_list("pk", flat=True))
