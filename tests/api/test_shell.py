"""What all endpoints share: tokens, limits, problems, the document."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from inventory.models import Product
from techmart.core.api.throttling import parse_rate
from techmart.core.models import ApiToken, User
from techmart.core.tokens import digest_of, issue_token, revoke_token
from tests.api.conftest import NOW

pytestmark = pytest.mark.django_db


def signed(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_a_token_is_kept_as_its_digest_alone(user: User) -> None:
    token = issue_token(user=user, name="feed", now=NOW)

    kept = ApiToken.objects.get()

    assert kept.digest == digest_of(token)
    assert token not in str(ApiToken.objects.values())


def test_a_revoked_token_opens_nothing(user: User) -> None:
    token = issue_token(user=user, name="feed", now=NOW)
    revoke_token(token_id=ApiToken.objects.get().pk, now=NOW)

    response = signed(token).get("/api/v1/products/")

    assert response.status_code == 401
    assert response.json()["code"] == "authentication_failed"


def test_a_token_of_somebody_who_left_opens_nothing(user: User) -> None:
    token = issue_token(user=user, name="feed", now=NOW)
    user.is_active = False
    user.save()

    assert signed(token).get("/api/v1/products/").status_code == 401


def test_use_is_noted(user: User) -> None:
    signed(issue_token(user=user, name="feed", now=NOW)).get("/api/v1/products/")

    assert ApiToken.objects.get().last_used_at is not None


def test_a_token_with_a_rate_of_its_own_is_held_to_it(user: User) -> None:
    slow = signed(issue_token(user=user, name="slow", now=NOW, rate="2/day"))
    other = signed(issue_token(user=user, name="other", now=NOW))

    answers = [slow.get("/api/v1/products/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert answers[2].json()["code"] == "throttled"
    assert other.get("/api/v1/products/").status_code == 200


@pytest.mark.parametrize("rate", ["10", "x/min", "0/min", "5/fortnight"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match=r"rate|invalid literal"):
        parse_rate(rate)


def test_an_unknown_row_is_a_problem(api: APIClient) -> None:
    response = api.get("/api/v1/products/NOPE/")

    assert response.status_code == 404
    assert response.json()["title"] == "Not Found"


def test_products_say_what_is_low(api: APIClient, product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(reorder_threshold=10, order_up_to=20)

    low = api.get("/api/v1/products/?low=true").json()["results"]

    assert [row["sku"] for row in low] == ["TEA-1"]
    assert api.get("/api/v1/products/?low=false").json()["results"] == []


def test_the_ledger_is_readable_and_closed(api: APIClient, product: Product) -> None:
    [entry] = api.get("/api/v1/movements/?sku=TEA-1").json()["results"]

    assert (entry["kind"], entry["quantity"], entry["balance_after"]) == ("opening", 10, 10)
    assert api.post("/api/v1/movements/", {}, format="json").status_code in {403, 405}


def test_events_of_a_topic_by_cursor(api: APIClient, product: Product) -> None:
    page = api.get("/api/v1/events/?topic=stock").json()

    assert page["topic"] == "stock"
    assert page["events"] == []
    assert api.get("/api/v1/events/?topic=weather").status_code == 400


def test_the_document_describes_every_endpoint(client: Client) -> None:
    document: dict[str, Any] = APIClient().get("/api/schema/?format=json").json()

    assert {"/api/v1/transactions/", "/api/v1/transactions/bulk/", "/api/v1/events/"} <= set(
        document["paths"]
    )
    assert "apiToken" in document["components"]["securitySchemes"]


def test_the_browsable_api_has_a_policy_of_its_own(client: Client, user: User) -> None:
    client.force_login(user)

    response = client.get("/api/v1/products/", headers={"Accept": "text/html"})

    assert response.status_code == 200
    assert "script-src 'self' 'unsafe-inline'" in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
