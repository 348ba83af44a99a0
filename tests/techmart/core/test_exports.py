"""Exports of real lists: exactly the filter on screen, at once or by a worker."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from techmart.core.exports import limits, registry, services
from techmart.core.exports.models import ExportJob, ExportStatus
from techmart.core.models import Outbox, User
from techmart.lib.export import Format, Table
from techmart.lib.locks import session_lock
from tests.alerts.factories import make_alert, make_user
from tests.analytics.factories import NOW, give_back, make_customer, make_sale
from tests.exported import export, lines_of, rows_and_about
from tests.inventory.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EXPORT_FOLDER = str(tmp_path)
    return tmp_path


@pytest.fixture
def ana() -> User:
    return make_user(
        "ana@example.com",
        "transactions.view_transaction",
        "inventory.view_product",
        "alerts.view_alert",
    )


@pytest.fixture
def page(client: Client, ana: User) -> Client:
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_sales_are_written_as_they_are_filtered(page: Client) -> None:
    customer = make_customer()
    kept = make_sale(store="S1", price="20.00", customer=customer)
    give_back(kept, "5.00")
    make_sale(store="S2", price="500.00")

    response = export(page, "transactions", "from=2026-11-24&to=2026-11-24&basis=booked&store=S1")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="transactions-2')
    rows, about = rows_and_about(lines_of(response))
    assert [(row[0], row[8]) for row in rows] in (
        [(kept.reference, "20.00"), (rows[1][0], "-5.00")],
        [(rows[0][0], "-5.00"), (kept.reference, "20.00")],
    )
    assert about["Rows"] == "2"
    assert (about["Gross"], about["Net"]) == ("20.00", "15.00")
    assert "Store S1" in about["Filter"]
    assert about["Page"] == "/transactions/?from=2026-11-24&to=2026-11-24&basis=booked&store=S1"


def test_more_rows_than_a_page_holds_all_come_in_the_order_of_the_page(page: Client) -> None:
    product = make_product()
    wanted = [make_sale(product, price=f"{number}.00").reference for number in range(1, 121)]

    rows, about = rows_and_about(lines_of(export(page, "transactions", "sort=amount")))

    assert [row[0] for row in rows] == wanted
    assert about["Rows"] == "120"


def test_products_and_alerts_are_lists_too(page: Client) -> None:
    make_product(name="Socks", category="Clothes", stock_quantity=3)
    make_product(name="Hat", category="Other")
    make_alert(title="=Socks are low")

    products, about = rows_and_about(lines_of(export(page, "inventory", "cat=Clothes")))
    assert [(row[1], row[5]) for row in products] == [("Socks", "3")]
    assert about["Filter"] == "Clothes"
    alerts, about = rows_and_about(lines_of(export(page, "alerts")))
    assert [row[3] for row in alerts] == ["'=Socks are low"]
    assert about["Filter"] == "Open"


@pytest.mark.parametrize(("kind", "most"), [("csv", 50), ("xlsx", 10), ("pdf", 1)])
def test_what_is_written_at_once_depends_on_its_effort(
    page: Client, settings: Any, kind: str, most: int
) -> None:
    for _ in range(2):
        make_sale()
    settings.EXPORT_ROWS_AT_ONCE = 2 * 50 // most
    assert export(page, "transactions", kind=kind).status_code == 200
    settings.EXPORT_ROWS_AT_ONCE -= 1
    assert export(page, "transactions", kind=kind).status_code == 303


@pytest.mark.parametrize(("kind", "start"), [("xlsx", b"PK"), ("pdf", b"%PDF")])
def test_other_formats_come_at_once_when_short(page: Client, kind: str, start: bytes) -> None:
    make_sale()
    response = export(page, "transactions", kind=kind)
    assert response.status_code == 200
    assert response.content.startswith(start)


def test_a_long_list_is_left_to_a_worker_and_told_of(
    page: Client, ana: User, settings: Any
) -> None:
    settings.EXPORT_ROWS_AT_ONCE = 2
    for _ in range(3):
        make_sale()

    response = export(page, "transactions", "sort=amount")

    assert (response.status_code, response["Location"]) == (303, "/exports/")
    job = ExportJob.objects.get()
    assert (job.status, job.query, job.requested_by) == ("queued", {"sort": "amount"}, ana)
    assert Outbox.objects.get().payload["kwargs"] == {"job_id": job.pk}
    waiting = page.get("/exports/").content.decode()
    assert "every 2s" in waiting
    assert "Waiting" in waiting

    services.write_export(job_id=job.pk, now=NOW)

    ready = page.get("/exports/").content.decode()
    assert "every 2s" not in ready
    assert "Transactions is ready as CSV" in ready
    assert "is ready as CSV" not in page.get("/exports/").content.decode()
    file: Any = page.get(f"/exports/{job.pk}/")
    text = b"".join(file.streaming_content).decode()
    assert text.count("sale-") == 3
    assert file["Content-Disposition"].startswith("attachment")


def test_a_page_opened_meanwhile_writes_no_session(page: Client, settings: Any) -> None:
    settings.EXPORT_ROWS_AT_ONCE = 0
    make_sale()
    export(page, "transactions")

    with CaptureQueriesContext(connection) as asked:
        page.get("/exports/")
    assert not [query for query in asked if "UPDATE" in query["sql"]]

    ExportJob.objects.all().delete()
    page.get("/exports/")
    with CaptureQueriesContext(connection) as asked:
        page.get("/profile/")
    assert not [query for query in asked if "export_jobs" in query["sql"]]


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_write_one_file(ana: User) -> None:
    job = services.request_export(key="inventory", query={}, kind=Format.CSV, user=ana, now=NOW)

    def write() -> None:
        services.write_export(job_id=job.pk, now=NOW)
        connection.close()

    with session_lock(f"core.export.{job.pk}"), ThreadPoolExecutor(1) as other:
        other.submit(write).result()
    job.refresh_from_db()
    assert job.status == ExportStatus.QUEUED

    write()
    job.refresh_from_db()
    assert job.status == ExportStatus.DONE


def test_only_who_asked_gets_the_file(page: Client, client: Client) -> None:
    other = make_user("eve@example.com", "transactions.view_transaction")
    job = services.request_export(
        key="transactions", query={}, kind=Format.CSV, user=other, now=NOW
    )
    services.write_export(job_id=job.pk, now=NOW)

    assert page.get(f"/exports/{job.pk}/").status_code == 404
    assert page.post(f"/exports/{job.pk}/again/").status_code == 404
    assert "No files yet" in page.get("/exports/").content.decode()


def test_a_list_that_may_not_be_seen_is_not_written(client: Client) -> None:
    nobody = make_user("nobody@example.com")
    client.force_login(nobody, backend="django.contrib.auth.backends.ModelBackend")
    make_sale()

    refused = client.post("/exports/new/", {"list": "transactions", "format": "csv"})
    unknown = client.post("/exports/new/", {"list": "nothing", "format": "csv"}, follow=True)

    assert refused.status_code == 403
    assert "There is no list nothing." in unknown.content.decode()
    assert not ExportJob.objects.exists()


def test_a_failed_file_of_a_list_that_may_not_be_seen_any_more_is_not_asked_for_again(
    page: Client, ana: User
) -> None:
    job = services.request_export(key="transactions", query={}, kind=Format.CSV, user=ana, now=NOW)
    ana.user_permissions.clear()
    page.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")

    assert page.post(f"/exports/{job.pk}/again/").status_code == 403
    assert ExportJob.objects.count() == 1


def test_rights_that_were_taken_meanwhile_count(ana: User) -> None:
    job = services.request_export(key="transactions", query={}, kind=Format.CSV, user=ana, now=NOW)
    ana.user_permissions.clear()

    done = services.write_export(job_id=job.pk, now=NOW)

    assert done is not None
    assert done.status == ExportStatus.FAILED
    assert done.error == "You may not see the list Transactions, and so not export it."
    assert not services.path_of(done).exists()


def test_what_fails_says_why_and_can_be_asked_for_again(
    page: Client, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = services.request_export(key="transactions", query={}, kind=Format.XLSX, user=ana, now=NOW)

    def fails(*_args: Any, **_options: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(services, "write_file", fails)
        services.write_export(job_id=job.pk, now=NOW)
    shown = page.get("/exports/").content.decode()
    assert "No space left on device" in shown
    assert "Try again" in shown

    page.post(f"/exports/{job.pk}/again/")
    assert ExportJob.objects.filter(status=ExportStatus.QUEUED).count() == 1


def test_a_person_may_not_flood_the_workers(ana: User) -> None:
    def ask() -> None:
        services.request_export(key="inventory", query={}, kind=Format.CSV, user=ana, now=NOW)

    for _ in range(services.MOST_WAITING):
        ask()
    with pytest.raises(services.TooManyExports):
        ask()


@pytest.mark.parametrize("kind", ["xlsx", "pdf"])
def test_a_list_that_would_not_be_finished_in_time_is_refused_beforehand(
    page: Client, monkeypatch: pytest.MonkeyPatch, settings: Any, kind: str
) -> None:
    settings.EXPORT_ROWS_AT_ONCE = 0
    monkeypatch.setitem(limits.MOST_ROWS, Format(kind), 1)
    make_sale()
    export(page, "transactions", kind=kind)
    assert ExportJob.objects.count() == 1
    make_sale()

    said = page.post(
        "/exports/new/", {"list": "transactions", "query": "", "format": kind}, follow=True
    ).content.decode()

    assert f"2 rows are too many for {kind.upper()}, which is written with 1 at most" in said
    assert "narrow the filter" in said
    assert ExportJob.objects.count() == 1
    export(page, "transactions")
    assert list(ExportJob.objects.values_list("format", flat=True).order_by("pk")) == [kind, "csv"]


def test_a_list_that_grew_too_long_while_it_waited_fails_with_the_way_out(
    ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.MOST_ROWS, Format.XLSX, 1)
    make_sale()
    job = services.request_export(key="transactions", query={}, kind=Format.XLSX, user=ana, now=NOW)
    make_sale()

    done = services.write_export(job_id=job.pk, now=NOW)

    assert done is not None
    assert done.status == ExportStatus.FAILED
    assert done.error.endswith("Take CSV, or narrow the filter.")


def test_a_worker_whose_time_is_up_says_so(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job = services.request_export(key="transactions", query={}, kind=Format.XLSX, user=ana, now=NOW)

    def is_ended(*_args: Any, **_options: Any) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(services, "write_file", is_ended)
    done = services.write_export(job_id=job.pk, now=NOW)

    assert done is not None
    assert (done.status, done.error) == (ExportStatus.FAILED, services.TOOK_TOO_LONG)
    assert not services.path_of(done).exists()


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_do_not_pass_the_limit_together(ana: User) -> None:
    def ask(_number: int) -> bool:
        try:
            services.request_export(key="inventory", query={}, kind=Format.CSV, user=ana, now=NOW)
        except services.TooManyExports:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as people:
        asked = list(people.map(ask, range(8)))

    assert sum(asked) == services.MOST_WAITING


def test_old_files_go_and_lost_ones_are_given_up(ana: User) -> None:
    def ask(ago: Any) -> ExportJob:
        return services.request_export(
            key="inventory", query={}, kind=Format.CSV, user=ana, now=NOW - ago
        )

    old = ask(services.KEPT_FOR * 2)
    services.write_export(job_id=old.pk, now=NOW)
    lost = ask(services.LONGEST * 2)
    new = ask(services.LONGEST / 2)

    services.clear_exports(now=NOW)

    assert not services.path_of(old).exists()
    assert not ExportJob.objects.filter(pk=old.pk).exists()
    lost.refresh_from_db()
    new.refresh_from_db()
    assert (lost.status, new.status) == (ExportStatus.FAILED, ExportStatus.QUEUED)


def test_nonsense_is_refused_in_words(page: Client) -> None:
    response = page.post("/exports/new/", {"list": "transactions", "format": "exe"}, follow=True)
    assert "Choose CSV, XLSX or PDF" in response.content.decode()


def test_a_short_list_is_computed_once(
    page: Client, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sale()
    built = []
    listed = registry.find("transactions", ana)

    def build(*given: Any) -> Table:
        built.append(given)
        return listed.build(*given)

    for module in ("views", "services"):
        monkeypatch.setattr(
            f"techmart.core.exports.{module}.find", lambda *_: replace(listed, build=build)
        )

    rows, _ = rows_and_about(lines_of(export(page, "transactions")))

    assert (len(rows), len(built)) == (1, 1)
