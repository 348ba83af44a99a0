"""Suppliers are made and corrected with a reason; those in use stay."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from inventory.models import Supplier
from inventory.services.orders import LineInput, create_order, send_order
from inventory.services.products import deactivate_product
from inventory.services.suppliers import (
    SupplierInUse,
    change_supplier,
    create_supplier,
    deactivate_supplier,
    reactivate_supplier,
)
from techmart.core.corrections import NotEditable, StaleVersion
from techmart.core.models import AuditEntry
from tests.inventory.factories import NOW, make_product, make_supplier

pytestmark = pytest.mark.django_db


def test_a_supplier_is_created_with_its_calendar() -> None:
    supplier = create_supplier(
        code="ACME",
        name="Acme",
        order_weekdays=[1, 4],
        minimum_order_value=Decimal("250"),
        actor=None,
        now=NOW,
    )

    # Two days a week: every 3.5 days on the mean.
    assert Supplier.objects.get(code="ACME").review_period_days == 3.5
    assert AuditEntry.objects.get(action="supplier.create").subject_id == supplier.pk


@pytest.mark.parametrize("weekdays", [[0], [8], [1, 1]])
def test_a_weekday_that_is_none_is_refused(weekdays: list[int]) -> None:
    with pytest.raises(ValidationError, match="weekday"):
        create_supplier(code="ACME", name="Acme", order_weekdays=weekdays, actor=None, now=NOW)


def test_a_change_keeps_what_was_and_why() -> None:
    supplier = make_supplier()

    change_supplier(
        supplier_id=supplier.pk,
        changes={"lead_time_days": Decimal("9.5")},
        version=1,
        actor=None,
        reason="new contract",
        now=NOW,
    )

    audit = AuditEntry.objects.get(action="supplier.change")
    supplier.refresh_from_db()
    assert (supplier.lead_time_days, supplier.version) == (Decimal("9.5"), 2)
    assert audit.before == {"lead_time_days": "7.00"}


def test_reliability_is_learned_and_not_typed() -> None:
    supplier = make_supplier()

    with pytest.raises(NotEditable):
        change_supplier(
            supplier_id=supplier.pk,
            changes={"reliability": Decimal("1")},
            version=1,
            actor=None,
            reason="trust me",
            now=NOW,
        )


def test_a_change_to_an_older_version_is_refused() -> None:
    supplier = make_supplier(version=3)

    with pytest.raises(StaleVersion):
        change_supplier(
            supplier_id=supplier.pk,
            changes={"name": "Other"},
            version=2,
            actor=None,
            reason="typo",
            now=NOW,
        )


def test_a_supplier_of_products_in_the_range_stays() -> None:
    product = make_product()

    with pytest.raises(SupplierInUse, match="Products"):
        deactivate_supplier(
            supplier_id=product.supplier_id, version=1, actor=None, reason="closed", now=NOW
        )


def test_a_supplier_with_open_orders_stays() -> None:
    product = make_product()
    order = create_order(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, 5)], actor=None, now=NOW
    )
    send_order(order_id=order.pk, actor=None, now=NOW)
    deactivate_product(product_id=product.pk, version=1, actor=None, reason="gone", now=NOW)

    with pytest.raises(SupplierInUse, match="Orders"):
        deactivate_supplier(
            supplier_id=product.supplier_id, version=1, actor=None, reason="closed", now=NOW
        )


def test_an_unused_supplier_is_deactivated() -> None:
    supplier = make_supplier()

    deactivate_supplier(supplier_id=supplier.pk, version=1, actor=None, reason="closed", now=NOW)

    supplier.refresh_from_db()
    assert not supplier.active


def test_a_supplier_is_ordered_from_again() -> None:
    supplier = make_supplier(active=False)

    reactivate_supplier(supplier_id=supplier.pk, version=1, actor=None, reason="back", now=NOW)

    supplier.refresh_from_db()
    assert (supplier.active, supplier.version) == (True, 2)
    assert AuditEntry.objects.get(action="supplier.reactivate").reason == "back"
