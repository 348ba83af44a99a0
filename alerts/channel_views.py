"""Pages of channels: the list, the form that makes or changes one, and a test of it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alerts import channel_pages as pages
from alerts.answers import next_url
from alerts.channel_forms import ChannelForm, form_of
from alerts.notifying import channels
from alerts.notifying.models import ChannelKind, NotificationChannel
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest, posted_version
from techmart.core.problems import Refusal, add_refusal
from techmart.lib import formats
from techmart.lib.htmx import render_page, see_other

VIEW = "alerts.view_notificationchannel"
ADD = "alerts.add_notificationchannel"
CHANGE = "alerts.change_notificationchannel"
TABLE = "alerts/_channels.html"
FORM = "alerts/_channel_form.html"
# Where a secret waits for the one page that shows it.
_SECRET = "channel_secret"  # noqa: S105  a name


@require_safe
@page_for(VIEW)
def channel_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show all channels with what was sent to each last."""
    context = pages.list_context(
        may_add=request.user.has_perms((ADD, CHANGE)), may_change=request.user.has_perm(CHANGE)
    )
    return render_page(
        request, "alerts/channels.html", fragment=TABLE, context=context, personal=True
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(ADD)
@page_for(CHANGE)
def new_channel(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Make a channel. Its secret is shown on the page that changes it, so that is needed, too."""
    if request.method != "POST":
        return _form_page(request, ChannelForm(), None)
    form = ChannelForm(request.POST)

    def save() -> NotificationChannel:
        channel = channels.create_channel(
            kind=ChannelKind(form.cleaned_data["kind"]),
            fields=form.fields_of_channel(),
            actor=request.user,
            now=timezone.now(),
        )
        if channel.kind == ChannelKind.WEBHOOK:
            _keep_secret(request, channel)
        return channel

    return _saved(request, form, None, save)


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(CHANGE)
def channel(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Change a channel, as long as nobody else did meanwhile."""
    row = get_object_or_404(NotificationChannel, pk=pk)
    if request.method != "POST":
        return _form_page(request, form_of(row), row)
    form = ChannelForm(request.POST, channel=row)

    def save() -> NotificationChannel:
        return channels.change_channel(
            channel_id=pk,
            fields=form.fields_of_channel(),
            version=form.cleaned_data["version"] or 0,
            actor=request.user,
            now=timezone.now(),
        )

    return _saved(request, form, row, save)


@require_POST
@page_for(CHANGE)
def switch(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Turn a channel on or off."""
    active = request.POST.get("active") == "1"

    def act(version: int) -> str:
        row = channels.switch_channel(
            channel_id=pk, active=active, version=version, actor=request.user, now=timezone.now()
        )
        return f"{row.name} is {'on' if active else 'off'}"

    return _acted(request, pk, act)


@require_POST
@page_for(CHANGE)
def renew_secret(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Give a webhook another signing secret. Only the channel's own page shows it: that is next."""
    get_object_or_404(NotificationChannel, pk=pk)
    try:
        row = channels.renew_secret(
            channel_id=pk,
            version=posted_version(request),
            actor=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, refusal.detail)
        return _back(request)
    _keep_secret(request, row)
    messages.success(request, f"{row.name} signs with a new secret from now on")
    return HttpResponseRedirect(reverse("alerts:channel", args=[pk]), status=303)


@require_POST
@page_for(CHANGE)
def send_test(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Send a test message and say what became of it."""
    row = get_object_or_404(NotificationChannel, pk=pk)
    try:
        result = channels.send_test(channel_id=pk, actor=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.detail)
    else:
        seconds = formats.decimal(result.seconds)
        if result.error:
            messages.error(
                request,
                f"{row.name} did not take the test message after {seconds} s: {result.error}",
            )
        else:
            messages.success(request, f"{row.name} took the test message after {seconds} s")
    return _back(request)


def _keep_secret(request: AuthenticatedHttpRequest, row: NotificationChannel) -> None:
    request.session[_SECRET] = {"channel": row.pk, "secret": row.secret}


def _taken_secret(request: AuthenticatedHttpRequest, row: NotificationChannel) -> str:
    """Return a secret that was made just now and let go of it; "" for none."""
    kept = request.session.get(_SECRET)
    if kept is None or kept["channel"] != row.pk or request.method != "GET":
        return ""
    del request.session[_SECRET]
    return str(kept["secret"])


def _acted(request: AuthenticatedHttpRequest, pk: int, act: Callable[[int], str]) -> HttpResponse:
    get_object_or_404(NotificationChannel, pk=pk)
    try:
        messages.success(request, act(posted_version(request)))
    except Refusal as refusal:
        messages.error(request, refusal.detail)
    return _back(request)


def _back(request: AuthenticatedHttpRequest) -> HttpResponse:
    address = next_url(request, reverse("alerts:channels"))
    return HttpResponseRedirect(address, status=303)


def _saved(
    request: AuthenticatedHttpRequest,
    form: ChannelForm,
    row: NotificationChannel | None,
    save: Callable[[], NotificationChannel],
) -> HttpResponse:
    """Save a valid form and show the channel; otherwise the form again with what is wrong."""
    status = 422
    if form.is_valid():
        try:
            saved = save()
        except Refusal as refusal:
            status = refusal.status
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{saved.name}: saved. A test shows whether it arrives.")
            return see_other(request, reverse("alerts:channel", args=[saved.pk]))
    return _form_page(request, form, row, status=status)


def _form_page(
    request: AuthenticatedHttpRequest,
    form: ChannelForm,
    row: NotificationChannel | None,
    *,
    status: int = 200,
) -> HttpResponse:
    made = _taken_secret(request, row) if row else ""
    return render_page(
        request,
        "alerts/channel.html",
        fragment=FORM,
        context=pages.form_context(form, channel=row, secret=made),
        status=status,
        personal=True,
    )
