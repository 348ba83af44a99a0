"""Probes, figures and the operator's page."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.utils import timezone
from prometheus_client import values

from alerts import ops, queues
from alerts.choices import Topic
from alerts.models import Alert, JobHeartbeat
from alerts.queues import QueueServerAway
from alerts.services import publish
from alerts.stream import number_events
from analytics.choices import RefreshStatus, View
from analytics.drift import report_drift
from analytics.models import RefreshRun
from inventory.models import Product
from inventory.services.reconciliation import reconcile_ledger
from techmart.core.models import User
from techmart.health import probes, requests, watch
from techmart.health import views as health_views
from techmart.health.page import queue_rows, view_rows
from techmart.health.watch import Watch
from techmart.lib.cache.backend import default_backend
from tests.inventory.factories import make_product


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("root@example.test"))
    return client


@pytest.fixture
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the queue server away."""
    monkeypatch.setattr(settings, "BROKER_URL", "redis+socket:///nowhere/queue.sock")


@pytest.fixture
def fresh_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next look happen, whatever other tests did."""
    monkeypatch.setattr(health_views, "watch", Watch())


def test_the_process_answers_without_asking_anybody(client: Client) -> None:
    # No database mark: a query would fail this test.
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_names_every_part(client: Client) -> None:
    answer = client.get("/readyz")

    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["failing"]) == ("ready", [])
    assert list(body["checks"]) == ["database", "cache", "queue", "migrations"]
    assert all(check["ok"] for check in body["checks"].values())


@pytest.mark.django_db
def test_a_missing_migration_keeps_a_process_from_serving(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'core' AND name LIKE '0002%'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["failing"] == ["migrations"]
    assert answer.json()["checks"]["migrations"]["detail"] == "1 not applied"


@pytest.mark.django_db
def test_without_cache_and_queue_a_process_serves_on(
    client: Client, monkeypatch: pytest.MonkeyPatch, no_queue: None
) -> None:
    monkeypatch.setattr(probes, "ping_cache", lambda: False)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["failing"]) == ("degraded", ["cache", "queue"])


@pytest.mark.django_db
def test_readiness_reports_a_queue_that_no_worker_could(
    client: Client, no_queue: None, fresh_watch: None
) -> None:
    client.get("/readyz")

    assert Alert.objects.get().title == "The queue server does not answer"


@pytest.mark.django_db
def test_looking_is_limited_over_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    monkeypatch.setattr(ops, "evaluate", lambda now: looked.append(now))
    first, second = Watch(), Watch()
    now = timezone.now()

    # The second process is kept away by the cache, the first by its own clock.
    assert first.look(now=now)
    assert not second.look(now=now)
    default_backend().delete(watch._KEY)
    assert not first.look(now=now)
    assert Watch().look(now=now)
    assert looked == [now, now]


@override_settings(SECURE_SSL_REDIRECT=True)
def test_probes_are_answered_over_plain_http(client: Client, db: None) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/login/").status_code == 301


@pytest.mark.parametrize("path", ["/", "/api/v1/dashboard/"])
def test_a_database_that_goes_outside_a_view_is_answered_alike(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_args: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(SessionMiddleware, "process_request", gone)

    answer = Client(raise_request_exception=False).get(path)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"server closed" not in answer.content


def test_other_errors_stay_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(SessionMiddleware, "process_request", broken)

    answer = Client(raise_request_exception=False).get("/")

    assert answer.status_code == 500
    assert "Retry-After" not in answer
    assert b"a bug" not in answer.content


# --- The page


@pytest.mark.django_db
def test_the_page_is_for_staff(client: Client) -> None:
    assert client.get("/health/").status_code == 302
    client.force_login(User.objects.create_user("clerk@example.test"))

    assert client.get("/health/").status_code == 403


def test_the_page_shows_every_part(staff: Client) -> None:
    page = staff.get("/health/").content.decode()

    for text in ("Database", "dashboard_overview_mv", "forecast", "Stock and its ledger", "Django"):
        assert text in page
    assert "<html" in page
    fragment = staff.get(
        "/health/", headers={"HX-Request": "true", "HX-Target": "techmart-health"}
    ).content.decode()
    assert "<html" not in fragment
    assert 'id="techmart-health"' in fragment


def test_the_page_is_there_without_cache_and_queue(
    staff: Client, monkeypatch: pytest.MonkeyPatch, no_queue: None
) -> None:
    monkeypatch.setattr(probes, "ping_cache", lambda: False)

    answer = staff.get("/health/")

    assert answer.status_code == 200
    assert answer.content.decode().count("Down") == 2


@pytest.mark.django_db
def test_a_view_tells_its_age_and_a_failure_since() -> None:
    now = timezone.now()

    def run(minutes: int, status: RefreshStatus, error: str = "") -> None:
        started_at = now - timedelta(minutes=minutes)
        RefreshRun.objects.create(
            view=View.TOP_PRODUCTS,
            status=status,
            started_at=started_at,
            finished_at=started_at + timedelta(seconds=2.5),
            error=error,
        )

    run(90, RefreshStatus.FAILED, "long ago")
    run(60, RefreshStatus.DONE)

    rows = {row.name: row for row in view_rows()}
    row = rows["top_products_mv"]
    assert row.refreshed_at == now - timedelta(minutes=60) + timedelta(seconds=2.5)
    assert (row.duration_ms, row.limit_seconds, row.error) == (2500, 3600, "")
    assert rows["hourly_sales_mv"].refreshed_at is None

    run(30, RefreshStatus.FAILED, "lock timeout")

    assert {row.name: row.error for row in view_rows()}["top_products_mv"] == "lock timeout"


@pytest.mark.django_db
def test_without_the_queue_server_heartbeats_are_still_known(no_queue: None) -> None:
    now = timezone.now()
    JobHeartbeat.objects.create(queue="refresh", sent_at=now, completed_at=now)

    rows = {row.name: row for row in queue_rows(now=now)}

    assert rows.keys() == {"refresh", "alerts", "default", "forecast", "exports"}
    assert (rows["refresh"].heartbeat_at, rows["refresh"].depth) == (now, None)
    with pytest.raises(QueueServerAway):
        queues.queue_states(now=now)


def test_audits_show_what_they_found_last(staff: Client) -> None:
    def drift() -> list[tuple[bool | None, int]]:
        return [(row.ok, row.differences) for row in staff.get("/health/").context["drift"]]

    assert drift() == [(None, 0), (None, 0)]

    product = make_product(stock=3)
    Product.objects.filter(pk=product.pk).update(stock_quantity=5)
    # Stock is neither the sum of the ledger nor its newest balance.
    reconcile_ledger(now=timezone.now())
    report_drift([], now=timezone.now())

    assert drift() == [(False, 2), (True, 0)]


def test_streams_show_what_waits(staff: Client) -> None:
    publish(topic=Topic.STOCK, kind="moved", payload={}, now=timezone.now())
    number_events()

    streams = {row.topic: row for row in staff.get("/health/").context["streams"]}

    assert (streams["stock"].head, streams["stock"].unsent) == (1, 1)


# --- Figures


@pytest.mark.django_db
@override_settings(METRICS_TOKEN="scraper-token")
def test_figures_are_given_to_the_scraper_and_staff_alone(client: Client) -> None:
    def status(authorization: str) -> int:
        return client.get("/metrics", headers={"Authorization": authorization}).status_code

    assert client.get("/metrics")["WWW-Authenticate"] == "Bearer"
    assert status("Bearer wrong") == 401
    assert status("Basic scraper-token") == 401
    assert status("Bearer scraper-token") == 200
    client.force_login(User.objects.create_user("clerk@example.test"))
    assert client.get("/metrics").status_code == 401


@pytest.mark.django_db
@override_settings(METRICS_TOKEN="")
def test_no_token_set_means_no_token_opens(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_figures_tell_the_state_of_the_house(staff: Client) -> None:
    now = timezone.now()
    JobHeartbeat.objects.create(
        queue="refresh", sent_at=now, completed_at=now - timedelta(seconds=90)
    )
    report_drift([], now=now)

    text = staff.get("/metrics").content.decode()

    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert lines['techmart_up{part="database"}'] == "1.0"
    assert 90 <= float(lines['techmart_queue_heartbeat_age_seconds{queue="refresh"}']) < 120
    assert lines['techmart_view_limit_seconds{view="dashboard_overview_mv"}'] == "120.0"
    assert lines['techmart_audit_differences{audit="rollups"}'] == "0.0"
    assert 'techmart_audit_differences{audit="ledger"}' not in lines
    assert "techmart_cache_requests_total" in text


def test_requests_are_counted_by_route(staff: Client) -> None:
    def count(route: str, status: str) -> float:
        labels = {"route": route, "method": "GET", "status": status}
        found = requests.SECONDS.collect()
        return sum(
            sample.value
            for family in found
            for sample in family.samples
            if sample.name.endswith("_count") and sample.labels == labels
        )

    before = count("health/", "2xx"), count("none", "4xx")
    staff.get("/health/")
    staff.get("/no-such-page/")

    assert (count("health/", "2xx"), count("none", "4xx")) == (before[0] + 1, before[1] + 1)


def test_figures_of_all_processes_are_added_up(
    staff: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    # What two processes, 71 and 72, wrote down of one counter.
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for pid, number in ((71, 2), (72, 3)):
        # prometheus-client types its registries, not its values.
        kept = values.MultiProcessValue(lambda pid=pid: pid)  # type: ignore[no-untyped-call]
        kept("counter", "sales", "sales_total", (), (), "Sales.").inc(number)

    text = staff.get("/metrics").content.decode()

    assert "sales_total 5.0" in text
    assert 'techmart_up{part="database"} 1.0' in text


@pytest.mark.django_db
def test_without_the_database_figures_say_that_it_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "_database", lambda: probes.NO_ANSWER)
    with override_settings(METRICS_TOKEN="scraper-token"):
        answer = client.get("/metrics", headers={"Authorization": "Bearer scraper-token"})

    assert 'techmart_up{part="database"} 0.0' in answer.content.decode()
    assert "techmart_view_age_seconds" not in answer.content.decode()
