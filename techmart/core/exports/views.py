"""Asking for a file, and the page of a person's files."""

import tempfile
from pathlib import Path
from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from techmart.core.access import NotPermitted, signed_in_page
from techmart.core.exports import services
from techmart.core.exports.answers import attachment, sent_file
from techmart.core.exports.limits import fits_at_once
from techmart.core.exports.models import ExportJob, ExportStatus
from techmart.core.exports.notice import watch
from techmart.core.exports.pages import files_context
from techmart.core.exports.registry import ListNotPermitted, find
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.lib.export import Format, Table, csv_lines, write_file
from techmart.lib.htmx import render_page

FILES = "core/_files.html"
# A short list is written as it was computed, and not computed again while it is sent.
_SHORT_CSV_ROWS = 1000


@require_POST
@signed_in_page
def export(request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """Answer with the file, or leave it to a worker when it is long.

    list: its key. format: csv, xlsx or pdf. query: the query string of the page as it stands.
    """
    key = request.POST.get("list", "")
    try:
        kind = Format(request.POST.get("format", ""))
    except ValueError:
        return _refused(request, "Choose CSV, XLSX or PDF.")
    query = dict(parse_qsl(request.POST.get("query", "")))
    now = timezone.now()
    try:
        listed = find(key, request.user)
        with services.snapshot():
            table = listed.build(query, request.user, now)
            if fits_at_once(table, kind) and kind is not Format.CSV:
                return _written(table, kind, services.file_name(key, kind, now))
            is_short = kind is Format.CSV and table.row_count <= _SHORT_CSV_ROWS
            pieces = _pieces(table) if is_short else None
        if fits_at_once(table, kind):
            return StreamingHttpResponse(
                pieces or services.streamed_csv(key, query, request.user, now),
                content_type=kind.media_type,
                headers=attachment(services.file_name(key, kind, now)),
            )
        job = services.request_export(
            key=key, query=query, kind=kind, user=request.user, now=now, table=table
        )
    except ListNotPermitted as refusal:
        raise NotPermitted(refusal.permission) from refusal
    except Refusal as refusal:
        return _refused(request, refusal.detail)
    watch(request, job)
    messages.info(request, "The list is long: its file is being written and will be here.")
    return HttpResponseRedirect(reverse("exports:list"), status=303)


@require_safe
@signed_in_page
def files(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a person's files."""
    return render_page(
        request,
        "core/files.html",
        fragment=FILES,
        context=files_context(request.user),
        personal=True,
    )


@require_safe
@signed_in_page
def download(request: AuthenticatedHttpRequest, pk: int) -> HttpResponseBase:
    """Send a file to who asked for it."""
    return sent_file(
        ExportJob.objects.filter(pk=pk, requested_by=request.user, status=ExportStatus.DONE).first()
    )


@require_POST
@signed_in_page
def again(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Ask anew for a file that failed."""
    failed = ExportJob.objects.filter(pk=pk, requested_by=request.user).first()
    if failed is None:
        raise Http404("This file is not there any more.")
    try:
        job = services.request_export(
            key=failed.list_key,
            query=failed.query,
            kind=Format(failed.format),
            user=request.user,
            now=timezone.now(),
        )
    except ListNotPermitted as refusal:
        raise NotPermitted(refusal.permission) from refusal
    except Refusal as refusal:
        return _refused(request, refusal.detail)
    watch(request, job)
    return HttpResponseRedirect(reverse("exports:list"), status=303)


def _pieces(table: Table) -> list[bytes]:
    return [piece.encode() for piece in csv_lines(table)]


def _written(table: Table, kind: Format, name: str) -> HttpResponse:
    """Return the file from memory: it is short."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_file(table, path, kind)
        return HttpResponse(
            path.read_bytes(), content_type=kind.media_type, headers=attachment(name)
        )


def _refused(request: AuthenticatedHttpRequest, detail: str) -> HttpResponse:
    messages.error(request, detail)
    return HttpResponseRedirect(reverse("exports:list"), status=303)
