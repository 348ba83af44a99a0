"""Products are made and corrected with a reason, against the version that was read."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.choices import LIVE_STATES
from alerts.models import Alert
from inventory.choices import SuggestionState
from inventory.models import ForecastRun, Product, ReorderSuggestion, StockMovement
from inventory.services.products import (
    change_product,
    create_product,
    deactivate_product,
    reactivate_product,
)
from inventory.services.stock_alerts import review_all_stock_alerts
from techmart.core.corrections import (
    Difference,
    NotEditable,
    NothingToChange,
    ReasonMissing,
    StaleVersion,
)
from techmart.core.models import AuditEntry
from tests.inventory.factories import NOW, make_product, make_supplier, make_user

pytestmark = pytest.mark.django_db


def create(**fields: Any) -> Product:
    """Create a product from a full set of fields."""
    defaults: dict[str, Any] = {
        "sku": "MILK-1",
        "name": "Milk",
        "category": "Dairy",
        "price": Decimal("1.20"),
        "unit_cost": Decimal("0.80"),
        "now": NOW,
        "actor": None,
    }
    return create_product(
        **defaults | {"supplier_id": fields.pop("supplier_id", None) or make_supplier().pk} | fields
    )


def change(product: Product, *, version: int = 1, reason: str = "typo", **changes: Any) -> Product:
    """Correct a product as its planner."""
    return change_product(
        product_id=product.pk,
        changes=changes,
        version=version,
        actor=None,
        reason=reason,
        now=NOW,
    )


def test_a_new_product_starts_with_an_opening_entry() -> None:
    actor = make_user()

    product = create(opening_units=12, actor=actor)

    opening = StockMovement.objects.get(product=product)
    audit = AuditEntry.objects.get(action="product.create")
    assert product.stock_quantity == 12
    assert (opening.kind, opening.quantity, opening.actor) == ("opening", 12, actor)
    assert (audit.subject_id, audit.actor) == (product.pk, actor)
    assert audit.after["price"] == "1.20"


def test_a_code_exists_once_in_any_letter_case() -> None:
    create()

    with pytest.raises(ValidationError):
        create(sku="milk-1")


def test_a_product_that_the_database_would_refuse_is_named_by_field() -> None:
    with pytest.raises(ValidationError) as refused:
        create(name="", pack_size=0)

    assert "name" in refused.value.message_dict
    assert Product.objects.count() == 0


def test_a_change_keeps_what_was_and_why() -> None:
    product = make_product()
    actor = make_user()

    changed = change_product(
        product_id=product.pk,
        changes={"price": Decimal("6.50"), "category": "Bread"},
        version=1,
        actor=actor,
        reason=" wrong label ",
        now=NOW,
    )

    audit = AuditEntry.objects.get(action="product.change")
    product.refresh_from_db()
    assert (product.price, product.category, product.version) == (Decimal("6.50"), "Bread", 2)
    assert changed.version == 2
    assert audit.before == {"price": "5.00", "category": "Dairy"}
    assert audit.after == {"price": "6.50", "category": "Bread"}
    assert (audit.reason, audit.actor, audit.at) == ("wrong label", actor, NOW)


def test_a_change_to_an_older_version_is_refused_with_what_differs() -> None:
    product = make_product()
    change(product, price=Decimal("6.00"))

    with pytest.raises(StaleVersion) as refused:
        change(product, price=Decimal("7.00"), category="Dairy")

    product.refresh_from_db()
    assert refused.value.current_version == 2
    assert refused.value.differences == (Difference("price", Decimal("6.00"), Decimal("7.00")),)
    assert product.price == Decimal("6.00")


@pytest.mark.parametrize("field", ["stock_quantity", "on_order_quantity", "sku", "version"])
def test_what_has_its_own_act_is_not_edited(field: str) -> None:
    product = make_product(stock=5)

    with pytest.raises(NotEditable, match=field):
        change_product(
            product_id=product.pk,
            changes={field: 1},
            version=1,
            actor=None,
            reason="by hand",
            now=NOW,
        )

    product.refresh_from_db()
    assert product.stock_quantity == 5


def test_a_change_needs_a_reason() -> None:
    with pytest.raises(ReasonMissing):
        change(make_product(), reason="  ", name="Other")


def test_a_change_of_nothing_is_refused() -> None:
    product = make_product()

    with pytest.raises(NothingToChange):
        change(product, price="5")

    product.refresh_from_db()
    assert product.version == 1
    assert not AuditEntry.objects.filter(action="product.change").exists()


def test_a_value_that_the_database_would_refuse_changes_nothing() -> None:
    product = make_product()

    with pytest.raises(ValidationError):
        change(product, price=Decimal("-1"))

    product.refresh_from_db()
    assert product.price == Decimal("5.00")


def test_watching_a_product_announces_that_few_are_left() -> None:
    product = make_product(stock=5)

    change(product, watch_below_20=True)

    assert Alert.objects.get().dedupe_key == f"stock.c20:{product.pk}"


def test_a_product_out_of_the_range_has_no_alerts_and_no_suggestion() -> None:
    product = make_product(stock=5, reorder_threshold=9, order_up_to=20)
    review_all_stock_alerts(now=NOW)
    suggestion = ReorderSuggestion.objects.create(
        product=product,
        run=ForecastRun.objects.create(kind="suggestions", as_of=NOW),
        quantity=5,
        unit_cost=product.unit_cost,
        expected_lost_margin=1,
        lost_revenue_per_day=1,
        p_stockout=0.5,
        confidence=0.5,
        created_at=NOW,
        updated_at=NOW,
    )

    deactivate_product(product_id=product.pk, version=1, actor=None, reason="discontinued", now=NOW)

    product.refresh_from_db()
    suggestion.refresh_from_db()
    assert not product.active
    assert suggestion.state == SuggestionState.SUPERSEDED
    assert not Alert.objects.filter(state__in=LIVE_STATES, clearing_since=None).exists()
    assert AuditEntry.objects.get(action="product.deactivate").reason == "discontinued"


def test_a_product_comes_back_into_the_range() -> None:
    product = make_product(active=False)

    reactivate_product(product_id=product.pk, version=1, actor=None, reason="again", now=NOW)

    product.refresh_from_db()
    assert product.active
    with pytest.raises(NothingToChange):
        reactivate_product(product_id=product.pk, version=2, actor=None, reason="again", now=NOW)
