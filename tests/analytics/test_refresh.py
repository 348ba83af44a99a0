"""Refreshing views: runs, locks, what follows a fold, what a person may ask for."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from kombu.exceptions import OperationalError as BrokerAway

from alerts.choices import Topic
from alerts.models import AlertEvent
from analytics import refresh
from analytics.choices import RefreshStatus, View
from analytics.models import DashboardOverview, HourlySales, RefreshRun, RollupState, TopProduct
from analytics.refresh import (
    CHANGE,
    VIEW_PLANS,
    RefreshTooSoon,
    latest_run,
    manual_progress,
    purge_old_runs,
    refresh_after_fold,
    refresh_due_views,
    refresh_view,
    request_refresh,
    view_as_of,
    views_due_after_changes,
)
from analytics.rollups import fold
from techmart.core.models import User
from techmart.lib.cache import Tag, data_version, get_or_compute
from techmart.lib.cache.entry import CacheEntry
from techmart.lib.locks import lock_key
from tests.analytics.factories import NOW, make_sale
from tests.analytics.threads import in_thread

pytestmark = pytest.mark.django_db

AT_ONCE = {View.DASHBOARD_OVERVIEW, View.HOURLY_SALES}
SLOWER = {View.CATEGORY_DAILY, View.INVENTORY_HEALTH, View.TOP_PRODUCTS}


@pytest.fixture
def person() -> User:
    return User.objects.create_user("manager@example.test")


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the views sent to a worker, instead of asking a broker."""
    views: list[str] = []

    def send_task(name: str, **options: object) -> None:
        kwargs = options["kwargs"]
        assert isinstance(kwargs, dict)
        views.append(kwargs["view"])

    monkeypatch.setattr("analytics.refresh.current_app.send_task", send_task)
    return views


@pytest.mark.parametrize("view", View)
def test_each_view_refreshes_concurrently(view: View) -> None:
    run = refresh_view(view, now=NOW, triggered_by="test")

    assert (run.status, run.error, run.concurrently) == (RefreshStatus.DONE, "", True)
    assert run.finished_at is not None
    assert NOW <= run.started_at <= run.finished_at
    assert RefreshRun.objects.get() == run


@pytest.mark.parametrize("view", View)
def test_each_view_has_a_full_unique_index_on_columns_that_are_never_null(view: View) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.indkey::int[], i.indpred IS NULL AND i.indexprs IS NULL
            FROM pg_index AS i WHERE i.indrelid = %s::regclass AND i.indisunique
            """,
            [view.value],
        )
        [(columns, plain)] = cursor.fetchall()

    assert plain
    assert columns


def test_a_view_that_was_never_filled_is_filled_plainly() -> None:
    with connection.cursor() as cursor:
        cursor.execute("REFRESH MATERIALIZED VIEW top_products_mv WITH NO DATA")

    run = refresh_view(View.TOP_PRODUCTS, now=NOW)

    assert (run.status, run.concurrently) == (RefreshStatus.DONE, False)
    assert TopProduct.objects.count() == 0


def test_a_refresh_that_fails_says_so_and_raises_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX top_products_mv_key")

    run = refresh_view(View.TOP_PRODUCTS, now=NOW)

    assert run.status == RefreshStatus.FAILED
    assert "concurrently" in run.error
    assert latest_run(View.TOP_PRODUCTS) is None


@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_is_running_is_not_started_again() -> None:
    statuses: list[str] = []
    with transaction.atomic(), connection.cursor() as cursor:
        key = lock_key(f"refresh-{View.TOP_PRODUCTS}")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])

        in_thread(lambda: statuses.append(refresh_view(View.TOP_PRODUCTS, now=NOW).status)).join()

    assert statuses == [RefreshStatus.SKIPPED]


def test_a_refresh_tells_pages_and_purges_what_it_feeds() -> None:
    entry = CacheEntry("test:top", ttl=60, tags=(Tag.SALES,))
    get_or_compute(entry, {}, lambda: "old")
    stock = data_version(Tag.STOCK)

    refresh_view(View.TOP_PRODUCTS, now=NOW)

    assert get_or_compute(entry, {}, lambda: "new").value == "new"
    assert data_version(Tag.STOCK) == stock
    event = AlertEvent.objects.get()
    assert (event.topic, event.kind) == (Topic.DASHBOARD, "refreshed")
    assert event.payload == {"views": ["top_products_mv"]}


def test_what_a_fold_changed_is_refreshed_at_once_and_told_once() -> None:
    make_sale(at=NOW)

    runs = refresh_after_fold(fold(now=NOW), now=NOW)

    assert {View(run.view) for run in runs} == AT_ONCE
    assert {run.triggered_by for run in runs} == {CHANGE}
    assert AlertEvent.objects.count() == 1


def test_a_fold_that_changed_nothing_refreshes_nothing() -> None:
    assert refresh_after_fold(fold(now=NOW), now=NOW) == []
    assert not RefreshRun.objects.exists()


def test_slower_views_follow_a_change_after_their_gap() -> None:
    for view in View:
        refresh_view(view, now=NOW)
    assert views_due_after_changes(now=NOW + timedelta(hours=1)) == []

    make_sale()
    fold(now=NOW)

    # The shortest gap is 30 s, of the top products.
    assert views_due_after_changes(now=NOW + timedelta(seconds=29)) == []
    assert views_due_after_changes(now=NOW + timedelta(seconds=31)) == [View.TOP_PRODUCTS]
    runs = refresh_due_views(now=NOW + timedelta(minutes=5))
    assert {View(run.view) for run in runs} == SLOWER
    assert views_due_after_changes(now=NOW + timedelta(hours=1)) == []


def test_unchanged_data_stay_fresh() -> None:
    make_sale()
    fold(now=NOW)
    refresh_view(View.TOP_PRODUCTS, now=NOW)
    at_refresh = view_as_of(View.TOP_PRODUCTS)

    fold(now=NOW)
    state = RollupState.objects.get()
    assert view_as_of(View.TOP_PRODUCTS) == state.folded_through
    assert at_refresh is not None
    assert state.folded_through > at_refresh

    make_sale()
    fold(now=NOW)
    # It lacks that sale, so it is as old as its refresh.
    assert view_as_of(View.TOP_PRODUCTS) == at_refresh


def test_a_view_never_refreshed_has_no_age() -> None:
    assert view_as_of(View.TOP_PRODUCTS) is None


def test_a_person_gets_new_numbers_at_once(person: User, sent: list[str]) -> None:
    # The windows of the view end with the database's own clock.
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - interval '1 minute'")
        at = cursor.fetchone()[0]
    make_sale(at=at)

    done = request_refresh(person=person, now=at)

    assert DashboardOverview.objects.get().transactions_24h == 1
    assert HourlySales.objects.get().lines == 1
    assert {View(run.view) for run in done.runs} == AT_ONCE
    assert set(sent) == {view.value for view in SLOWER}


def test_a_person_may_ask_once_in_five_seconds(person: User) -> None:
    request_refresh(person=person, now=NOW)

    with pytest.raises(RefreshTooSoon) as refused:
        request_refresh(person=person, now=NOW + timedelta(seconds=2))

    assert (refused.value.wait, refused.value.status) == (3, 429)
    request_refresh(person=person, now=NOW + timedelta(seconds=5))


def test_one_person_does_not_hold_up_another(person: User) -> None:
    other = User.objects.create_user("other@example.test")
    request_refresh(person=person, now=NOW)

    request_refresh(person=other, now=NOW)


def test_without_a_broker_the_schedule_brings_the_rest(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise BrokerAway

    monkeypatch.setattr("analytics.refresh.current_app.send_task", away)

    done = request_refresh(person=person, now=NOW)

    assert list(done.queued) == []
    assert {View(run.view) for run in done.runs} == AT_ONCE


def test_progress_of_a_manual_refresh(person: User) -> None:
    request_refresh(person=person, now=NOW)
    begun = manual_progress(person=person, since=NOW)

    for view in SLOWER:
        refresh_view(view, now=NOW + timedelta(seconds=1), triggered_by=person.email)
    ended = manual_progress(person=person, since=NOW)

    assert (set(begun.done), set(begun.waiting), begun.finished) == (AT_ONCE, SLOWER, False)
    assert (set(ended.done), set(ended.waiting), ended.finished) == (AT_ONCE | SLOWER, set(), True)


def test_old_runs_go_and_the_newest_success_stays() -> None:
    def run(days: int, triggered_by: str, status: str = RefreshStatus.DONE) -> RefreshRun:
        at = NOW - timedelta(days=days)
        return RefreshRun.objects.create(
            view=View.TOP_PRODUCTS,
            status=status,
            started_at=at,
            finished_at=at,
            triggered_by=triggered_by,
        )

    run(90, refresh.SCHEDULE)
    newest = run(40, refresh.SCHEDULE)
    run(3, CHANGE, RefreshStatus.FAILED)
    kept = run(3, refresh.SCHEDULE, RefreshStatus.FAILED)

    assert purge_old_runs(now=NOW) == 2

    assert set(RefreshRun.objects.all()) == {newest, kept}


def test_every_view_has_a_plan() -> None:
    assert set(VIEW_PLANS) == set(View)
