"""What a person may ask to have replayed, and what is refused."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Product, ReplayRun
from inventory.replay.specs import parse_policies
from inventory.replay_runs import (
    ReplayRefused,
    ReplayRequest,
    ReplayScope,
    TooManyReplays,
    cancel_replay,
    request_replay,
)
from techmart.core.models import Outbox, User
from tests.inventory.factories import NOW, make_product, make_user

pytestmark = pytest.mark.django_db

FIRST_DAY, LAST_DAY = date(2025, 12, 1), date(2026, 1, 31)
POLICIES = parse_policies([{"kind": "today"}])


@pytest.fixture
def product() -> Product:
    return make_product()


def request_of(**fields: Any) -> ReplayRequest:
    return replace(ReplayRequest(POLICIES, FIRST_DAY, LAST_DAY), **fields)


def queued(actor: User | None = None, **fields: Any) -> ReplayRun:
    return request_replay(request_of(**fields), actor=actor or make_user(), now=NOW)


def test_a_scope_narrows_by_everything_it_names(product: Product) -> None:
    other = make_product(category="Bakery", abc_class="A")
    actor = make_user()

    by_supplier = queued(actor, scope=ReplayScope(supplier_code=product.supplier.code))
    by_sku = queued(actor, scope=ReplayScope(skus=[other.sku], category="Bakery", abc_class="A"))

    assert by_supplier.product_ids == [product.pk]
    assert (by_sku.product_ids, by_sku.named_products) == ([other.pk], True)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"last_day": timezone.localdate(NOW)}, "last_day"),
        ({"first_day": LAST_DAY - timedelta(days=20)}, "first_day"),
        ({"first_day": LAST_DAY - timedelta(days=800)}, "first_day"),
        ({"seed": -1}, "seed"),
        ({"draws": 0}, "draws"),
        ({"backorder_share": 1.5}, "backorder_share"),
        ({"scope": ReplayScope(category="Nothing")}, "scope"),
        ({"scope": ReplayScope(abc_class="D")}, "abc_class"),
        ({"scope": ReplayScope(supplier_code="nobody")}, "supplier"),
        ({"scope": ReplayScope(skus=["nothing"])}, "products"),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    product: Product, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(ReplayRefused) as refused:
        queued(**fields)

    assert [error.field for error in refused.value.errors] == [field]
    assert not ReplayRun.objects.exists()
    assert not Outbox.objects.exists()


def test_too_many_products_are_refused(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    make_product()
    monkeypatch.setattr("inventory.replay_runs.requests.MOST_PRODUCTS", 1)

    with pytest.raises(ReplayRefused, match="1 products at most"):
        queued()


@pytest.mark.parametrize(
    ("bound", "field"), [("MOST_PRODUCT_DAYS", "first_day"), ("MOST_DRAWN_DAYS", "draws")]
)
def test_more_than_a_worker_gets_through_is_refused(
    product: Product, monkeypatch: pytest.MonkeyPatch, bound: str, field: str
) -> None:
    # 62 days of one product in 5 draws.
    monkeypatch.setattr(f"inventory.replay_runs.requests.{bound}", 61)

    with pytest.raises(ReplayRefused) as refused:
        queued()

    assert [error.field for error in refused.value.errors] == [field]


def test_a_person_has_two_unfinished_replays_at_most(product: Product) -> None:
    actor = make_user()
    first = queued(actor)
    queued(actor)

    with pytest.raises(TooManyReplays) as refused:
        queued(actor)

    assert refused.value.retry_after_seconds == 60
    queued(make_user("other@example.test"))
    cancel_replay(run_id=first.pk, now=NOW)
    queued(actor)


def test_a_person_asks_for_twenty_an_hour_at_most(product: Product) -> None:
    actor = make_user()
    for _ in range(20):
        cancel_replay(run_id=queued(actor).pk, now=NOW)

    with pytest.raises(TooManyReplays) as refused:
        request_replay(request_of(), actor=actor, now=NOW + timedelta(minutes=50))

    assert refused.value.retry_after_seconds == 600
    request_replay(request_of(), actor=actor, now=NOW + timedelta(hours=1))
