"""Pages about one thing as files: which one, what its rows come to, and who may have them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory.choices import MovementKind
from inventory.models import Product
from inventory.paths import ledger_path
from inventory.product_page import export as ledger_export
from inventory.services.ledger import post_movements
from techmart.core.exports import services
from techmart.core.exports.models import ExportJob
from techmart.core.exports.registry import NoSuchSubject, find
from techmart.core.models import ReportSchedule, User
from techmart.core.reports.services import create_report
from techmart.lib.export import Format
from tests.exported import export, exported
from tests.inventory.factories import entry, make_product
from tests.pages import signed_in, text_of

pytestmark = pytest.mark.django_db
SKU = "a/b & {c}"


@pytest.fixture
def client() -> Client:
    return signed_in(
        "inventory.view_product",
        "core.view_reportschedule",
        "core.change_reportschedule",
        email="mia@example.test",
    )


@pytest.fixture
def mia(client: Client) -> User:
    return User.objects.get(email="mia@example.test")


@pytest.fixture
def product(mia: User) -> Product:
    """10 in stock a week ago, 4 sold three days ago, 1 counted away yesterday."""
    now = timezone.now()
    product = make_product(sku=SKU, name="=Tea")
    for days, kind, units, actor in (
        (7, MovementKind.RECEIPT, 10, None),
        (3, MovementKind.SALE, -4, None),
        (1, MovementKind.COUNT_LOSS, -1, mia),
    ):
        at = now - timedelta(days=days)
        post_movements([entry(product, kind, units, at=at)], now=at, actor=actor)
    post_movements([entry(make_product(), MovementKind.RECEIPT, 70)], now=now)
    return product


def of(sku: str = SKU, **further: str) -> str:
    return ledger_export.PRODUCT.query(sku, **further).removeprefix("?")


def test_a_ledger_has_every_entry_with_the_stock_after_it(
    client: Client, product: Product, mia: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its rows go over pages.
    monkeypatch.setattr(ledger_export, "_PAGE", 2)

    rows, about = exported(client, "ledger", of())

    assert [(row["Entry"], row["Change"], row["On hand"], row["By"]) for row in rows] == [
        ("Count: less than booked", "-1", "5", str(mia)),
        ("Sale", "-4", "6", ""),
        ("Receipt", "10", "10", ""),
    ]
    assert (about["In"], about["Out"], about["On hand"]) == ("10", "5", "5")
    assert about["Export of"] == f"Stock ledger of {SKU}"
    assert about["Filter"] == f"'=Tea, {SKU}"
    assert about["Page"] == "/inventory/products/a%2Fb%20%26%20%7Bc%7D/ledger/"
    assert client.get(about["Page"]).status_code == 200


def test_a_ledger_ends_at_the_moment_that_its_page_shows(client: Client, product: Product) -> None:
    moment = timezone.localtime(timezone.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")

    rows, about = exported(client, "ledger", of(at=moment))

    assert [row["On hand"] for row in rows] == ["6", "10"]
    assert (about["On hand"], about["Out"]) == ("6", "4")
    assert "; until " in about["Filter"]
    page = client.get(about["Page"])
    assert "6 in stock, the sum of 2 entries" in text_of(page)
    assert of(at=moment).replace("&", "&amp;") in page.content.decode()


@pytest.mark.parametrize(
    "moment",
    ["9999-12-31T23:59", "9999-12-31T23:59-14:00", "0001-01-01T00:00+14:00", "0850-05-01T12:00"],
)
def test_no_ledger_ends_where_no_shop_s_calendar_reaches(
    client: Client, product: Product, moment: str
) -> None:
    page = client.get(ledger_path(SKU), {"at": moment})
    rows, about = exported(client, "ledger", of(at=moment))

    assert (page.status_code, len(rows)) == (200, 3)
    assert about["Page"] == ledger_path(SKU)


@pytest.mark.parametrize("query", ["", "sku=", "sku=nothing", "sku=%00"])
def test_a_page_of_one_thing_needs_it_to_be_named(client: Client, query: str) -> None:
    make_product(sku="b")

    said = client.post(
        "/exports/new/", {"list": "ledger", "query": query, "format": "csv"}, follow=True
    )

    assert "Name it in the query, as sku." in text_of(said)
    assert not ExportJob.objects.exists()


def test_who_may_not_see_the_page_gets_no_file(product: Product) -> None:
    other = signed_in("inventory.view_supplier", email="other@example.test")
    assert export(other, "ledger", of()).status_code == 403


def test_its_file_by_a_worker_says_what_it_is_of(
    mia: User, product: Product, settings: Any, tmp_path: Any
) -> None:
    settings.EXPORT_FOLDER = str(tmp_path)
    job = services.request_export(
        key="ledger", query={"sku": SKU}, kind=Format.XLSX, user=mia, now=timezone.now()
    )

    done = services.write_export(job_id=job.pk, now=timezone.now())

    assert done is not None
    assert (done.status, done.rows_done, done.title) == ("done", 3, f"Stock ledger of {SKU}")


def report(mia: User, query: str) -> ReportSchedule:
    fields = {
        "name": "Tea",
        "list_key": "ledger",
        "query": query,
        "format": "csv",
        "recipients": ["mia@example.test"],
        "frequency": "daily",
        "weekday": 0,
        "day_of_month": 1,
        "at": timezone.now().time(),
    }
    return create_report(fields=fields, actor=mia, now=timezone.now())


def test_a_report_of_one_thing_leads_to_its_page(
    client: Client, mia: User, product: Product
) -> None:
    with pytest.raises(NoSuchSubject) as refused:
        report(mia, "at=2026-11-24T10:00")
    assert [error.field for error in refused.value.errors] == ["query"]

    made = report(mia, of(at="2026-11-24T10:00"))

    url = find("ledger", mia).url(made.query)
    assert url.startswith("/inventory/products/a%2Fb%20%26%20%7Bc%7D/ledger/?at=2026-11-24T10")
    assert url in client.get(f"/reports/{made.pk}/").content.decode()


def test_views_are_not_kept_of_one_thing(client: Client, product: Product) -> None:
    assert client.get("/views/ledger/").status_code == 404
    assert client.get("/views/inventory/").status_code == 200
