"""Asking for a file, writing it, and clearing away old ones."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from techmart.core import outbox
from techmart.core.exports.limits import require_writable
from techmart.core.exports.models import UNFINISHED, ExportJob, ExportStatus
from techmart.core.exports.registry import ExportList, Query, find
from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib.export import Format, Table, csv_lines, write_file
from techmart.lib.locks import session_lock

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)
# A file that takes longer has lost its worker.
LONGEST = timedelta(hours=2)
# One person's files that are not ready yet.
MOST_WAITING = 5
TOOK_TOO_LONG = "It was not finished in time. Narrow the filter, or take CSV, and ask again."
_TOLD_EVERY = 1_000
_PROGRESS_SECONDS = 3600


class TooManyExports(Refusal):
    """The person has as many files waiting as may wait at once."""

    retry_after_seconds = 10

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_WAITING} of your files are being written already. Wait for one of them.",
            code="too_many",
            status=429,
        )


@contextmanager
def snapshot() -> Iterator[None]:
    """See the database as of one moment: count, totals and rows of a file agree.

    Inside a transaction that is open already, as of that one.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def file_name(key: str, kind: Format, now: datetime) -> str:
    """Return a name that says what a file is, such as `transactions-20261124-1432.csv`."""
    return f"{key}-{timezone.localtime(now):%Y%m%d-%H%M}.{kind}"


def streamed_csv(key: str, query: Query, user: User, now: datetime) -> Iterator[bytes]:
    """Return a CSV file piece by piece, from one snapshot that lasts as long as the reading."""
    with snapshot():
        for piece in csv_lines(find(key, user).build(query, user, now)):
            yield piece.encode()


def request_export(
    *,
    key: str,
    query: Query,
    kind: Format,
    user: User,
    now: datetime,
    table: Table | None = None,
) -> ExportJob:
    """Leave a file to a worker. table: the list as it was built already.

    Raises NoSuchList, ListNotPermitted, ListTooLong, TooManyExports, and what building the list
    raises.
    """
    listed = find(key, user)
    if table is None:
        with snapshot():
            table = listed.build(query, user, now)
    require_writable(table, kind)
    return _queued(listed, query, kind, user, now, table=table)


@transaction.atomic
def _queued(
    listed: ExportList, query: Query, kind: Format, user: User, now: datetime, *, table: Table
) -> ExportJob:
    # One request of a person at a time, so that two cannot both be the last one allowed.
    User.objects.select_for_update().get(pk=user.pk)
    waiting = ExportJob.objects.filter(
        requested_by=user,
        status__in=UNFINISHED,
        requested_at__gt=now - LONGEST,
    )
    if waiting.count() >= MOST_WAITING:
        raise TooManyExports
    job = ExportJob.objects.create(
        list_key=listed.key,
        title=table.title if listed.subject else listed.title,
        query=dict(query),
        format=kind,
        requested_by=user,
        requested_at=now,
        rows_total=table.row_count,
        file_name=file_name(listed.key, kind, now),
    )
    outbox.add_task("core.write_export", kwargs={"job_id": job.pk}, queue="exports", now=now)
    return job


def write_export(*, job_id: int, now: datetime) -> ExportJob | None:
    """Write the file of a job. Run again, it writes it anew; a finished job is left alone, and so
    is one that another worker is writing.

    Returns the job, None when it is gone. What goes wrong is kept in the job, for the person.
    """
    with session_lock(f"core.export.{job_id}") as is_free:
        job = ExportJob.objects.select_related("requested_by").filter(pk=job_id).first()
        if is_free and job is not None and job.status != ExportStatus.DONE:
            _write(job, now=now)
    return job


def _write(job: ExportJob, *, now: datetime) -> None:
    job.status, job.started_at, job.error = ExportStatus.RUNNING, now, ""
    job.save(update_fields=["status", "started_at", "error"])
    path = path_of(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with snapshot():
            listed = find(job.list_key, job.requested_by)
            table = listed.build(job.query, job.requested_by, now)
            require_writable(table, Format(job.format))
            tell_progress(job.pk, 0, table.row_count)
            write_file(
                table,
                path,
                Format(job.format),
                lambda done: tell_progress(job.pk, done, table.row_count),
            )
    except SoftTimeLimitExceeded:
        logger.exception("export %s took too long", job.pk)
        job.error = TOOK_TOO_LONG
        job.status = ExportStatus.FAILED
    except Exception as error:
        logger.exception("export %s failed", job.pk)
        job.error = str(error)[:500] or type(error).__name__
        job.status = ExportStatus.FAILED
    else:
        job.status = ExportStatus.DONE
        job.rows_done = job.rows_total = table.row_count
        job.file_bytes = path.stat().st_size
    job.finished_at = timezone.now()
    job.save(
        update_fields=["status", "error", "rows_done", "rows_total", "file_bytes", "finished_at"]
    )


def path_of(job: ExportJob) -> Path:
    """Return where a job's file is."""
    return Path(settings.EXPORT_FOLDER) / f"{job.pk}.{job.format}"


def tell_progress(job_id: int, done: int, total: int) -> None:
    """Note how many rows are written, where the page that waits can read it.

    In the cache, since a snapshot writes nothing; without the cache the page shows no bar.
    """
    if done % _TOLD_EVERY == 0 or done == total:
        cache.set(f"export-progress:{job_id}", (done, total), _PROGRESS_SECONDS)


def progress_of(job: ExportJob) -> tuple[int, int] | None:
    """Return rows written and rows in all; None when it is not known."""
    if job.status != ExportStatus.RUNNING:
        return None
    told: tuple[int, int] | None = cache.get(f"export-progress:{job.pk}")
    return told


def clear_exports(*, now: datetime) -> int:
    """Remove files past their time, and give up those whose worker is gone; return how many."""
    lost = ExportJob.objects.filter(status__in=UNFINISHED, requested_at__lt=now - LONGEST)
    count = lost.update(
        status=ExportStatus.FAILED, error="It was not finished in time. Ask for it again."
    )
    for job in ExportJob.objects.filter(requested_at__lt=now - KEPT_FOR):
        path_of(job).unlink(missing_ok=True)
        job.delete()
        count += 1
    return count
