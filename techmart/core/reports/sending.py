"""Writes a report that is due and mails it. Each is sent once, however often the job runs."""

import logging
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from techmart.core.exports.limits import require_writable
from techmart.core.exports.registry import find
from techmart.core.exports.services import file_name, snapshot
from techmart.core.models import ReportDelivery
from techmart.core.reports.models import DeliveryStatus
from techmart.core.reports.services import take_due, waiting_deliveries
from techmart.core.shop import shop_settings
from techmart.lib import formats
from techmart.lib.export import Format, Table, write_file
from techmart.lib.locks import session_lock

logger = logging.getLogger(__name__)

# Domain 6.1: three tries, then an alert.
MOST_TRIES = 3
WAITS = (timedelta(minutes=2), timedelta(minutes=10))
# Beyond this a mail server refuses; the mail says where the list is instead.
LARGEST_ATTACHMENT = 15_000_000

# Sent with schedule and now: a report failed for good, or went out. Alerts listen.
report_failed = Signal()
report_sent = Signal()


def send_reports(*, now: datetime) -> int:
    """Send what is due; return how many mails went out."""
    take_due(now=now)
    return sum(_send(key, now=now) for key in waiting_deliveries(now=now))


def _send(delivery_id: int, *, now: datetime) -> bool:
    """Try one delivery. It is ours alone until the outcome is written, so that two workers never
    send it both; a worker that dies after the mail left and before that repeats the mail under
    the same Message-ID."""
    with session_lock(f"core.report.{delivery_id}") as is_free:
        delivery = (
            ReportDelivery.objects.select_related("schedule__owner")
            .filter(pk=delivery_id, status=DeliveryStatus.WAITING, next_try_at__lte=now)
            .first()
        )
        if not is_free or delivery is None:
            return False
        error = _attempt(delivery, now=now)
        _note(delivery, error, now=now)
    return delivery.status == DeliveryStatus.SENT


def _attempt(delivery: ReportDelivery, *, now: datetime) -> Exception | None:
    """Mail it; return what went wrong."""
    try:
        delivery.rows = _mail(delivery, now=now)
    except Exception as error:
        logger.exception("report %s was not delivered", delivery.schedule.name)
        return error
    return None


def _mail(delivery: ReportDelivery, *, now: datetime) -> int:
    """Write the file and send it; return its rows."""
    schedule = delivery.schedule
    with snapshot(), tempfile.TemporaryDirectory() as folder:
        listed = find(schedule.list_key, schedule.owner)
        table = listed.build(schedule.query, schedule.owner, now)
        kind = Format(schedule.format)
        require_writable(table, kind)
        path = Path(folder) / file_name(schedule.list_key, kind, now)
        write_file(table, path, kind)
        fits = path.stat().st_size <= LARGEST_ATTACHMENT
        mail = EmailMessage(
            subject=f"{shop_settings().name}: {schedule.name}",
            body=_words(table, delivery, attached=fits),
            to=list(delivery.recipients),
            headers={"Message-ID": delivery.message_id},
        )
        if fits:
            mail.attach(path.name, path.read_bytes(), kind.media_type.partition(";")[0])
    mail.send()
    return table.row_count


def _words(table: Table, delivery: ReportDelivery, *, attached: bool) -> str:
    facts = [f"{name}: {value}" for name, value in table.about]
    due = formats.moment(delivery.due_at, timezone.get_default_timezone(), seconds=False)
    lines = [f"{delivery.schedule.name}, due {due} ({settings.TIME_ZONE}).", "", *facts]
    if not attached:
        lines += ["", "The file is too large for a mail: open the page above and export it."]
    return "\n".join(lines)


@transaction.atomic
def _note(delivery: ReportDelivery, error: Exception | None, *, now: datetime) -> None:
    """Write down what became of a try, and let it be known when that is final."""
    delivery.attempts += 1
    delivery.error = "" if error is None else (str(error) or type(error).__name__)[:500]
    if error is None:
        delivery.status, delivery.sent_at = DeliveryStatus.SENT, timezone.now()
        report_sent.send(sender=ReportDelivery, schedule=delivery.schedule, now=now)
    elif delivery.attempts < MOST_TRIES:
        delivery.next_try_at = now + WAITS[delivery.attempts - 1]
    else:
        delivery.status = DeliveryStatus.FAILED
        report_failed.send(
            sender=ReportDelivery, schedule=delivery.schedule, now=now, error=delivery.error
        )
    delivery.save(update_fields=["attempts", "error", "status", "sent_at", "next_try_at", "rows"])
