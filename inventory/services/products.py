"""Products: made, corrected with a reason, taken out of the range. Never deleted."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.choices import OPEN_SUGGESTION_STATES, MovementKind, SuggestionState
from inventory.models import Product, ReorderSuggestion
from inventory.services.ledger import MovementEntry, post_movements
from inventory.services.stock_alerts import review_all_stock_alerts
from techmart.core.audit import record_audit
from techmart.core.corrections import correct
from techmart.core.models import User
from techmart.lib.cache import Tag, bump_on_commit

SUBJECT = "product"
# The code is what other systems know a product by; stock, inbound and levels have their own acts.
EDITABLE = (
    "name",
    "category",
    "supplier_id",
    "price",
    "unit_cost",
    "pack_size",
    "minimum_order_quantity",
    "stock_cap",
    "lead_time_days",
    "watch_below_20",
    "correct_stockouts",
)


@transaction.atomic
def create_product(
    *,
    sku: str,
    name: str,
    category: str,
    supplier_id: int,
    price: Decimal,
    unit_cost: Decimal,
    now: datetime,
    actor: User | None,
    opening_units: int = 0,
    pack_size: int = 1,
    minimum_order_quantity: int = 1,
    stock_cap: int | None = None,
    lead_time_days: Decimal | None = None,
) -> Product:
    """Add a product to the range, with what is on the shelf as its opening entry.

    opening_units: counted units at hand, 0 or more. Raises ValidationError by field, also when
    the code exists in any letter case.
    """
    product = Product(
        sku=sku,
        name=name,
        category=category,
        supplier_id=supplier_id,
        price=price,
        unit_cost=unit_cost,
        pack_size=pack_size,
        minimum_order_quantity=minimum_order_quantity,
        stock_cap=stock_cap,
        lead_time_days=lead_time_days,
        created_at=now,
    )
    product.full_clean()
    product.save(force_insert=True)
    record_audit(
        action="product.create",
        subject_kind=SUBJECT,
        subject_id=product.pk,
        now=now,
        actor=actor,
        after={"sku": sku, "price": price, "unit_cost": unit_cost, "opening_units": opening_units},
    )
    if opening_units:
        post_movements(
            [
                MovementEntry(
                    product_id=product.pk,
                    kind=MovementKind.OPENING,
                    quantity=opening_units,
                    source_type="opening",
                    source_id=product.pk,
                    occurred_at=now,
                    unit_cost=unit_cost,
                )
            ],
            now=now,
            actor=actor,
        )
        product.refresh_from_db()
    bump_on_commit(Tag.PRODUCTS)
    return product


@transaction.atomic
def change_product(
    *,
    product_id: int,
    changes: Mapping[str, Any],
    version: int,
    actor: User | None,
    reason: str,
    now: datetime,
) -> Product:
    """Correct a product's own fields (EDITABLE), keeping what was and why.

    version: the one the person saw. Raises StaleVersion with the fields that differ,
    NotEditable, ReasonMissing, NothingToChange, ValidationError; Product.DoesNotExist.
    """
    product = _locked(product_id)
    correct(
        product,
        changes,
        editable=EDITABLE,
        version=version,
        action="product.change",
        subject_kind=SUBJECT,
        actor=actor,
        reason=reason,
        now=now,
    )
    review_all_stock_alerts(now=now, product_ids=[product.pk])
    bump_on_commit(Tag.PRODUCTS)
    return product


@transaction.atomic
def deactivate_product(
    *, product_id: int, version: int, actor: User | None, reason: str, now: datetime
) -> Product:
    """Take a product out of the range: no more sales, suggestions or alerts; history stays.

    Raises as change_product does.
    """
    product = _switch(
        product_id, active=False, version=version, actor=actor, reason=reason, now=now
    )
    ReorderSuggestion.objects.filter(product=product, state__in=OPEN_SUGGESTION_STATES).update(
        state=SuggestionState.SUPERSEDED, updated_at=now, reason="Product taken out of the range"
    )
    return product


@transaction.atomic
def reactivate_product(
    *, product_id: int, version: int, actor: User | None, reason: str, now: datetime
) -> Product:
    """Take a product back into the range. Raises as change_product does."""
    return _switch(product_id, active=True, version=version, actor=actor, reason=reason, now=now)


def _switch(
    product_id: int,
    *,
    active: bool,
    version: int,
    actor: User | None,
    reason: str,
    now: datetime,
) -> Product:
    product = _locked(product_id)
    correct(
        product,
        {"active": active},
        editable=("active",),
        version=version,
        action="product.reactivate" if active else "product.deactivate",
        subject_kind=SUBJECT,
        actor=actor,
        reason=reason,
        now=now,
    )
    review_all_stock_alerts(now=now, product_ids=[product.pk])
    bump_on_commit(Tag.PRODUCTS, Tag.STOCK)
    return product


def _locked(product_id: int) -> Product:
    """Return the product, locked as the ledger locks it: sales may still refer to it."""
    return Product.objects.select_for_update(no_key=True).get(pk=product_id)
