"""Fraud models over the API."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from techmart.core.models import User
from tests.transactions.factories import NOW
from tests.transactions.test_fraud_models import put_in_place

pytestmark = pytest.mark.django_db

MODELS = "/api/v1/fraud-models/"


def allow(user: User, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def test_models_are_listed_rolled_back_and_put_in_place(api: APIClient, user: User) -> None:
    put_in_place("additive.1")
    champion = put_in_place("additive.2", days=1)
    assert champion.promoted_at == NOW + timedelta(days=1)
    assert api.get(MODELS).status_code == 403

    allow(user, "view_fraudmodel")
    listed = api.get(MODELS).json()["results"]
    assert [row["version"] for row in listed] == ["additive.2", "additive.1"]
    assert "artefact" not in listed[0]
    assert api.post(f"{MODELS}roll-back/").status_code == 403

    allow(user, "change_fraudmodel")
    assert api.post(f"{MODELS}roll-back/").json()["version"] == "additive.1"
    assert api.post(f"{MODELS}{champion.pk}/promote/").json()["state"] == "champion"
