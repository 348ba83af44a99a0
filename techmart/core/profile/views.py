"""The page of one's own profile, and changing one's password."""

from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_http_methods

from techmart.core.access import signed_in_page
from techmart.core.choices import Density, Theme
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.models import User
from techmart.core.profile.forms import LOOK, NOTIFICATIONS, ProfileForm
from techmart.lib.htmx import DENSITY_COOKIE, THEME_COOKIE, render_page

YEAR_SECONDS = 31_536_000


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_page
def profile(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the profile with its form; keep what was changed."""
    # A row of its own: a refused form must not change who the page says is signed in.
    person = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        person.save(update_fields=list(form.changed_data) or None)
        messages.success(request, "Your profile was saved")
        return _with_look(HttpResponseRedirect(reverse("profile"), status=303), person)
    context = {
        "form": form,
        "about_fields": [form[name] for name in ("name", "time_zone")],
        "look_fields": [form[name] for name in LOOK],
        "notification_fields": [form[name] for name in NOTIFICATIONS],
        "groups": sorted(request.user.groups.values_list("name", flat=True)),
    }
    status = 422 if form.errors else 200
    return render_page(request, "core/profile.html", context=context, personal=True, status=status)


def _with_look(response: HttpResponseRedirect, person: User) -> HttpResponseRedirect:
    """Have this browser follow the profile: what was chosen in a page's header is over."""
    chosen = {
        THEME_COOKIE: "" if person.theme == Theme.SYSTEM else person.theme,
        DENSITY_COOKIE: "" if person.density == Density.COMFORTABLE else person.density,
    }
    for name, value in chosen.items():
        if value:
            response.set_cookie(name, value, max_age=YEAR_SECONDS, samesite="Lax")
        else:
            response.delete_cookie(name, samesite="Lax")
    return response


class ChangePassword(PasswordChangeView):
    """Sets a new password; the session goes on, all others of the person end."""

    template_name = "registration/password_change.html"
    success_url = reverse_lazy("profile")

    def form_valid(self, form):  # type: ignore[no-untyped-def]  # Django's stubs want its own form
        """Say that it is done."""
        messages.success(self.request, "Your password was changed")
        return super().form_valid(form)

    def form_invalid(self, form):  # type: ignore[no-untyped-def]  # as above
        """Answer 422 with the form."""
        response = super().form_invalid(form)
        response.status_code = 422
        return response
