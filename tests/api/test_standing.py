"""Serializers that are built once read and write as fresh ones do."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Field
from rest_framework.test import APIClient

from inventory.models import Product
from techmart.core.api.standing import StandingSerializer
from transactions.api.serializers import SaleSerializer, TransactionSerializer
from transactions.models import Transaction

Body = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    "changes",
    [{}, {"quantity": 0}, {"sku": None, "channel": "moon"}, {"timestamp": "yesterday"}],
    ids=["right", "quantity", "two", "time"],
)
def test_a_body_reads_as_by_a_fresh_serializer(sale: Body, changes: dict[str, Any]) -> None:
    standing = StandingSerializer(SaleSerializer())
    for body in (sale(quantity=-1), sale(**changes)):
        fresh = SaleSerializer(data=body)
        if fresh.is_valid():
            assert standing.read(body) == fresh.validated_data
        else:
            with pytest.raises(ValidationError) as refused:
                standing.read(body)
            assert refused.value.detail == fresh.errors


@pytest.mark.parametrize("body", [None, [], "sale"])
def test_what_is_no_body_is_refused_as_by_a_fresh_serializer(body: Any) -> None:
    fresh = SaleSerializer(data=body)
    assert not fresh.is_valid()

    with pytest.raises(ValidationError) as refused:
        StandingSerializer(SaleSerializer()).read(body)

    assert refused.value.detail == fresh.errors


@pytest.mark.django_db
def test_recording_builds_no_field_after_the_first_sale(
    api: APIClient, sale: Body, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.post("/api/v1/transactions/", sale(), format="json")
    built: list[object] = []
    monkeypatch.setattr(Field, "bind", lambda self, *_: built.append(self))

    response = api.post("/api/v1/transactions/", sale(reference="R-2"), format="json")

    assert response.status_code == 201, response.content
    assert not built
    monkeypatch.undo()
    newest = Transaction.objects.select_related("product", "customer").latest("pk")
    assert response.json() == StandingSerializer(TransactionSerializer()).written(newest)
    assert response.json() == TransactionSerializer(newest).data
