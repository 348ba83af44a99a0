"""What the page of a person's files shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from techmart.core.exports.models import UNFINISHED, ExportJob, ExportStatus
from techmart.core.exports.services import KEPT_FOR, progress_of
from techmart.core.models import User
from techmart.lib import formats

SHOWN = 50
_TONES = {ExportStatus.DONE: "good", ExportStatus.FAILED: "bad"}


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file. percent: 0..100 while it is written and that is known, else None."""

    pk: int
    title: str
    format: str
    asked_at: datetime
    state: str
    tone: str
    detail: str
    percent: int | None
    download_url: str
    again_url: str


def files_context(user: User) -> dict[str, Any]:
    """Return a person's newest files; `waiting` says that some are not ready."""
    jobs = ExportJob.objects.filter(requested_by=user).order_by("-requested_at", "-pk")[:SHOWN]
    rows = [_row(job) for job in jobs]
    return {
        "page_url": reverse("exports:list"),
        "rows": rows,
        "waiting": any(job.status in UNFINISHED for job in jobs),
        "kept_days": KEPT_FOR.days,
    }


def _row(job: ExportJob) -> FileRow:
    progress = progress_of(job)
    percent = round(100 * progress[0] / progress[1]) if progress and progress[1] else None
    if job.status == ExportStatus.DONE:
        size = f"{job.file_bytes / 1e6:.1f} MB"
        detail = f"{formats.count(job.rows_total)} rows, {size}"
    elif progress:
        detail = f"{formats.count(progress[0])} of {formats.count(progress[1])} rows"
    else:
        detail = job.error
    return FileRow(
        pk=job.pk,
        title=job.title,
        format=job.format.upper(),
        asked_at=job.requested_at,
        state=ExportStatus(job.status).label,
        tone=_TONES.get(ExportStatus(job.status), "info"),
        detail=detail,
        percent=percent,
        download_url=reverse("exports:download", args=[job.pk])
        if job.status == ExportStatus.DONE
        else "",
        again_url=reverse("exports:again", args=[job.pk])
        if job.status == ExportStatus.FAILED
        else "",
    )
