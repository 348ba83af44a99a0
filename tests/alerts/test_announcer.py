"""Announcements: the last head always, twice a second at most, and no harm when none arrives."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer

from alerts import announcer
from alerts.announcer import GROUP, deliver
from alerts.choices import Topic
from alerts.models import EventStream
from alerts.services import publish
from alerts.stream import Head
from tests.alerts.factories import NOON, make_alert

HALF_A_SECOND = timedelta(milliseconds=500)


class Sent(list[Head]):
    """Stands in for the channel layer, and can refuse."""

    fails = False

    def __call__(self, heads: list[Head]) -> bool:
        if not self.fails:
            self.extend(heads)
        return not self.fails


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    announcements = Sent()
    monkeypatch.setattr(announcer, "announce", announcements)
    return announcements


def publish_on(topic: Topic) -> None:
    publish(topic=topic, kind="moved", payload={}, now=NOON)


@pytest.mark.django_db
def test_what_was_committed_is_numbered_and_announced(sent: Sent) -> None:
    publish_on(Topic.STOCK)
    make_alert()

    assert deliver(now=NOON) is None

    assert {(head.topic, head.head) for head in sent} == {("stock", 1), ("alerts", 1)}
    epochs = {str(stream.epoch) for stream in EventStream.objects.all()}
    assert {head.epoch for head in sent} <= epochs


@pytest.mark.django_db
def test_nothing_new_is_not_announced(sent: Sent) -> None:
    publish_on(Topic.STOCK)
    deliver(now=NOON)
    sent.clear()

    assert deliver(now=NOON + timedelta(seconds=5)) is None
    assert sent == []


@pytest.mark.django_db
def test_a_burst_is_announced_twice_a_second_and_ends_with_its_last_head(sent: Sent) -> None:
    again_in: float | None = None
    for tenth in range(11):  # one second of commits, a tenth apart
        publish_on(Topic.STOCK)
        again_in = deliver(now=NOON + timedelta(milliseconds=100 * tenth))
    assert [head.head for head in sent] == [1, 6, 11]
    assert again_in is None

    publish_on(Topic.STOCK)
    assert deliver(now=NOON + timedelta(milliseconds=1100)) == 0.5
    assert deliver(now=NOON + timedelta(milliseconds=1500)) is None
    assert sent[-1].head == 12


@pytest.mark.django_db
def test_one_topic_does_not_wait_for_another(sent: Sent) -> None:
    publish_on(Topic.STOCK)
    deliver(now=NOON)
    publish_on(Topic.STOCK)
    publish_on(Topic.DASHBOARD)

    deliver(now=NOON + timedelta(milliseconds=100))

    assert [head.topic for head in sent] == ["stock", "dashboard"]


@pytest.mark.django_db
def test_what_could_not_be_sent_is_sent_by_a_later_sweep(sent: Sent) -> None:
    sent.fails = True
    publish_on(Topic.STOCK)
    assert deliver(now=NOON) is None  # no retry of its own

    sent.fails = False
    deliver(now=NOON + HALF_A_SECOND)

    assert [(head.topic, head.head) for head in sent] == [("stock", 1)]


@pytest.mark.django_db
def test_a_clock_that_is_ahead_does_not_silence_the_others(sent: Sent) -> None:
    publish_on(Topic.STOCK)
    deliver(now=NOON + timedelta(hours=1))
    publish_on(Topic.STOCK)

    deliver(now=NOON)

    assert [head.head for head in sent] == [1, 2]


HEAD = Head("stock", 4, "5f2b0c62-0000-4000-8000-000000000000")


def test_an_announcement_reaches_the_group() -> None:
    async def listen() -> dict[str, Any]:
        layer = channel_layers["default"]
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        sent = await asyncio.to_thread(announcer.announce, [HEAD])
        assert sent
        async with asyncio.timeout(5):
            message: dict[str, Any] = await layer.receive(channel)
        await layer.group_discard(GROUP, channel)
        return message

    assert async_to_sync(listen)() == {
        "type": "heads.moved",
        "heads": [{"topic": "stock", "head": 4, "epoch": HEAD.epoch}],
    }


def test_a_layer_that_is_away_is_no_error() -> None:
    layer = RedisPubSubChannelLayer(hosts=["unix:///nowhere/queue.sock"])
    usual = channel_layers["default"]
    channel_layers.set("default", layer)
    try:
        assert not announcer.announce([HEAD])
    finally:
        channel_layers.set("default", usual)


def test_a_process_looks_no_more_often_than_a_topic_may_be_announced() -> None:
    assert announcer._runner.gap_seconds == announcer.ANNOUNCE_GAP.total_seconds()
