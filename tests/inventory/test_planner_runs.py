"""Runs of the planner: one at a time, asked for, lost, failed."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from inventory.choices import RunKind, RunStatus
from inventory.models import (
    ForecastRun,
    InventoryPrediction,
)
from inventory.planner import (
    RunRefused,
    Scope,
    request_run,
    update_inventory_predictions,
)
from techmart.core.models import Outbox
from techmart.lib.locks import lock_key
from tests.inventory.factories import NOW, make_user
from tests.inventory.planned import steady_product

pytestmark = pytest.mark.django_db


def test_a_run_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    steady_product()
    monkeypatch.setattr("inventory.planner.predictions.predict", lambda *_args, **_kwargs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        update_inventory_predictions(now=NOW)

    run = ForecastRun.objects.get()
    assert run.status == RunStatus.FAILED
    assert run.error == "ZeroDivisionError: division by zero"


def test_a_second_run_at_the_same_time_is_skipped() -> None:
    steady_product()
    settings = connection.get_connection_params()
    known = {"dbname", "user", "password", "host", "port"}
    with psycopg.connect(**{key: settings[key] for key in known & set(settings)}) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock_key("inventory.predictions")])

        run = update_inventory_predictions(now=NOW)

    assert run.status == RunStatus.SKIPPED
    assert not InventoryPrediction.objects.exists()


def test_a_run_whose_worker_was_lost_is_failed_by_the_next() -> None:
    lost = ForecastRun.objects.create(kind=RunKind.PREDICTIONS, as_of=NOW)

    update_inventory_predictions(now=NOW)

    lost.refresh_from_db()
    assert (lost.status, lost.error) == (RunStatus.FAILED, "Its worker was lost.")


def test_a_run_that_a_person_asks_for_is_queued_and_taken_up() -> None:
    product = steady_product()
    other = steady_product()
    actor = make_user()

    run = request_run(
        kind=RunKind.PREDICTIONS, scope=Scope(product_ids=(product.pk,)), actor=actor, now=NOW
    )

    message = Outbox.objects.get()
    assert (run.status, run.products_total, run.triggered_by) == ("queued", 1, "Planner")
    assert message.payload["task"] == "inventory.update_inventory_predictions"
    assert message.payload["kwargs"] == {"run_id": run.pk}

    taken_up = update_inventory_predictions(now=NOW, run_id=run.pk)

    assert (taken_up.pk, taken_up.status) == (run.pk, RunStatus.DONE)
    assert InventoryPrediction.objects.get().product == product
    assert not InventoryPrediction.objects.filter(product=other).exists()


def test_a_run_delivered_twice_is_done_once() -> None:
    steady_product()
    run = request_run(kind=RunKind.PREDICTIONS, scope=Scope(), actor=make_user(), now=NOW)
    update_inventory_predictions(now=NOW, run_id=run.pk)
    InventoryPrediction.objects.update(model="kept")

    update_inventory_predictions(now=NOW, run_id=run.pk)

    assert InventoryPrediction.objects.get().model == "kept"


def test_the_whole_range_runs_every_five_minutes_at_most() -> None:
    actor = make_user()
    update_inventory_predictions(now=NOW)

    with pytest.raises(RunRefused) as refused:
        request_run(
            kind=RunKind.PREDICTIONS, scope=Scope(), actor=actor, now=NOW + timedelta(minutes=4)
        )

    assert refused.value.retry_after_seconds == 60
    request_run(
        kind=RunKind.PREDICTIONS, scope=Scope(), actor=actor, now=NOW + timedelta(minutes=5)
    )
    with pytest.raises(RunRefused):
        request_run(
            kind=RunKind.PREDICTIONS, scope=Scope(), actor=actor, now=NOW + timedelta(minutes=11)
        )
    # Suggestions have a rate of their own.
    request_run(kind=RunKind.SUGGESTIONS, scope=Scope(), actor=actor, now=NOW)


def test_parts_run_six_times_a_minute_at_most() -> None:
    actor = make_user()
    for second in range(6):
        request_run(
            kind=RunKind.PREDICTIONS,
            scope=Scope(category="Tea"),
            actor=actor,
            now=NOW + timedelta(seconds=second),
        )

    with pytest.raises(RunRefused) as refused:
        request_run(
            kind=RunKind.PREDICTIONS,
            scope=Scope(category="Tea"),
            actor=actor,
            now=NOW + timedelta(seconds=10),
        )

    assert refused.value.retry_after_seconds == 50
    assert ForecastRun.objects.count() == 6
