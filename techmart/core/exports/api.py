"""Endpoints of exports: what can be asked for, one's own files, how far they are, and fetching."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from techmart.core.api.throttling import TriggerRateThrottle
from techmart.core.api.views import ReadOnlyViewSet, caller
from techmart.core.exports.answers import sent_file
from techmart.core.exports.models import ExportJob, ExportStatus
from techmart.core.exports.registry import offered_to
from techmart.core.exports.services import TooManyExports, progress_of, request_export
from techmart.core.problems import Refusal
from techmart.lib.export import Format

_LONGEST_VALUE = 500


class FileNotReady(Refusal):
    """The file is not written yet, or could not be."""

    def __init__(self, job: ExportJob) -> None:
        detail = (
            f"The file could not be written: {job.error} Ask for it again."
            if job.status == ExportStatus.FAILED
            else "The file is not written yet. Read the export until its status is done."
        )
        super().__init__(detail, code=f"export_{job.status}", status=409)


class ExportSerializer(serializers.ModelSerializer[ExportJob]):
    """One file and how far it is."""

    list = serializers.CharField(source="list_key")
    rows_done = serializers.SerializerMethodField(help_text="Rows written so far.")
    rows_total = serializers.IntegerField(
        allow_null=True, help_text="Rows in all; while it waits, as counted when it was asked for."
    )
    file = serializers.SerializerMethodField(help_text="Where it is fetched; empty until it is.")

    class Meta:
        model = ExportJob
        fields = [
            "id",
            "list",
            "title",
            "query",
            "format",
            "status",
            "rows_done",
            "rows_total",
            "file",
            "file_name",
            "file_bytes",
            "error",
            "requested_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_rows_done(self, job: ExportJob) -> int:
        """Return what the worker told last; it is in the cache while it writes."""
        progress = progress_of(job)
        return progress[0] if progress else job.rows_done

    def get_file(self, job: ExportJob) -> str:
        """Return the address of the finished file."""
        return reverse("export-file", args=[job.pk]) if job.status == ExportStatus.DONE else ""


class ExportRequestSerializer(serializers.Serializer[Any]):
    """Which list is written as what: its page's parameters narrow it."""

    list = serializers.CharField(max_length=40, help_text="A key of /exports/lists/.")
    format = serializers.ChoiceField([(kind.value, kind.name) for kind in Format])
    query = serializers.DictField(
        child=serializers.CharField(max_length=_LONGEST_VALUE),
        default=dict,
        help_text="Parameters as in the address of the list's page; everything when empty.",
    )


class ExportListSerializer(serializers.Serializer[Any]):
    """A list that can be written out."""

    key = serializers.CharField()
    title = serializers.CharField()
    page = serializers.CharField(
        source="path",
        help_text="Its page, which takes the same query; what stands in braces in the path is a "
        "parameter of the query too, which then has to name what the page is of.",
    )


class ExportViewSet(ReadOnlyViewSet):
    """One's own files, the newest first: asked for by POST, followed, then fetched for a week.

    What a list needs to be seen is needed to export it.
    """

    serializer_class = ExportSerializer
    queryset = ExportJob.objects.all()
    permission_classes = [IsAuthenticated]

    def get_queryset(self) -> QuerySet[ExportJob]:
        """Leave out the files of others."""
        rows: QuerySet[ExportJob] = super().get_queryset()
        return rows.filter(requested_by=self.request.user.pk)

    @extend_schema(
        request=ExportRequestSerializer,
        responses={202: ExportSerializer},
        parameters=[
            OpenApiParameter(
                "Location",
                str,
                OpenApiParameter.HEADER,
                response=[202],
                description="The export, to be read until its status is done.",
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Queue a file. 409: the list is too long for it; 429: too many are being written."""
        body = ExportRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            job = request_export(
                key=given["list"],
                query=given["query"],
                kind=Format(given["format"]),
                user=caller(request),
                now=timezone.now(),
            )
        except TooManyExports as refused:
            raise exceptions.Throttled(
                wait=refused.retry_after_seconds, detail=refused.detail
            ) from refused
        where = request.build_absolute_uri(reverse("export-detail", args=[job.pk]))
        return Response(ExportSerializer(job).data, status=202, headers={"Location": where})

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, url_name="file")
    def file(self, _request: Request, pk: str) -> FileResponse:
        """Fetch the file. 409 while it is not written, 404 once it is cleared away."""
        job: ExportJob = self.get_object()
        if job.status != ExportStatus.DONE:
            raise FileNotReady(job)
        return sent_file(job)

    @extend_schema(responses={200: ExportListSerializer(many=True)})
    @action(detail=False, pagination_class=None)
    def lists(self, request: Request) -> Response:
        """Return the lists that the caller may export."""
        return Response(ExportListSerializer(offered_to(caller(request)), many=True).data)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Send a file whatever the caller says it accepts: it has a kind of its own."""
        return super().perform_content_negotiation(request, force or self.action == "file")

    def get_throttles(self) -> list[Any]:
        """Count requests for work apart from reads."""
        return [TriggerRateThrottle()] if self.action == "create" else super().get_throttles()
