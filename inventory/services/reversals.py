"""Entries of the ledger taken back, with the alerts that follow."""

from datetime import datetime

from django.db import transaction

from inventory.services.ledger import StockChange, reverse_movement
from inventory.services.stock_alerts import review_stock_alerts
from techmart.core.models import User


@transaction.atomic
def reverse_entry(
    *, movement_id: int, reason: str, actor: User | None, now: datetime
) -> StockChange:
    """Post the opposite of an entry and review the product's alerts. Raises as reverse_movement."""
    change = reverse_movement(movement_id=movement_id, reason=reason, actor=actor, now=now)
    review_stock_alerts([change], now=now)
    return change
