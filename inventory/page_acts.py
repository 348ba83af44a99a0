"""What pages do with a person's act: go through, or say on the same page why not."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from inventory.paths import LIST_PATH
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.lib.htmx import see_other


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an act did not go through. about: what it was done to, "" for the page as a whole."""

    text: str
    about: str = ""
    status: int = 422


def attempt(act: Callable[[], str], *, about: str = "") -> tuple[str, Problem | None]:
    """Do an act; return what to say of it, or the problem."""
    try:
        return act(), None
    except Refusal as refusal:
        words = [each.message for each in refusal.errors] or [refusal.detail]
        status = 409 if refusal.status == 409 else 422
        return "", Problem(" ".join(words), about, status)


def form_problem(form: forms.Form, *, about: str = "") -> Problem:
    """Return what is wrong with a form in one sentence or a few, the field named first."""
    texts = []
    for name, errors in form.errors.items():
        label = form.fields[name].label or name.replace("_", " ").capitalize()
        texts += [f"{label}: {error}" for error in errors]
    return Problem(" ".join(texts), about)


def way_back(request: AuthenticatedHttpRequest, default: str) -> str:
    """Return the page that a form names to return to, if it is one of these; else the default."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours and urlsplit(wanted).path.startswith(LIST_PATH) else default


def go(request: AuthenticatedHttpRequest, path: str, text: str) -> HttpResponse:
    """Say that it went through on the page at a path."""
    messages.success(request, text)
    return see_other(request, path)
