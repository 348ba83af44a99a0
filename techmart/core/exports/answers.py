"""Files as answers, for pages and API."""

from django.http import FileResponse, Http404

from techmart.core.exports.models import ExportJob
from techmart.core.exports.services import path_of
from techmart.lib.export import Format

_KEPT_NOWHERE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


def attachment(name: str) -> dict[str, str]:
    """Return the headers of a file that is saved under a name, and kept nowhere else."""
    return {"Content-Disposition": f'attachment; filename="{name}"', **_KEPT_NOWHERE}


def sent_file(job: ExportJob | None) -> FileResponse:
    """Return the file of a job that is done. Raises Http404 when it is gone."""
    try:
        file = None if job is None else path_of(job).open("rb")
    except FileNotFoundError:
        file = None
    if job is None or file is None:
        raise Http404("This file is not there any more.")
    return FileResponse(
        file,
        as_attachment=True,
        filename=job.file_name,
        content_type=Format(job.format).media_type,
        headers=_KEPT_NOWHERE,
    )
