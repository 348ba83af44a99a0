"""The newest prediction of one product, through the cache: pages and programs ask often."""

from typing import Any

from inventory.models import InventoryPrediction
from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import PREDICTIONS


def known_prediction(product_id: int) -> InventoryPrediction | None:
    """Return a product's newest prediction; None before the first run."""

    def read() -> dict[str, Any] | None:
        # Its columns and not the instance: a release may change what a pickled one holds.
        row = InventoryPrediction.objects.filter(product_id=product_id).values().first()
        return None if row is None else dict(row)

    columns = get_or_compute(PREDICTIONS, {"product_id": product_id}, read).value
    return None if columns is None else InventoryPrediction(**columns)
