"""Suppliers: made, corrected with a reason, no longer used. Never deleted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from inventory.choices import INBOUND_ORDER_STATES
from inventory.models import Product, PurchaseOrder, Supplier
from techmart.core.audit import record_audit
from techmart.core.corrections import correct
from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib.cache import Tag, bump_on_commit

SUBJECT = "supplier"
# Reliability is learned from receipts.
EDITABLE = (
    "name",
    "email",
    "lead_time_days",
    "lead_time_sd_days",
    "tolerance_days",
    "order_weekdays",
    "minimum_order_value",
)


class SupplierInUse(Refusal):
    """Products in the range or open orders still name the supplier."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="supplier_in_use", status=409)


@transaction.atomic
def create_supplier(
    *,
    code: str,
    name: str,
    now: datetime,
    actor: User | None,
    email: str = "",
    lead_time_days: Decimal = Decimal("7"),
    lead_time_sd_days: Decimal = Decimal("0"),
    tolerance_days: int = 0,
    order_weekdays: Sequence[int] = (),
    minimum_order_value: Decimal = Decimal("0"),
) -> Supplier:
    """Add a supplier. order_weekdays: ISO weekdays, empty for any. Raises ValidationError."""
    supplier = Supplier(
        code=code,
        name=name,
        email=email,
        lead_time_days=lead_time_days,
        lead_time_sd_days=lead_time_sd_days,
        tolerance_days=tolerance_days,
        order_weekdays=list(order_weekdays),
        minimum_order_value=minimum_order_value,
        created_at=now,
    )
    _check_weekdays(supplier.order_weekdays)
    supplier.full_clean()
    supplier.save(force_insert=True)
    record_audit(
        action="supplier.create",
        subject_kind=SUBJECT,
        subject_id=supplier.pk,
        now=now,
        actor=actor,
        after={"code": code, "name": name},
    )
    bump_on_commit(Tag.PRODUCTS)
    return supplier


@transaction.atomic
def change_supplier(
    *,
    supplier_id: int,
    changes: Mapping[str, Any],
    version: int,
    actor: User | None,
    reason: str,
    now: datetime,
) -> Supplier:
    """Correct a supplier's own fields (EDITABLE), keeping what was and why.

    Reorder points follow with the planner's next run. Raises StaleVersion, NotEditable,
    ReasonMissing, NothingToChange, ValidationError; Supplier.DoesNotExist.
    """
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
    if "order_weekdays" in changes:
        _check_weekdays(changes["order_weekdays"])
    correct(
        supplier,
        changes,
        editable=EDITABLE,
        version=version,
        action="supplier.change",
        subject_kind=SUBJECT,
        actor=actor,
        reason=reason,
        now=now,
    )
    bump_on_commit(Tag.PRODUCTS)
    return supplier


@transaction.atomic
def deactivate_supplier(
    *, supplier_id: int, version: int, actor: User | None, reason: str, now: datetime
) -> Supplier:
    """Stop ordering from a supplier. Raises SupplierInUse, and as change_supplier does."""
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
    if Product.objects.filter(supplier=supplier, active=True).exists():
        raise SupplierInUse("Products in the range come from this supplier.")
    if PurchaseOrder.objects.filter(supplier=supplier, state__in=INBOUND_ORDER_STATES).exists():
        raise SupplierInUse("Orders to this supplier are still open.")
    correct(
        supplier,
        {"active": False},
        editable=("active",),
        version=version,
        action="supplier.deactivate",
        subject_kind=SUBJECT,
        actor=actor,
        reason=reason,
        now=now,
    )
    bump_on_commit(Tag.PRODUCTS)
    return supplier


@transaction.atomic
def reactivate_supplier(
    *, supplier_id: int, version: int, actor: User | None, reason: str, now: datetime
) -> Supplier:
    """Order from a supplier again. Raises as change_supplier does."""
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
    correct(
        supplier,
        {"active": True},
        editable=("active",),
        version=version,
        action="supplier.reactivate",
        subject_kind=SUBJECT,
        actor=actor,
        reason=reason,
        now=now,
    )
    bump_on_commit(Tag.PRODUCTS)
    return supplier


def _check_weekdays(weekdays: Sequence[int]) -> None:
    """Refuse what is no ISO weekday, or comes twice."""
    if len(set(weekdays)) != len(weekdays) or not set(weekdays) <= set(range(1, 8)):
        raise ValidationError(
            {"order_weekdays": "Give each weekday once, 1 (Monday) to 7 (Sunday)."}
        )
