"""Customers: made, corrected with a reason, no longer served. Never deleted."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from techmart.core.audit import record_audit
from techmart.core.corrections import correct
from techmart.core.models import User
from techmart.lib.cache import Tag, bump_on_commit
from transactions.models import Customer

SUBJECT = "customer"
# The code is what other systems know a customer by.
EDITABLE = ("name", "email", "country")


@transaction.atomic
def create_customer(
    *,
    code: str,
    now: datetime,
    actor: User | None,
    name: str = "",
    email: str = "",
    country: str = "",
) -> Customer:
    """Add a customer. country: two capital letters, or empty. Raises ValidationError by field."""
    customer = Customer(code=code, name=name, email=email, country=country, created_at=now)
    _check_country(country)
    customer.full_clean()
    customer.save(force_insert=True)
    record_audit(
        action="customer.create",
        subject_kind=SUBJECT,
        subject_id=customer.pk,
        now=now,
        actor=actor,
        after={"code": code, "name": name},
    )
    bump_on_commit(Tag.CUSTOMERS)
    return customer


@transaction.atomic
def change_customer(
    *,
    customer_id: int,
    changes: Mapping[str, Any],
    version: int,
    actor: User | None,
    reason: str,
    now: datetime,
) -> Customer:
    """Correct a customer's own fields (EDITABLE), keeping what was and why.

    version: the one the person saw. Raises StaleVersion with the fields that differ,
    NotEditable, ReasonMissing, NothingToChange, ValidationError; Customer.DoesNotExist.
    """
    _check_country(changes.get("country", ""))
    return _corrected(
        customer_id,
        changes,
        editable=EDITABLE,
        action="customer.change",
        version=version,
        actor=actor,
        reason=reason,
        now=now,
    )


@transaction.atomic
def deactivate_customer(
    *, customer_id: int, version: int, actor: User | None, reason: str, now: datetime
) -> Customer:
    """Mark a customer as no longer served; sales and patterns stay. Raises as change_customer."""
    return _corrected(
        customer_id,
        {"active": False},
        editable=("active",),
        action="customer.deactivate",
        version=version,
        actor=actor,
        reason=reason,
        now=now,
    )


@transaction.atomic
def reactivate_customer(
    *, customer_id: int, version: int, actor: User | None, reason: str, now: datetime
) -> Customer:
    """Serve a customer again. Raises as change_customer does."""
    return _corrected(
        customer_id,
        {"active": True},
        editable=("active",),
        action="customer.reactivate",
        version=version,
        actor=actor,
        reason=reason,
        now=now,
    )


def _corrected(customer_id: int, changes: Mapping[str, Any], **how: Any) -> Customer:
    # NO KEY UPDATE: a sale that only refers to the customer is not kept waiting.
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    correct(customer, changes, subject_kind=SUBJECT, **how)
    bump_on_commit(Tag.CUSTOMERS)
    return customer


def _check_country(country: str) -> None:
    if country and not re.fullmatch("[A-Z]{2}", country):
        raise ValidationError({"country": "Give the country's two capital letters, such as GB."})
