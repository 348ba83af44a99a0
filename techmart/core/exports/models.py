"""A list that a worker writes out."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from techmart.lib.export import Format


class ExportStatus(models.TextChoices):
    """How far a file is."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Being written"
    DONE = "done", "Ready"
    FAILED = "failed", "Failed"


UNFINISHED = (ExportStatus.QUEUED, ExportStatus.RUNNING)


class ExportJob(models.Model):
    """One file that somebody asked for. query: the address's parameters, as the page has them."""

    list_key = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    query = models.JSONField(default=dict)
    format = models.CharField(max_length=4, choices=[(kind.value, kind.name) for kind in Format])
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    requested_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=ExportStatus, default=ExportStatus.QUEUED)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    # Of a file being written: a sign of life of its worker.
    progressed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    file_name = models.CharField(max_length=120, blank=True)
    file_bytes = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "export_jobs"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ExportStatus.values), name="export_jobs_status"
            ),
        ]
        indexes = [
            # One person's files, newest first.
            models.Index(fields=["requested_by", "-requested_at"], name="idx_exports_person"),
            # What is unfinished or old: the clearing up.
            models.Index(fields=["requested_at"], name="idx_exports_requested"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.format}"
