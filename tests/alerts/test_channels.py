"""Channels: made, changed, switched and tested by people, on pages that keep their secrets."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.choices import AlertKind, Severity
from alerts.models import Delivery, NotificationChannel
from alerts.notifying import channels
from alerts.notifying.channels import ChannelRefused, StaleChannel, TestTooSoon
from alerts.notifying.models import ChannelKind, DeliveryState
from alerts.notifying.services import route, send_due
from techmart.core.models import AuditEntry, User
from tests.alerts.factories import at, make_alert, make_user
from tests.alerts.test_notifying import Receiver
from tests.mail_server import running_mail_server
from tests.pages import htmx, is_page, signed_in, text_of

pytestmark = pytest.mark.django_db

LIST = "/alerts/channels/"
VIEW, ADD, CHANGE = (f"alerts.{act}_notificationchannel" for act in ("view", "add", "change"))
FIELDS: dict[str, Any] = {
    "name": "Night shift",
    "address": "night@example.com",
    "severity_from": Severity.HIGH,
    "kinds": [],
    "is_escalation": False,
}


@pytest.fixture
def ops() -> User:
    return make_user("ops@example.com", VIEW, ADD, CHANGE)


@pytest.fixture
def page(client: Client, ops: User) -> Client:
    client.force_login(ops, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_HOSTS = True
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def make(ops: User, kind: ChannelKind = ChannelKind.MAIL, **fields: Any) -> NotificationChannel:
    return channels.create_channel(kind=kind, fields=FIELDS | fields, actor=ops, now=at(0))


def test_each_change_counts_and_is_written_down_without_the_secret(ops: User) -> None:
    channel = make(ops, ChannelKind.WEBHOOK, address="https://example.com/hook")
    first = channel.secret
    changed = channels.change_channel(
        channel_id=channel.pk,
        fields=FIELDS | {"address": "https://example.org/", "kinds": [AlertKind.STOCK_OUT]},
        version=1,
        actor=ops,
        now=at(1),
    )
    off = channels.switch_channel(
        channel_id=channel.pk, active=False, version=2, actor=ops, now=at(2)
    )
    renewed = channels.renew_secret(channel_id=channel.pk, version=3, actor=ops, now=at(3))

    assert (changed.version, off.version, renewed.version) == (2, 3, 4)
    assert (off.active, renewed.address) == (False, "https://example.org/")
    assert len(renewed.secret) >= 43
    assert renewed.secret != first
    entries = list(AuditEntry.objects.filter(subject_kind="notification_channel").order_by("pk"))
    assert [entry.action.split(".")[1] for entry in entries] == [
        *("create", "change", "switch", "renew_secret")
    ]
    assert (entries[1].before["kinds"], entries[1].after["kinds"]) == ([], ["stock.out"])
    assert {entry.actor for entry in entries} == {ops}
    written = str([(entry.before, entry.after) for entry in entries])
    assert first not in written
    assert renewed.secret not in written


@pytest.mark.parametrize("version", [0, 2])
def test_what_somebody_else_changed_is_not_overwritten(ops: User, version: int) -> None:
    key = make(ops).pk

    with pytest.raises(StaleChannel):
        channels.change_channel(
            channel_id=key, fields=FIELDS, version=version, actor=ops, now=at(1)
        )
    with pytest.raises(StaleChannel):
        channels.switch_channel(channel_id=key, active=False, version=version, actor=ops, now=at(1))
    assert NotificationChannel.objects.get().active


@pytest.mark.parametrize(
    ("kind", "address", "words"),
    [
        (ChannelKind.MAIL, "https://example.com/", "valid email"),
        (ChannelKind.WEBHOOK, "night@example.com", "Give a whole address"),
        (ChannelKind.WEBHOOK, "ftp://example.com/", "Give a whole address"),
    ],
)
def test_an_address_that_does_not_fit_is_refused(
    ops: User, kind: ChannelKind, address: str, words: str
) -> None:
    with pytest.raises(ChannelRefused) as refused:
        make(ops, kind, address=address)

    [error] = refused.value.errors
    assert error.field == "address"
    assert words in error.message
    assert not NotificationChannel.objects.exists()


def test_plain_http_is_taken_only_where_private_hosts_may_be_reached(
    ops: User, settings: Any
) -> None:
    settings.WEBHOOK_PRIVATE_HOSTS = False
    with pytest.raises(ChannelRefused, match="begins with https"):
        make(ops, ChannelKind.WEBHOOK, address="http://example.com/hook")

    settings.WEBHOOK_PRIVATE_HOSTS = True
    assert make(ops, ChannelKind.WEBHOOK, address="http://127.0.0.1:8000/hook").pk


def test_neither_test_nor_alert_reaches_a_host_of_the_house(
    ops: User, receiver: Receiver, settings: Any
) -> None:
    channel = make(ops, ChannelKind.WEBHOOK, address=receiver.url, severity_from=Severity.INFO)
    NotificationChannel.objects.update(address=receiver.url.replace("http:", "https:"))
    settings.WEBHOOK_PRIVATE_HOSTS = False
    make_alert()
    route(now=at(1))

    tested = channels.send_test(channel_id=channel.pk, actor=ops, now=at(1))
    assert send_due(now=at(1)) == 0

    told = "The host is not on the public internet, where alone messages may go."
    assert tested.error == told
    assert set(Delivery.objects.values_list("error", flat=True)) == {told}
    assert receiver.got == []


def test_a_name_is_taken_once(ops: User) -> None:
    make(ops)
    with pytest.raises(ChannelRefused, match="There is a channel named Night shift already"):
        make(ops)


def test_only_a_webhook_has_a_secret_to_renew(ops: User) -> None:
    with pytest.raises(ChannelRefused, match="Only a webhook is signed"):
        channels.renew_secret(channel_id=make(ops).pk, version=1, actor=ops, now=at(1))


def test_a_test_goes_out_at_once_and_once(ops: User, settings: Any) -> None:
    channel = make(ops)
    channels.switch_channel(channel_id=channel.pk, active=False, version=1, actor=ops, now=at(0))

    with running_mail_server(settings) as box:
        result = channels.send_test(channel_id=channel.pk, actor=ops, now=at(1))
        with pytest.raises(TestTooSoon):
            channels.send_test(channel_id=channel.pk, actor=ops, now=at(1) + timedelta(seconds=9))
        assert send_due(now=at(5)) == 0

    [(recipients, letter)] = box.letters
    assert recipients == ["night@example.com"]
    assert letter["Subject"] == "Test message to Night shift"
    assert (result.error, Delivery.objects.get().state) == ("", DeliveryState.SENT)
    assert AuditEntry.objects.filter(action="notification_channel.test").count() == 1


def test_a_test_that_fails_says_why_and_is_not_tried_again(ops: User, receiver: Receiver) -> None:
    channel = make(ops, ChannelKind.WEBHOOK, address=receiver.url)
    receiver.answer = 500

    result = channels.send_test(channel_id=channel.pk, actor=ops, now=at(1))

    assert result.error == "The receiver answered 500."
    assert Delivery.objects.get().state == DeliveryState.FAILED
    assert send_due(now=at(60)) == 0
    assert len(receiver.got) == 1


def test_a_test_delays_no_alert(ops: User) -> None:
    channel = make(ops, severity_from=Severity.INFO)
    make_alert()
    channels.send_test(channel_id=channel.pk, actor=ops, now=at(0.9))

    assert route(now=at(1)) == 1


def test_the_list_is_a_page_and_a_fragment_of_those_who_may(page: Client, ops: User) -> None:
    make(ops, kinds=[AlertKind.STOCK_OUT, AlertKind.STOCK_LOW, AlertKind.PO_LATE])

    assert is_page(page.get(LIST))
    fragment = page.get(LIST, **htmx("alerts-channels"))
    assert not is_page(fragment)
    words = text_of(fragment)
    assert "Mail to night@example.com: Out of stock, Low stock and 1 more from high" in words
    assert "None yet" in words

    viewer = text_of(signed_in(VIEW).get(LIST))
    assert "Night shift" in viewer
    assert "Turn off" not in viewer
    assert "New channel" not in viewer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", f"{LIST}new/"),
        ("post", f"{LIST}new/"),
        ("get", f"{LIST}1/"),
        ("post", f"{LIST}1/"),
        ("post", f"{LIST}1/switch/"),
        ("post", f"{LIST}1/secret/"),
        ("post", f"{LIST}1/test/"),
    ],
)
def test_who_may_only_look_changes_nothing(method: str, path: str) -> None:
    assert getattr(signed_in(VIEW), method)(path).status_code == 403
    assert signed_in("alerts.view_alert", email="a@example.test").get(LIST).status_code == 403


def test_a_webhook_shows_its_secret_on_the_next_page_and_never_again(page: Client) -> None:
    sent = FIELDS | {"kind": "webhook", "address": "https://example.com/hook"}

    answer = page.post(f"{LIST}new/", sent)

    channel = NotificationChannel.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}{channel.pk}/")
    other = page.get(LIST)
    once, later = page.get(answer["Location"]), page.get(answer["Location"])
    assert once["Cache-Control"] == "private, no-store"
    assert channel.secret in once.content.decode()
    for response in (other, later):
        assert channel.secret not in response.content.decode()

    answer = page.post(f"{LIST}{channel.pk}/secret/", {"version": "1", "next": LIST})
    renewed = NotificationChannel.objects.get().secret
    assert renewed != channel.secret
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}{channel.pk}/")
    assert renewed in page.get(answer["Location"]).content.decode()
    assert renewed not in page.get(answer["Location"]).content.decode()
    assert renewed not in str(dict(page.session))


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 5000])
def test_a_version_that_is_none_changes_nothing(page: Client, ops: User, version: str) -> None:
    channel = make(ops)

    answer = page.post(f"{LIST}{channel.pk}/switch/", {"version": version}, follow=True)

    assert answer.status_code == 200
    channel.refresh_from_db()
    assert channel.active


def test_who_may_not_change_channels_makes_none() -> None:
    maker = signed_in(VIEW, "alerts.add_notificationchannel")

    assert f"{LIST}new/" not in maker.get(LIST).content.decode()
    assert maker.get(f"{LIST}new/").status_code == 403


def test_a_wrong_form_comes_back_with_what_was_written(page: Client, ops: User) -> None:
    sent = FIELDS | {"kind": "webhook", "address": "night@example.com", "kinds": ["stock.out"]}
    response = page.post(f"{LIST}new/", sent, **htmx("alerts-channel-form"))

    assert response.status_code == 422
    assert not is_page(response)
    html = response.content.decode()
    assert "Give a whole address" in html
    assert 'value="night@example.com"' in html
    assert re.search(r'value="stock\.out" checked', html)

    unknown = page.post(f"{LIST}new/", FIELDS | {"kind": "pigeon", "kinds": ["stock.gone"]})
    assert unknown.status_code == 422
    assert "stock.gone is not one of the available choices" in text_of(unknown)
    assert not NotificationChannel.objects.exists()

    key = make(ops).pk
    stale = page.post(f"{LIST}{key}/", FIELDS | {"name": "Day shift", "version": "7"})
    assert stale.status_code == 409
    assert "Somebody changed this channel" in text_of(stale)
    assert 'value="Day shift"' in stale.content.decode()
    assert page.get(f"{LIST}{key + 1}/").status_code == 404


def test_a_channel_is_changed_and_turned_off_on_its_pages(page: Client, ops: User) -> None:
    key = make(ops).pk
    sent = FIELDS | {"name": "Day shift", "severity_from": "low", "version": "1"}

    changed = page.post(f"{LIST}{key}/", sent, **htmx("alerts-channel-form"))
    assert (changed.status_code, changed["HX-Redirect"]) == (204, f"{LIST}{key}/")
    page.post(f"{LIST}{key}/switch/", {"version": "1", "active": "0"})
    stale = text_of(page.get(LIST))
    assert "Somebody changed this channel" in stale
    page.post(f"{LIST}{key}/switch/", {"version": "2", "active": "0"})

    channel = NotificationChannel.objects.get()
    assert (channel.name, channel.severity_from, channel.active) == ("Day shift", "low", False)
    # Kind and secret are no part of the form.
    page.post(f"{LIST}{key}/", sent | {"kind": "webhook", "secret": "mine", "version": "3"})
    kept = NotificationChannel.objects.get()
    assert (kept.kind, kept.secret, kept.version) == (ChannelKind.MAIL, channel.secret, 4)


def test_a_test_says_on_the_page_what_became_of_it(
    page: Client, ops: User, receiver: Receiver
) -> None:
    key = make(ops, ChannelKind.WEBHOOK, address=receiver.url).pk
    receiver.answer = 404

    answer = page.post(f"{LIST}{key}/test/", {"next": f"{LIST}{key}/"})
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}{key}/")
    told = text_of(page.get(answer["Location"]))
    assert "did not take the test message" in told
    assert told.count("The receiver answered 404.") == 2
    assert "Not accepted" in text_of(page.get(LIST))

    page.post(f"{LIST}{key}/test/")
    assert "less than 10 seconds ago" in text_of(page.get(LIST))
    Delivery.objects.update(created_at=at(0))
    receiver.answer = 204
    page.post(f"{LIST}{key}/test/")
    assert "took the test message" in text_of(page.get(LIST))
    assert len(receiver.got) == 2


def test_the_list_asks_as_often_for_many_channels_as_for_one(
    page: Client, ops: User, django_assert_num_queries: Any
) -> None:
    for number in range(12):
        channel = make(ops, name=f"Team {number}")
        Delivery.objects.create(
            channel=channel,
            recipient=channel.recipient,
            group="stock.out",
            episodes=[],
            payload={},
            next_attempt_at=at(0),
            created_at=at(number),
        )
    page.get(LIST)
    fragment = htmx("alerts-channels")
    with django_assert_num_queries(2 + _BESIDE):
        assert "Waiting" in text_of(page.get(LIST, **fragment))


# Session, person and the two of their permissions.
_BESIDE = 4
