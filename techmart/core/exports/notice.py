"""Tells a person, on whatever page they are by then, that a file is ready."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from techmart.core.exports.models import ExportJob, ExportStatus

# The session knows of files that are waited for, so that nobody else pays for the question.
_WAITED_FOR = "exports_waited_for"


def watch(request: HttpRequest) -> None:
    """Begin to look out for this person's files."""
    newest = (
        ExportJob.objects.filter(requested_by=request.user.pk)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
    if newest is not None:
        request.session[_WAITED_FOR] = [*request.session.get(_WAITED_FOR, []), newest]


def tell_of_files(request: HttpRequest) -> None:
    """Add a message for each file that became ready or failed since the last page."""
    waited_for = request.session.get(_WAITED_FOR)
    if not waited_for:
        return
    ended = ExportJob.objects.filter(
        pk__in=waited_for, status__in=(ExportStatus.DONE, ExportStatus.FAILED)
    )
    left = set(waited_for)
    for job in ended:
        left.discard(job.pk)
        if job.status == ExportStatus.DONE:
            where = request.build_absolute_uri(reverse("exports:list"))
            messages.success(request, f"{job.title} is ready as {job.format.upper()}: {where}")
        else:
            messages.error(request, f"{job.title} could not be written: {job.error}")
    request.session[_WAITED_FOR] = sorted(left)
