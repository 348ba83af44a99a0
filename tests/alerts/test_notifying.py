"""Alerts that leave the house, through a real mail server and a real web server."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from alerts.choices import AlertKind, Severity
from alerts.models import Delivery, NotificationChannel
from alerts.notifying.models import ChannelKind, DeliveryState
from alerts.notifying.services import route, send_again, send_due, trim_deliveries
from alerts.notifying.silences import SilenceRefused, end_silence, in_force, silence
from alerts.services import acknowledge
from techmart.core.choices import AlertLevel
from techmart.core.models import AuditEntry, User
from tests.alerts.factories import at, make_alert, make_analyst, make_user
from tests.mail_server import running_mail_server

pytestmark = pytest.mark.django_db


def make_channel(**fields: Any) -> NotificationChannel:
    given = {"name": "Night shift", "kind": ChannelKind.MAIL, "address": "night@example.com"}
    return NotificationChannel.objects.create(**given | {"severity_from": Severity.INFO} | fields)


class Receiver:
    """A web server that keeps what it is sent. answer: the status it answers with."""

    def __init__(self) -> None:
        self.got: list[tuple[Message, bytes]] = []
        self.answer = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.headers, body))
                self.send_response(receiver.answer)
                if receiver.answer == 302:
                    self.send_header("Location", "/elsewhere/")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_HOSTS = True
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def test_one_mail_tells_of_a_kind_and_is_not_written_twice(settings: Any) -> None:
    make_channel()
    make_alert("stock.low:1", title="Low stock: Tea", path="/inventory/products/TEA/")
    make_alert("stock.low:2", title="Low stock: Milk", severity=Severity.HIGH)

    assert route(now=at(1)) == 1
    assert route(now=at(1)) == 0
    with running_mail_server(settings) as box:
        assert send_due(now=at(1)) == 1
        assert send_due(now=at(2)) == 0

    [(recipients, letter)] = box.letters
    assert recipients == ["night@example.com"]
    assert letter["Subject"] == "2 alerts: Low stock"
    text = letter.get_content()
    assert text.index("HIGH  Low stock: Milk") < text.index("MEDIUM  Low stock: Tea")
    assert str(Delivery.objects.get().pk) in letter["Message-ID"]


def test_what_somebody_has_taken_on_still_hides_what_it_stands_for() -> None:
    make_channel()
    make_alert("stock.soon:1", kind=AlertKind.STOCK_SOON)
    late = make_alert("po.late:7", kind=AlertKind.PO_LATE, facts={"hides": ["stock.soon:1"]})
    assert route(now=at(1)) == 1

    acknowledge(alert_id=late.pk, actor=make_analyst(), now=at(2))

    assert route(now=at(3)) == 0
    assert [each.group for each in Delivery.objects.all()] == ["po.late"]


def test_people_are_mailed_what_their_profile_asks_for_and_may_see(settings: Any) -> None:
    make_analyst()
    User.objects.update(mail_from=AlertLevel.HIGH)
    make_user("nobody@example.com", mail_from=AlertLevel.INFO)  # may not see alerts
    make_alert("a", title="Grave", severity=Severity.HIGH)
    make_alert("b", title="Slight", severity=Severity.LOW)
    make_alert(
        "c", title="Secret", severity=Severity.HIGH, audience="transactions.view_transaction"
    )

    route(now=at(1))
    with running_mail_server(settings) as box:
        send_due(now=at(1))

    [(recipients, letter)] = box.letters
    assert (recipients, letter["Subject"]) == (["ana@example.com"], "Grave")


def test_a_webhook_is_signed_over_time_and_body(receiver: Receiver) -> None:
    channel = make_channel(kind=ChannelKind.WEBHOOK, address=receiver.url)
    make_alert(title="Low stock: Tea")
    route(now=at(1))

    send_due(now=at(1))

    [(headers, body)] = receiver.got
    signed = headers["X-TechMart-Timestamp"].encode() + b"." + body
    expected = hmac.new(channel.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-TechMart-Signature"] == f"v1={expected}"
    told = json.loads(body)
    assert told["id"] == headers["X-TechMart-Delivery"] == str(Delivery.objects.get().pk)
    assert [alert["title"] for alert in told["alerts"]] == ["Low stock: Tea"]


@pytest.mark.parametrize("status", [500, 302])
def test_a_receiver_that_does_not_accept_is_tried_again_later(
    receiver: Receiver, status: int
) -> None:
    make_channel(kind=ChannelKind.WEBHOOK, address=receiver.url)
    make_alert()
    route(now=at(1))
    receiver.answer = status

    assert send_due(now=at(1)) == 0
    assert send_due(now=at(1.4)) == 0
    assert len(receiver.got) == 1
    receiver.answer = 200
    assert send_due(now=at(1.5)) == 1

    assert len({headers["X-TechMart-Delivery"] for headers, _ in receiver.got}) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.error) == (DeliveryState.SENT, 2, "")


def test_after_a_day_it_is_given_up_and_can_be_sent_again(receiver: Receiver) -> None:
    make_channel(kind=ChannelKind.WEBHOOK, address=receiver.url)
    make_alert()
    route(now=at(1))
    receiver.answer = 500
    for hours in range(1, 25):
        send_due(now=at(60 * hours))

    delivery = Delivery.objects.get()
    assert delivery.state == DeliveryState.FAILED
    assert "500" in delivery.error
    receiver.answer = 200
    send_again(delivery_id=str(delivery.pk), now=at(60 * 30))
    assert send_due(now=at(60 * 30)) == 1


def test_what_is_acknowledged_or_silenced_is_not_sent() -> None:
    ana = make_analyst()
    make_channel()
    taken = make_alert("a", title="Taken")
    acknowledge(alert_id=taken.pk, actor=ana, now=at(0))
    make_alert("b", title="Quiet", subject_id=9)
    silence(
        kind="stock.low",
        subject_kind="product",
        subject_id=9,
        reason="Moved to the new store",
        until=at(60),
        actor=ana,
        now=at(0),
    )

    assert route(now=at(1)) == 0
    assert route(now=at(61)) == 1
    assert Delivery.objects.get().payload["alerts"][0]["title"] == "Quiet"


def test_nobody_to_tell_reads_no_alerts(django_assert_num_queries: Any) -> None:
    make_alert()

    # Savepoint, channels, people, release.
    with django_assert_num_queries(4):
        assert route(now=at(1)) == 0


@pytest.mark.parametrize(
    ("reason", "until", "field"),
    [(" ", at(60), "reason"), ("Why", at(0), "until"), ("Why", at(30 * 1440 + 1), "until")],
)
def test_a_silence_needs_a_reason_and_an_end_within_a_month(
    reason: str, until: Any, field: str
) -> None:
    with pytest.raises(SilenceRefused) as refused:
        silence(kind="", reason=reason, until=until, actor=make_analyst(), now=at(0))

    assert [error.field for error in refused.value.errors] == [field]


def test_a_silence_can_be_ended_and_both_are_kept_in_the_history() -> None:
    ana = make_analyst()
    row = silence(kind="po.late", reason="Strike", until=at(60), actor=ana, now=at(0))
    assert list(in_force(now=at(1))) == [row]

    end_silence(silence_id=row.pk, actor=ana, now=at(2))

    assert not in_force(now=at(3))
    actions = AuditEntry.objects.order_by("pk").values_list("action", "reason")
    assert list(actions) == [("alerts.silence", "Strike"), ("alerts.end_silence", "Strike")]


def test_old_deliveries_are_let_go() -> None:
    make_channel()
    make_alert()
    route(now=at(1))
    Delivery.objects.update(state=DeliveryState.SENT)

    assert trim_deliveries(now=at(1) + timedelta(days=30)) == 0
    assert trim_deliveries(now=at(2) + timedelta(days=30)) == 1
