"""Replays and what-ifs over the API: accepted, followed, cancelled, refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.models import ReplayRun
from inventory.planner import update_inventory_predictions
from inventory.replay_runs import run_replay
from techmart.core.models import User
from techmart.core.tokens import issue_token
from tests.inventory.factories import make_product, make_supplier
from tests.inventory.planned import sold

pytestmark = pytest.mark.django_db

PATH = "/api/v1/replays/"


def signed_in(*codenames: str) -> APIClient:
    user = User.objects.create_user("program@shop.example", name="Program")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = APIClient()
    token = issue_token(user=user, name="program", now=timezone.now())
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def api() -> APIClient:
    return signed_in(
        "view_replayrun", "add_replayrun", "change_replayrun", "view_supplier", "view_product"
    )


@pytest.fixture(autouse=True)
def product() -> Any:
    product = make_product(supplier=make_supplier(code="ACME"), stock=9)
    sold(product, *[2] * 100, last_day=timezone.localdate() - timedelta(days=1))
    return product


def body(**changes: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "first_day": (today - timedelta(days=40)).isoformat(),
        "last_day": (today - timedelta(days=1)).isoformat(),
        "policies": [{"kind": "textbook", "service": 0.9}],
        "draws": 1,
    } | changes


def test_a_replay_is_accepted_and_followed(api: APIClient) -> None:
    accepted = api.post(PATH, body(supplier="ACME"), format="json")

    assert accepted.status_code == 202
    assert (accepted.data["status"], accepted.data["supplier"]) == ("queued", "ACME")
    assert api.get(f"{PATH}{accepted.data['id']}/").data["results"] is None
    run_replay(run_id=accepted.data["id"], now=timezone.now())
    done = api.get(f"{PATH}{accepted.data['id']}/").data
    assert (done["status"], done["progress"]) == ("done", 1.0)
    assert [one["kind"] for one in done["results"]["policies"]] == ["actual", "textbook"]
    [listed] = api.get(PATH).data["results"]
    assert "results" not in listed


def test_a_replay_is_cancelled_once(api: APIClient) -> None:
    path = f"{PATH}{api.post(PATH, body(), format='json').data['id']}/cancel/"

    assert api.post(path).data["status"] == "cancelled"
    assert (api.post(path).status_code, api.post(path).data["code"]) == (409, "replay_ended")


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"policies": [{"kind": "textbook"}]}, 422, "service"),
        ({"policies": [{"kind": "min_max", "minimum_days": 5}]}, 422, "maximum_days"),
        ({"supplier": "nobody"}, 422, "supplier"),
        ({"draws": 21}, 422, "draws"),
        ({"abc_class": "D"}, 400, "abc_class"),
        ({"first_day": "yesterday"}, 400, "first_day"),
        ({"policies": "today"}, 400, "policies"),
    ],
)
def test_a_refusal_names_the_field(
    api: APIClient, changes: dict[str, Any], status: int, field: str
) -> None:
    refused = api.post(PATH, body(**changes), format="json")

    assert refused.status_code == status
    assert [error["field"] for error in refused.data["errors"]] == [field]
    assert not ReplayRun.objects.exists()


def test_too_many_are_told_when_to_come_again(api: APIClient) -> None:
    for _ in range(2):
        api.post(PATH, body(), format="json")

    refused = api.post(PATH, body(), format="json")

    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "not done yet" in refused.data["detail"]


def test_each_act_needs_its_permission() -> None:
    reader = signed_in("view_replayrun")

    assert reader.get(PATH).status_code == 200
    assert reader.post(PATH, body(), format="json").status_code == 403
    assert reader.get("/api/v1/suppliers/1/what-if/").status_code == 403


def test_a_supplier_on_other_terms(api: APIClient, product: Any) -> None:
    update_inventory_predictions(now=timezone.now())
    path = f"/api/v1/suppliers/{product.supplier_id}/what-if/"

    found = api.get(path, {"lead_time_days": 21, "lead_time_sd_days": 2}).data

    assert found["after"]["lead_time_days"] == 21
    [one] = found["products"]
    assert one["sku"] == product.sku
    assert one["after"]["reorder_point"] > one["before"]["reorder_point"]
    refused = api.get(path, {"reliability": 80})
    assert refused.status_code == 400
    assert refused.data["errors"][0]["field"] == "reliability"
