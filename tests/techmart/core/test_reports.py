"""Reports by mail: due times, once each, through a real mail server, and what a failure leaves."""

import email
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from email.message import Message
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client

from alerts.choices import LIVE_STATES, AlertKind
from alerts.models import Alert
from techmart.core.exports import limits
from techmart.core.models import ReportDelivery, ReportSchedule, User
from techmart.core.reports import sending, services
from techmart.core.reports.due_times import next_due
from techmart.core.reports.models import DeliveryStatus, Frequency
from techmart.core.reports.sending import send_reports
from techmart.lib.export import Format, write_file
from techmart.lib.locks import session_lock
from tests.alerts.factories import make_user
from tests.analytics.factories import make_sale

ZONE = ZoneInfo("America/New_York")
# A Tuesday, noon in New York.
NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Postbox:
    """Takes mail, or refuses it."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Message]] = []
        self.refuses = False

    async def handle_DATA(  # noqa: N802  aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.refuses:
            return "451 Try again later"
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append((list(envelope.rcpt_tos), email.message_from_bytes(content)))
        return "250 OK"


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    yield box
    server.stop()


@pytest.fixture
def ana(db: None) -> User:
    return make_user(
        "ana@example.com",
        "transactions.view_transaction",
        "core.view_reportschedule",
        "core.change_reportschedule",
    )


def fields(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Yesterday's sales",
        "list_key": "transactions",
        "query": {"store": "S1"},
        "format": "csv",
        "recipients": ["chief@example.com", "ana@example.com"],
        "frequency": Frequency.DAILY,
        "weekday": 0,
        "day_of_month": 1,
        "at": time(7, 30),
    } | changes


def make_report(user: User, now: datetime = NOW, **changes: Any) -> ReportSchedule:
    return services.create_report(fields=fields(**changes), actor=user, now=now)


def due(after: datetime, **changes: Any) -> datetime:
    given: dict[str, Any] = {
        "frequency": Frequency.DAILY,
        "at": time(7, 30),
        "weekday": 0,
        "day_of_month": 1,
        "zone": ZONE,
    }
    return next_due(after, **{**given, **changes})


def test_due_times_follow_the_shops_clock() -> None:
    assert due(NOW) == datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
    assert due(NOW, at=time(12, 1)) == datetime(2026, 11, 24, 17, 1, tzinfo=UTC)
    assert due(NOW, at=time(12, 0)) == datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
    weekly = due(NOW, frequency=Frequency.WEEKLY, weekday=0)
    assert weekly == datetime(2026, 11, 30, 12, 30, tzinfo=UTC)
    monthly = due(NOW, frequency=Frequency.MONTHLY, day_of_month=31)
    assert monthly == datetime(2026, 11, 30, 12, 30, tzinfo=UTC)
    # Over the change of clocks on 8 March 2026 it stays 7:30.
    assert due(datetime(2026, 3, 7, 20, tzinfo=UTC)) == datetime(2026, 3, 8, 11, 30, tzinfo=UTC)
    # 2:30 does not exist on that day: an hour later.
    night = due(datetime(2026, 3, 8, 5, tzinfo=UTC), at=time(2, 30))
    assert night.astimezone(ZONE).time() == time(3, 30)


def test_a_table_of_the_analytics_pages_is_sent_with_its_comparison(
    ana: User, postbox: Postbox
) -> None:
    make_report(ana, list_key="analytics-overview-sales", query={"period": "7d"})

    assert send_reports(now=NOW + DAY) == 1

    [(_, mail)] = postbox.mails
    body, attached = list(mail.walk())[1:]
    payload = body.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert "compared with" in payload.decode()
    assert str(attached.get_filename()).startswith("analytics-overview-sales-")


def test_a_list_too_long_for_its_file_is_not_sent_and_says_why(
    ana: User, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.MOST_ROWS, Format.CSV, 0)
    make_sale(at=NOW, store="S1")
    make_report(ana)

    assert send_reports(now=NOW + DAY) == 0

    assert postbox.mails == []
    assert "are too many for CSV" in ReportDelivery.objects.get().error


def test_a_report_goes_out_once_with_what_the_screen_shows(ana: User, postbox: Postbox) -> None:
    kept = make_sale(at=NOW, store="S1", price="20.00")
    make_sale(at=NOW, store="S2", price="99.00")
    make_report(ana)

    assert send_reports(now=NOW + timedelta(minutes=1)) == 0
    assert send_reports(now=NOW + DAY) == 1
    assert send_reports(now=NOW + DAY) == 0
    assert send_reports(now=NOW + DAY + timedelta(minutes=1)) == 0

    [(to, mail)] = postbox.mails
    assert to == ["chief@example.com", "ana@example.com"]
    assert str(mail["Subject"]).endswith("Yesterday's sales")
    parts: list[Any] = list(mail.walk())[1:]
    body, attached = parts
    assert "Filter: Store S1" in body.get_payload()
    text = attached.get_payload(decode=True).decode()
    assert kept.reference in text
    assert "99.00" not in text
    delivery = ReportDelivery.objects.get()
    assert (delivery.status, delivery.rows, delivery.attempts) == (DeliveryStatus.SENT, 1, 1)
    assert mail["Message-ID"] == delivery.message_id


@pytest.mark.django_db(transaction=True)
def test_a_file_is_of_one_moment_and_no_transaction_waits_for_the_mail(
    ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sale(at=NOW, store="S1")
    make_report(ana)
    in_transaction = []

    def sell() -> None:
        make_sale(at=NOW, store="S1")
        connection.close()

    def write_late(*args: Any) -> None:
        # After the rows were counted and before they are read.
        with ThreadPoolExecutor(1) as other:
            other.submit(sell).result()
        write_file(*args)

    monkeypatch.setattr(sending, "write_file", write_late)
    monkeypatch.setattr(
        EmailMessage, "send", lambda _mail: in_transaction.append(connection.in_atomic_block)
    )

    assert send_reports(now=NOW + DAY) == 1
    assert ReportDelivery.objects.get().rows == 1
    assert in_transaction == [False]


@pytest.mark.django_db(transaction=True)
def test_what_another_worker_is_sending_is_left_to_it(ana: User, postbox: Postbox) -> None:
    make_report(ana)
    [delivery] = services.take_due(now=NOW + DAY)

    def send() -> int:
        try:
            return send_reports(now=NOW + DAY)
        finally:
            connection.close()

    with session_lock(f"core.report.{delivery.pk}"), ThreadPoolExecutor(1) as other:
        assert other.submit(send).result() == 0
    assert postbox.mails == []
    assert send_reports(now=NOW + DAY) == 1


def test_what_fell_due_while_nothing_ran_is_sent_once(ana: User, postbox: Postbox) -> None:
    schedule = make_report(ana)

    send_reports(now=NOW + 5 * DAY)

    assert len(postbox.mails) == 1
    schedule.refresh_from_db()
    assert ReportDelivery.objects.get().due_at == datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
    assert schedule.next_due_at == datetime(2026, 11, 30, 12, 30, tzinfo=UTC)


def test_a_mail_that_is_refused_is_tried_again_and_then_told_of(
    ana: User, postbox: Postbox
) -> None:
    schedule = make_report(ana)
    postbox.refuses = True
    at = NOW + DAY

    assert send_reports(now=at) == 0
    assert send_reports(now=at + timedelta(minutes=1)) == 0
    delivery = ReportDelivery.objects.get()
    assert (delivery.attempts, delivery.status) == (1, DeliveryStatus.WAITING)
    assert "451" in delivery.error or "Try again later" in delivery.error
    send_reports(now=at + timedelta(minutes=3))
    send_reports(now=at + timedelta(minutes=14))

    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.status) == (3, DeliveryStatus.FAILED)
    [alert] = Alert.objects.filter(kind=AlertKind.REPORT_FAILED, state__in=LIVE_STATES)
    assert alert.path == f"/reports/{schedule.pk}/"

    postbox.refuses = False
    send_reports(now=at + DAY)
    assert len(postbox.mails) == 1
    assert not Alert.objects.filter(state__in=LIVE_STATES).exists()


def test_what_the_owner_may_not_see_any_more_is_not_sent(ana: User, postbox: Postbox) -> None:
    make_report(ana)
    ana.user_permissions.clear()

    send_reports(now=NOW + DAY)

    assert postbox.mails == []
    assert "You may not see the list Transactions" in ReportDelivery.objects.get().error


def test_a_paused_report_does_not_go_out_and_is_not_made_up_for(
    ana: User, postbox: Postbox
) -> None:
    schedule = make_report(ana)
    services.switch_report(report_id=schedule.pk, enabled=False, version=1, actor=ana, now=NOW)
    send_reports(now=NOW + 3 * DAY)
    services.switch_report(
        report_id=schedule.pk, enabled=True, version=2, actor=ana, now=NOW + 3 * DAY
    )
    send_reports(now=NOW + 3 * DAY)
    assert postbox.mails == []

    with pytest.raises(services.StaleReport):
        services.switch_report(report_id=schedule.pk, enabled=False, version=1, actor=ana, now=NOW)


def test_sending_again_is_a_delivery_of_its_own(
    ana: User, postbox: Postbox, client: Client
) -> None:
    make_report(ana)
    send_reports(now=NOW + DAY)
    first = ReportDelivery.objects.get()
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(f"/reports/deliveries/{first.pk}/again/")
    assert answer.status_code == 303
    send_reports(now=datetime.now(UTC))

    assert len(postbox.mails) == 2
    assert ReportDelivery.objects.filter(due_at=first.due_at).count() == 2
    assert len({mail["Message-ID"] for _, mail in postbox.mails}) == 2


TYPED = {
    "name": "Week",
    "list_key": "transactions",
    "query": "/transactions/?period=7d&basis=booked",
    "format": "xlsx",
    "recipients": "a@example.com, b@example.com a@example.com",
    "frequency": "weekly",
    "weekday": "0",
    "day_of_month": "1",
    "at": "07:30",
}


def test_the_pages_make_change_and_show_reports(ana: User, client: Client) -> None:
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    form = client.get("/reports/new/?list=transactions&query=q%3Dsocks").content.decode()
    assert 'value="q=socks"' in form

    assert client.post("/reports/new/", TYPED).status_code == 303
    schedule = ReportSchedule.objects.get()
    assert schedule.query == {"period": "7d", "basis": "booked"}
    assert schedule.recipients == ["a@example.com", "b@example.com"]
    page = client.get(f"/reports/{schedule.pk}/").content.decode()
    assert "Every week on Monday at 07:30" in page
    assert "/transactions/?basis=booked&amp;period=7d" in page

    changed = client.post(f"/reports/{schedule.pk}/", {**TYPED, "at": "18:00", "version": "1"})
    assert changed.status_code == 303
    stale = client.post(f"/reports/{schedule.pk}/", {**TYPED, "at": "19:00", "version": "1"})
    assert stale.status_code == 409
    assert "Somebody changed this report" in stale.content.decode()
    schedule.refresh_from_db()
    assert schedule.at == time(18, 0)
    assert "Week" in client.get("/reports/").content.decode()


def test_wrong_addresses_and_lists_are_named(ana: User, client: Client) -> None:
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    wrong = {**TYPED, "recipients": "a@example.com, nobody", "list_key": "inventory"}

    answer = client.post("/reports/new/", wrong)

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Not an e-mail address: nobody." in text
    assert "inventory is not one of the available choices" in text
    assert not ReportSchedule.objects.exists()


def test_reports_of_lists_out_of_reach_are_not_shown(ana: User, client: Client) -> None:
    schedule = make_report(ana)
    eve = make_user("eve@example.com", "core.view_reportschedule")
    client.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    assert "Yesterday" not in client.get("/reports/").content.decode()
    assert client.get(f"/reports/{schedule.pk}/").status_code == 404
