"""Tells a person, on whatever page they are by then, that a file is ready."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from techmart.core.exports.models import UNFINISHED, ExportJob, ExportStatus

# The session knows of files that are waited for, so that nobody else pays for the question.
_WAITED_FOR = "exports_waited_for"


def watch(request: HttpRequest, job: ExportJob) -> None:
    """Begin to look out for a file."""
    request.session[_WAITED_FOR] = [*request.session.get(_WAITED_FOR, []), job.pk]


def tell_of_files(request: HttpRequest) -> None:
    """Add a message for each file that became ready or failed since the last page."""
    waited_for = request.session.get(_WAITED_FOR)
    if not waited_for:
        return
    left = []
    for job in ExportJob.objects.filter(pk__in=waited_for).order_by("pk"):
        if job.status in UNFINISHED:
            left.append(job.pk)
        elif job.status == ExportStatus.DONE:
            where = request.build_absolute_uri(reverse("exports:list"))
            messages.success(request, f"{job.title} is ready as {job.format.upper()}: {where}")
        else:
            messages.error(request, f"{job.title} could not be written: {job.error}")
    # A session that did not change is not written anew with every page.
    if left != waited_for:
        request.session[_WAITED_FOR] = left
