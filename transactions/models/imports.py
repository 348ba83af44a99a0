"""Files taken in, one row a run."""

from django.db import models
from django.utils import timezone

from transactions.choices import (
    ImportKind,
    ImportStatus,
)


class ImportRun(models.Model):
    """One import, with its progress and what became of every line."""

    kind = models.CharField(max_length=10, choices=ImportKind)
    source = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=8, choices=ImportStatus, default=ImportStatus.RUNNING)
    lines_total = models.PositiveIntegerField(default=0)
    lines_done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    # Where a resumable load stands.
    state = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "import_runs"
        indexes = [
            # Newest run of a kind: the loading notice and the health page.
            models.Index(fields=["kind", "-started_at"], name="idx_import_runs_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"
