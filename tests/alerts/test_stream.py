"""The sequence: no gap, nothing twice, nothing lost, nothing shown to the wrong person."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

from alerts import stream
from alerts.choices import Topic
from alerts.models import AlertEvent, EventStream
from alerts.services import clear_alert, events_after, publish
from alerts.stream import current_heads, number_events, renew_epochs, stream_states, trim_events
from techmart.core.models import User
from tests.alerts.factories import NOON, at, make_alert, make_user


def publish_sale(number: int, *, audience: str = "", topic: Topic = Topic.TRANSACTIONS) -> None:
    publish(
        topic=topic,
        kind="recorded",
        payload={"number": number},
        audience=audience,
        subject_kind="transaction",
        subject_id=number,
        now=at(number),
    )


def head_of(topic: Topic) -> int:
    return EventStream.objects.get(topic=topic).head


@pytest.fixture
def reader() -> User:
    return make_user("reader@example.com", "alerts.view_alert")


@pytest.mark.django_db
def test_each_topic_has_a_sequence_of_its_own() -> None:
    for number in range(3):
        publish_sale(number)
    publish_sale(9, topic=Topic.STOCK)

    number_events()

    rows = AlertEvent.objects.order_by("id").values_list("topic", "seq")
    assert list(rows) == [
        ("transactions", 1),
        ("transactions", 2),
        ("transactions", 3),
        ("stock", 1),
    ]
    assert [(head.topic, head.head) for head in current_heads()] == [
        ("alerts", 0),
        ("dashboard", 0),
        ("stock", 1),
        ("transactions", 3),
    ]


@pytest.mark.django_db
def test_numbering_again_changes_nothing() -> None:
    publish_sale(1)
    number_events()
    number_events()

    assert head_of(Topic.TRANSACTIONS) == 1


@pytest.mark.django_db
def test_more_than_a_batch_is_numbered_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BATCH", 1)
    for number in range(5):
        publish_sale(number)

    number_events()

    assert list(AlertEvent.objects.order_by("id").values_list("seq", flat=True)) == [1, 2, 3, 4, 5]
    assert head_of(Topic.TRANSACTIONS) == 5


@pytest.mark.django_db
def test_a_reader_pages_from_its_cursor(reader: User) -> None:
    for number in range(5):
        publish_sale(number)
    number_events()

    first = events_after(topic=Topic.TRANSACTIONS, after=0, epoch=None, user=reader, limit=3)
    second = events_after(
        topic=Topic.TRANSACTIONS, after=first.cursor, epoch=first.epoch, user=reader, limit=3
    )
    third = events_after(
        topic=Topic.TRANSACTIONS, after=second.cursor, epoch=first.epoch, user=reader, limit=3
    )

    assert [event.seq for event in first.events] == [1, 2, 3]
    assert (first.cursor, first.head, first.reset) == (3, 5, False)
    assert [event.subject_id for event in second.events] == [3, 4]
    assert second.cursor == 5
    assert (third.events, third.cursor, third.reset) == ((), 5, False)


@pytest.mark.django_db
def test_a_reader_without_a_cursor_is_given_the_head(reader: User) -> None:
    publish_sale(1)
    number_events()

    page = events_after(topic=Topic.TRANSACTIONS, after=None, epoch=None, user=reader)

    assert (page.events, page.cursor, page.reset) == ((), 1, False)


@pytest.mark.django_db
def test_an_event_carries_what_is_shown_of_an_alert(reader: User) -> None:
    make_alert(title="Socks are low", message="3 left", path="/inventory/products/S1/")
    number_events()

    (event,) = events_after(topic=Topic.ALERTS, after=0, epoch=None, user=reader).events

    assert (event.kind, event.severity, event.title, event.message, event.url) == (
        "opened",
        "medium",
        "Socks are low",
        "3 left",
        "/inventory/products/S1/",
    )
    assert (event.subject_kind, event.subject_id, event.at) == ("product", 7, NOON)


@pytest.mark.django_db
def test_hidden_events_are_skipped_and_the_cursor_passes_them(reader: User) -> None:
    publish_sale(1)
    publish_sale(2, audience="transactions.view_transaction")
    publish_sale(3)
    publish_sale(4, audience="transactions.view_transaction")
    number_events()
    cashier = make_user("cashier@example.com", "transactions.view_transaction")
    chief = make_user("chief@example.com", is_superuser=True)

    page = events_after(topic=Topic.TRANSACTIONS, after=0, epoch=None, user=reader, limit=2)
    rest = events_after(topic=Topic.TRANSACTIONS, after=page.cursor, epoch=None, user=reader)

    assert [event.seq for event in page.events] == [1, 3]
    assert page.cursor == 3
    assert (rest.events, rest.cursor) == ((), 4)
    for user in (cashier, chief):
        seen = events_after(topic=Topic.TRANSACTIONS, after=0, epoch=None, user=user).events
        assert [event.seq for event in seen] == [1, 2, 3, 4]


@pytest.mark.django_db
def test_alerts_need_the_permission_to_view_them() -> None:
    make_alert()
    number_events()
    nobody = make_user("nobody@example.com")

    page = events_after(topic=Topic.ALERTS, after=0, epoch=None, user=nobody)

    assert (page.events, page.cursor, page.head) == ((), 1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("after", "epoch"), [(9, None), (1, "00000000-0000-0000-0000-000000000000")]
)
def test_a_cursor_from_elsewhere_gets_a_reset(reader: User, after: int, epoch: str | None) -> None:
    publish_sale(1)
    publish_sale(2)
    number_events()

    page = events_after(topic=Topic.TRANSACTIONS, after=after, epoch=epoch, user=reader)

    assert page.reset
    assert (page.events, page.cursor, page.head) == ((), 2, 2)


@pytest.mark.django_db
def test_an_old_cursor_gets_a_reset_after_retention_and_a_newer_one_goes_on(reader: User) -> None:
    publish_sale(0)
    publish_sale(1)
    publish_sale(60)
    number_events()
    a_month_later = at(30) + timedelta(days=30)

    assert trim_events(now=a_month_later) == 0  # rows leave a run later than their cursors
    assert trim_events(now=a_month_later) == 2

    old = events_after(topic=Topic.TRANSACTIONS, after=1, epoch=None, user=reader)
    newer = events_after(topic=Topic.TRANSACTIONS, after=2, epoch=None, user=reader)
    assert (old.reset, old.cursor) == (True, 3)
    assert (newer.reset, [event.seq for event in newer.events]) == (False, [3])


@pytest.mark.django_db
def test_the_history_of_an_alert_outlives_the_stream() -> None:
    alert = make_alert()
    make_alert(now=at(1))
    clear_alert(dedupe_key=alert.dedupe_key, now=at(2))
    number_events()

    for _ in range(2):
        trim_events(now=NOON + timedelta(days=31))

    kinds = AlertEvent.objects.filter(alert=alert).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["opened", "resolved"]


@pytest.mark.django_db
def test_the_state_of_a_topic_says_what_is_left_to_do() -> None:
    publish_sale(1)
    number_events()
    publish_sale(2)
    publish_sale(3)

    states = {state.topic: state for state in stream_states()}

    assert states["transactions"].head == 1
    assert (states["transactions"].unnumbered, states["transactions"].unsent) == (2, 1)
    assert (states["alerts"].unnumbered, states["alerts"].unsent) == (0, 0)


@pytest.mark.django_db
def test_the_command_after_a_restore_renews_every_epoch() -> None:
    before = {head.epoch for head in current_heads()}

    call_command("renew_event_epochs", stdout=StringIO())

    assert before.isdisjoint(head.epoch for head in current_heads())


@pytest.mark.django_db
def test_a_new_epoch_resets_every_cursor(reader: User) -> None:
    publish_sale(1)
    number_events()
    before = events_after(topic=Topic.TRANSACTIONS, after=1, epoch=None, user=reader)

    renew_epochs()

    page = events_after(topic=Topic.TRANSACTIONS, after=1, epoch=before.epoch, user=reader)
    assert page.reset
    assert page.epoch != before.epoch


@pytest.mark.django_db
def test_a_lost_stream_goes_on_at_its_highest_number(reader: User) -> None:
    publish_sale(1)
    number_events()
    old = EventStream.objects.get(topic=Topic.TRANSACTIONS).epoch
    EventStream.objects.all().delete()

    publish_sale(2)
    number_events()

    page = events_after(topic=Topic.TRANSACTIONS, after=1, epoch=str(old), user=reader)
    assert page.reset
    assert page.head == 2


@pytest.mark.django_db(transaction=True)
def test_a_smaller_id_that_commits_later_is_numbered_later(reader: User) -> None:
    first_written = threading.Event()
    may_commit = threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                publish_sale(1)
                first_written.set()
                assert may_commit.wait(timeout=10)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(slow)
        assert first_written.wait(timeout=10)
        publish_sale(2)
        number_events()
        early = events_after(topic=Topic.TRANSACTIONS, after=0, epoch=None, user=reader)
        may_commit.set()
        done.result(timeout=10)
    number_events()

    late = events_after(topic=Topic.TRANSACTIONS, after=early.cursor, epoch=None, user=reader)
    assert [event.subject_id for event in early.events] == [2]
    assert [(event.seq, event.subject_id) for event in late.events] == [(2, 1)]


class Writers:
    """Commits sales after random delays, from many connections; one in ten is rolled back."""

    def __init__(self, *, writers: int, sales_each: int) -> None:
        self.writers = writers
        self.sales_each = sales_each
        self.committed: list[int] = []
        self.done = threading.Event()

    def write(self, writer: int) -> None:
        chance = random.Random(writer)
        for n in range(self.sales_each):
            number = writer * self.sales_each + n
            kept = chance.random() >= 0.1
            with transaction.atomic(), connection.cursor() as cursor:
                publish_sale(number)
                cursor.execute("SELECT pg_sleep(%s)", [chance.uniform(0, 0.02)])
                transaction.set_rollback(not kept)
            if kept:
                self.committed.append(number)
        connections.close_all()

    def sequence(self) -> None:
        while not self.done.is_set():
            number_events()
        connections.close_all()

    def read(self, reader: User) -> list[tuple[int, int | None]]:
        """Poll as a page does, and once more when everything is over."""
        seen: list[tuple[int, int | None]] = []
        cursor = 0
        while True:
            over = self.done.is_set()
            page = events_after(
                topic=Topic.TRANSACTIONS, after=cursor, epoch=None, user=reader, limit=7
            )
            seen += [(event.seq, event.subject_id) for event in page.events]
            cursor = page.cursor
            if over and cursor == page.head:
                connections.close_all()
                return seen


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_sequencers_leave_no_gap_and_lose_nothing(reader: User) -> None:
    stress = Writers(writers=8, sales_each=40)

    with ThreadPoolExecutor(12) as pool:
        writing = [pool.submit(stress.write, writer) for writer in range(stress.writers)]
        others = [pool.submit(stress.sequence) for _ in range(3)]
        reading = pool.submit(stress.read, reader)
        try:
            for each in writing:
                each.result(timeout=60)
            # Nobody holds a topic for ever: what is committed now is numbered before the end.
            while AlertEvent.objects.unnumbered(Topic.TRANSACTIONS).exists():
                number_events()
        finally:
            stress.done.set()
        for other in others:
            other.result(timeout=60)
        seen = reading.result(timeout=60)

    assert 0 < len(stress.committed) < 8 * 40
    assert [seq for seq, _ in seen] == list(range(1, len(stress.committed) + 1))
    assert sorted(number or 0 for _, number in seen) == sorted(stress.committed)
