"""Value lists: what is added, what ends, and what is refused."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from techmart.core.models import AuditEntry
from techmart.core.problems import Refusal
from tests.transactions.factories import NOW
from tests.transactions.rules.rules import author
from transactions.models import RuleStamp, ValueList, ValueListEntry
from transactions.services import rules
from transactions.services.rules.lists import Added, live_entries

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def _make(**fields: Any) -> ValueList:
    values: dict[str, Any] = {
        "key": "watch",
        "name": "Watch list",
        "kind": "country",
        "reason": "",
        "actor": author(),
        "now": NOW,
    }
    return rules.create_list(**values | fields)


def _add(*values: str, until: datetime | None = None, now: datetime = NOW) -> Added:
    return rules.add_values(
        key="watch", values=values, expires_at=until, reason="Seen", actor=author(), now=now
    )


def _end(*values: str, now: datetime = LATER) -> int:
    return rules.end_values(key="watch", values=values, reason="", actor=author(), now=now)


def _refused(act: Callable[[], object]) -> list[tuple[str, str, int | None]]:
    with pytest.raises(Refusal) as refusal:
        act()
    return [(error.field, error.code, error.row) for error in refusal.value.errors]


def _standing(now: datetime) -> set[str]:
    entries = live_entries(ValueList.objects.get(), now=now)
    return set(entries.values_list("value", flat=True))


def test_values_stand_from_their_entry_until_they_end() -> None:
    _make()

    assert _add("fr", " DE ", "FR", until=LATER) == Added(added=2, changed=0, unchanged=0)

    entry = ValueListEntry.objects.get(value="FR")
    assert (entry.added_at, entry.expires_at, entry.reason) == (NOW, LATER, "Seen")
    assert _standing(NOW) == {"FR", "DE"}
    assert _standing(LATER) == set()


def test_a_value_that_stands_takes_the_new_end() -> None:
    _make()
    _add("FR", "DE", until=LATER)

    assert _add("FR", "IT") == Added(added=1, changed=1, unchanged=0)
    assert _add("IT") == Added(added=0, changed=0, unchanged=1)
    assert _standing(LATER) == {"FR", "IT"}
    assert ValueListEntry.objects.count() == 3


def test_what_ended_is_remembered_and_may_come_back() -> None:
    _make()
    _add("FR")

    assert _end("fr") == 1

    assert _standing(LATER) == set()
    assert ValueListEntry.objects.get().expires_at == LATER
    assert _add("FR", now=LATER + timedelta(hours=1)).added == 1
    assert list(
        AuditEntry.objects.filter(subject_kind="value_list")
        .order_by("pk")
        .values_list("action", flat=True)
    ) == ["value_list.make", "value_list.add", "value_list.end", "value_list.add"]


def test_all_values_are_taken_or_none() -> None:
    _make()

    refused = _refused(lambda: _add("FR", "France", " ", until=NOW))

    assert refused == [
        ("values", "invalid", 1),
        ("values", "invalid", 2),
        ("expires_at", "past", None),
    ]
    assert not ValueListEntry.objects.exists()


def test_only_what_stands_can_end() -> None:
    _make()
    _add("FR")

    assert _refused(lambda: _end("FR", "DE")) == [("values", "unknown", None)]
    assert _standing(LATER) == {"FR"}
    assert _refused(lambda: _add()) == [("values", "required", None)]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"key": "Watch List"}, ("key", "invalid", None)),
        ({"key": "taken"}, ("key", "taken", None)),
        ({"name": ""}, ("name", "required", None)),
        ({"name": "Taken"}, ("name", "taken", None)),
        ({"kind": "colour"}, ("kind", "unknown", None)),
        ({"reason": "x" * 501}, ("reason", "too_long", None)),
    ],
)
def test_a_list_without_its_parts_is_refused(changes: dict[str, Any], error: Any) -> None:
    _make(key="taken", name="Taken")

    assert _refused(lambda: _make(**changes)) == [error]


def test_each_kind_has_its_spelling() -> None:
    _make(key="mail", name="Mail", kind="email_domain")
    rules.add_values(
        key="mail", values=["Mail.Example"], expires_at=None, reason="", actor=author(), now=NOW
    )

    assert ValueListEntry.objects.get().value == "mail.example"


def test_every_change_of_a_list_renews_the_stamp() -> None:
    _make()
    _add("FR")
    first = RuleStamp.objects.get().stamp
    _end("FR")

    assert RuleStamp.objects.get().stamp != first


def test_an_unknown_list_is_said() -> None:
    with pytest.raises(rules.UnknownRule):
        _add("FR")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("card", "0123456789abcdef0123456789abcdef", "4111111111111111"),
        ("address", "0123456789ABCDEF0123456789abcdef", "1 High Street"),
        ("email", "AnnaLee@example.com", "annalee"),
        ("limit", "499.99", "499.999"),
        ("limit", "500", "0"),
    ],
)
def test_values_of_a_kind_have_its_form(kind: str, good: str, bad: str) -> None:
    _make(kind=kind)

    assert _refused(lambda: _add(bad)) == [("values", "invalid", 0)]
    assert _add(good).added == 1
    assert _standing(NOW) == {good.lower()}


def test_a_list_is_watched_if_so_made() -> None:
    assert not _make(key="plain", name="Plain").watched
    assert _make(watched=True).watched
    assert _refused(lambda: _make(key="l", name="L", kind="limit", watched=True)) == [
        ("watched", "invalid", None)
    ]
