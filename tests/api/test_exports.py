"""Exports over the API: asked for, followed, fetched, and refused."""

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from inventory.models import Product
from techmart.core.exports import limits, services
from techmart.core.exports.models import ExportJob
from techmart.core.models import Outbox, User
from techmart.lib.export import Format
from tests.api.conftest import NOW

pytestmark = pytest.mark.django_db
EXPORTS = "/api/v1/exports/"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EXPORT_FOLDER = str(tmp_path)
    return tmp_path


def ask(api: APIClient, **changes: Any) -> Any:
    body = {"list": "inventory", "format": "csv", "query": {"cat": "Tea"}} | changes
    return api.post(EXPORTS, body, format="json")


def test_a_file_is_asked_for_followed_and_fetched(api: APIClient, product: Product) -> None:
    asked = ask(api)

    assert asked.status_code == 202
    row = asked.json()
    assert asked["Location"] == f"http://testserver{EXPORTS}{row['id']}/"
    assert (row["status"], row["rows_done"], row["rows_total"], row["file"]) == ("queued", 0, 1, "")
    assert Outbox.objects.get().payload["kwargs"] == {"job_id": row["id"]}
    early = api.get(f"{EXPORTS}{row['id']}/file/")
    assert (early.status_code, early.json()["code"]) == (409, "export_queued")

    services.write_export(job_id=row["id"], now=NOW)

    done = api.get(asked["Location"]).json()
    assert (done["status"], done["rows_done"]) == ("done", 1)
    file: Any = api.get(done["file"], headers={"Accept": "text/csv"})
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert done["file_name"] in file["Content-Disposition"]
    content = b"".join(file.streaming_content)
    assert len(content) == done["file_bytes"]
    assert b"TEA-1" in content
    assert [each["id"] for each in api.get(EXPORTS).json()["results"]] == [row["id"]]


def test_a_worker_tells_how_far_it_is(
    api: APIClient, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(api).json()["id"]
    seen = []

    def write(_table: object, path: Path, _kind: object, on_row: Any) -> None:
        on_row(1)
        seen.append(api.get(f"{EXPORTS}{job}/").json())
        path.write_text("done")

    monkeypatch.setattr(services, "write_file", write)
    services.write_export(job_id=job, now=NOW)

    assert [(each["status"], each["rows_done"]) for each in seen] == [("running", 1)]


def test_what_failed_says_why(
    api: APIClient, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(api, format="pdf").json()["id"]
    monkeypatch.setitem(limits.MOST_ROWS, Format.PDF, 0)
    services.write_export(job_id=job, now=NOW)

    assert "too many for PDF" in api.get(f"{EXPORTS}{job}/").json()["error"]
    refused = api.get(f"{EXPORTS}{job}/file/")
    assert (refused.status_code, refused.json()["code"]) == (409, "export_failed")
    assert "too many for PDF" in refused.json()["detail"]


def test_a_list_too_long_for_a_format_is_refused_with_the_way_out(
    api: APIClient, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.MOST_ROWS, Format.XLSX, 0)

    refused = ask(api, format="xlsx")

    assert (refused.status_code, refused.json()["code"]) == (409, "too_long")
    assert "Take CSV, or narrow the filter." in refused.json()["detail"]
    assert ask(api, format="csv").status_code == 202


def test_too_many_at_once_are_refused_for_a_while(api: APIClient, product: Product) -> None:
    for _ in range(services.MOST_WAITING):
        assert ask(api).status_code == 202

    refused = ask(api)

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert ExportJob.objects.count() == services.MOST_WAITING


def test_lists_are_those_that_the_caller_may_see(api: APIClient, product: Product) -> None:
    offered = {each["key"]: each for each in api.get(f"{EXPORTS}lists/").json()}

    assert offered["inventory"]["page"] == "/inventory/"
    assert {"transactions", "customers", "analytics-overview-sales"} <= set(offered)
    assert "orders" not in offered
    refused = ask(api, list="orders")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert refused.json()["detail"].startswith("You may not see the list Purchase orders")
    unknown = ask(api, list="nothing")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown")
    assert not ExportJob.objects.exists()
    assert ask(APIClient()).status_code == 401


def test_files_of_others_are_not_there(api: APIClient, product: Product) -> None:
    other = User.objects.create_superuser("eve@example.com", name="Eve")
    job = services.request_export(key="inventory", query={}, kind=Format.CSV, user=other, now=NOW)
    services.write_export(job_id=job.pk, now=NOW)

    for path in (f"{EXPORTS}{job.pk}/", f"{EXPORTS}{job.pk}/file/"):
        assert api.get(path).status_code == 404
    assert api.get(EXPORTS).json()["results"] == []


def test_a_file_that_was_cleared_away_is_gone(api: APIClient, product: Product) -> None:
    job = ask(api).json()["id"]
    done = services.write_export(job_id=job, now=NOW)
    assert done is not None
    services.path_of(done).unlink()

    assert api.get(f"{EXPORTS}{job}/file/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"format": "exe"}, "format"), ({"query": "cat=Tea"}, "query"), ({"list": ""}, "list")],
)
def test_nonsense_is_named(api: APIClient, changes: dict[str, Any], field: str) -> None:
    refused = ask(api, **changes)
    assert refused.status_code == 400
    assert [each["field"] for each in refused.json()["errors"]] == [field]


def test_the_document_says_what_is_answered(api: APIClient) -> None:
    document = api.get("/api/schema/", {"format": "json"}, headers={"Accept": "*/*"}).json()
    asked = document["paths"]["/api/v1/exports/"]["post"]["responses"]
    assert list(asked) == ["202"]
    assert "Location" in asked["202"]["headers"]
    assert "/api/v1/exports/{id}/file/" in document["paths"]
    assert "/api/v1/exports/lists/" in document["paths"]
