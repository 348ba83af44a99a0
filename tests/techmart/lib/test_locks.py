"""Named locks of a session."""

import threading

import pytest
from django.apps import apps
from django.db import connection

from techmart.lib.locks import early_lock, lock_key, session_lock, wait_for_lock


@pytest.mark.django_db(transaction=True)
def test_one_session_holds_a_lock_and_another_waits_for_its_end() -> None:
    order: list[str] = []
    started = threading.Event()

    def other() -> None:
        try:
            with session_lock("things") as free:
                order.append(f"free: {free}")
            started.set()
            wait_for_lock("things")
            order.append("waited")
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    with session_lock("things") as held:
        assert held
        thread.start()
        assert started.wait(10)
        # It waits without a statement that runs: nothing that is built concurrently waits for it.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            assert cursor.fetchone()[0] == 0
        order.append("done")
    thread.join(10)

    assert order == ["free: False", "done", "waited"]
    wait_for_lock("things")
    assert lock_key("things") != lock_key("other things")


@pytest.mark.django_db(transaction=True)
def test_a_lock_on_a_connection_of_its_own_keeps_others_out_until_it_ends() -> None:
    with early_lock("things"), session_lock("things") as free:
        assert not free
    with session_lock("things") as free:
        assert free


def test_a_lock_can_be_held_before_the_applications_are_loaded(
    django_db_setup: None, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setattr(apps, "ready", False)

    with early_lock("things"):
        pass

    assert not recwarn.list
