"""What planners do about a forecast: on the product's page, and over the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.choices import RunStatus
from inventory.models import ForecastOverride, ForecastRun, Product
from inventory.planner import update_inventory_predictions
from techmart.core.models import Outbox, User
from techmart.core.tokens import issue_token
from tests.inventory.factories import make_product
from tests.inventory.planned import sold
from tests.pages import signed_in, text_of

pytestmark = pytest.mark.django_db

PERMISSIONS = (
    "inventory.view_product",
    "inventory.change_product",
    "inventory.add_forecastoverride",
)


@pytest.fixture
def product() -> Product:
    """A product that sold two a day, with its prediction."""
    product = make_product(sku="TEA", category="Tea")
    sold(product, *[2] * 100, last_day=timezone.localdate() - timedelta(days=1))
    update_inventory_predictions(now=timezone.now())
    return product


def word(**changes: Any) -> dict[str, Any]:
    """Return a form: three times the forecast for a week."""
    today = timezone.localdate()
    return {
        "first_day": today.isoformat(),
        "last_day": (today + timedelta(days=6)).isoformat(),
        "kind": "factor",
        "value": "3",
        "reason": "Festival next door",
    } | changes


# --- the page -------------------------------------------------------------------------------


def test_a_planner_s_word_is_noted_shown_and_taken_back(product: Product) -> None:
    client = signed_in(*PERMISSIONS)

    sent = client.post("/inventory/products/TEA/override/", word())
    shown = text_of(client.get("/inventory/products/TEA/"))

    override = ForecastOverride.objects.get()
    assert (sent.status_code, sent["Location"]) == (303, "/inventory/products/TEA/#forecast-title")
    assert (override.value, override.machine_units) == (Decimal("3"), 14)
    assert "3.0 times the forecast" in shown
    assert "Festival next door" in shown

    client.post(f"/inventory/products/TEA/override/{override.pk}/withdraw/")

    override.refresh_from_db()
    assert override.withdrawn_at is not None
    assert "Festival next door" not in text_of(client.get("/inventory/products/TEA/"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reason": ""}, "Why: Say why."),
        ({"value": "-2"}, "Value: "),
        ({"first_day": "2020-01-01"}, "Begin today or later"),
    ],
)
def test_a_word_that_cannot_be_meant_is_refused(
    product: Product, changes: dict[str, str], says: str
) -> None:
    client = signed_in(*PERMISSIONS)

    client.post("/inventory/products/TEA/override/", word(**changes))

    assert says in text_of(client.get("/inventory/products/TEA/"))
    assert not ForecastOverride.objects.exists()


def test_the_page_says_which_method_and_how_it_did(product: Product) -> None:
    text = text_of(signed_in(*PERMISSIONS).get("/inventory/products/TEA/"))

    assert "Blend of all methods, from 100 days" in text
    assert "In backtests of 7 weeks 100% of outcomes fell inside the 80% interval" in text
    assert "its mean 0% of demand off" in text


def test_a_product_is_forecast_again_on_demand(product: Product) -> None:
    signed_in(*PERMISSIONS).post("/inventory/products/TEA/forecast/")

    run = ForecastRun.objects.filter(status=RunStatus.QUEUED).get()
    assert run.product_ids == [product.pk]
    assert Outbox.objects.get().payload["kwargs"] == {"run_id": run.pk}


def test_the_correction_is_chosen_for_one_product(product: Product) -> None:
    client = signed_in(*PERMISSIONS)

    client.post("/inventory/products/TEA/stockouts/", {"correct": "no", "version": 1})
    product.refresh_from_db()
    assert product.correct_stockouts is False

    client.post("/inventory/products/TEA/stockouts/", {"correct": "", "version": 2})
    product.refresh_from_db()
    assert product.correct_stockouts is None


@pytest.mark.parametrize("act", ["override", "forecast", "stockouts"])
def test_who_may_only_look_may_not(product: Product, act: str) -> None:
    client = signed_in("inventory.view_product")

    assert client.post(f"/inventory/products/TEA/{act}/", word()).status_code == 403
    assert b"forecast-again" not in client.get("/inventory/products/TEA/").content


def test_another_product_s_word_is_not_found(product: Product) -> None:
    client = signed_in(*PERMISSIONS)
    client.post("/inventory/products/TEA/override/", word())
    make_product(sku="COFFEE")
    key = ForecastOverride.objects.get().pk

    answer = client.post(f"/inventory/products/COFFEE/override/{key}/withdraw/")

    assert answer.status_code == 404


# --- the API --------------------------------------------------------------------------------


@pytest.fixture
def api() -> APIClient:
    """A program that may ask for runs and give overrides."""
    user = User.objects.create_user("program@shop.example", name="Program")
    names = [
        *("view_forecastrun", "add_forecastrun", "view_forecastoverride"),
        *("add_forecastoverride", "change_forecastoverride", "view_inventoryprediction"),
        "view_product",
    ]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = APIClient()
    token = issue_token(user=user, name="program", now=timezone.now())
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_a_run_is_accepted_followed_and_limited(api: APIClient, product: Product) -> None:
    accepted = api.post("/api/v1/forecast-runs/", {"skus": ["TEA"]}, format="json")
    followed = api.get(f"/api/v1/forecast-runs/{accepted.data['id']}/")

    assert accepted.status_code == 202
    assert (accepted.data["status"], accepted.data["products_total"]) == ("queued", 1)
    assert followed.data["products"] == [product.pk]

    update_inventory_predictions(now=timezone.now(), run_id=accepted.data["id"])
    done = api.get(f"/api/v1/forecast-runs/{accepted.data['id']}/")
    assert (done.data["status"], done.data["products_done"]) == ("done", 1)

    # The whole range was forecast a moment ago.
    too_soon = api.post("/api/v1/forecast-runs/", {}, format="json")
    assert too_soon.status_code == 429
    assert int(too_soon["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"skus": ["NOTHING"]}, "skus"),
        ({"category": "Nothing"}, "category"),
        ({"kind": "classes"}, "kind"),
    ],
)
def test_a_run_of_nothing_is_refused(
    api: APIClient, product: Product, body: dict[str, Any], field: str
) -> None:
    answer = api.post("/api/v1/forecast-runs/", body, format="json")

    assert answer.status_code in (400, 422)
    assert field in str(answer.data)


def test_overrides_over_the_api(api: APIClient, product: Product) -> None:
    made = api.post("/api/v1/forecast-overrides/", word(sku="TEA"), format="json")

    assert made.status_code == 201
    assert (made.data["sku"], made.data["planned_units"], made.data["by"]) == (
        "TEA",
        42.0,
        "Program",
    )
    listed = api.get("/api/v1/forecast-overrides/", {"sku": "TEA", "standing": "true"})
    assert len(listed.data["results"]) == 1

    path = f"/api/v1/forecast-overrides/{made.data['id']}/withdraw/"
    assert api.post(path).data["withdrawn_at"]
    assert api.post(path).status_code == 409


def test_a_prediction_has_its_days_and_its_reason(api: APIClient, product: Product) -> None:
    answer = api.get("/api/v1/products/TEA/prediction/").data

    assert len(answer["days"]["mean"]) == 7
    assert answer["reason"].startswith("No single method")
    assert answer["origins"] == 7
