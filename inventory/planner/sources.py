"""Which rows a suggestion was worked out from, kept beside its arithmetic."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from inventory.forecasting.engine import WINDOW_DAYS
from inventory.models import InventoryPrediction, Product, Receipt
from inventory.planner.loading import RECEIPTS_DAYS
from inventory.planner.proposals import Proposal


def name_sources(proposals: Sequence[Proposal], *, now: datetime) -> None:
    """Write into each arithmetic what its inputs were read from; three queries.

    `sources` = {"as_of", "demand_days": [first, last], "prediction": {"run", "computed_at"},
    "product_version", "supplier_version", "receipts": {"product", "supplier"}}: versions as
    corrections count them, receipts as many as the lead time was learned from.
    """
    keys = [proposal.product_id for proposal in proposals]
    predictions = {
        row[0]: row[1:]
        for row in InventoryPrediction.objects.filter(product_id__in=keys).values_list(
            "product_id", "run_id", "computed_at"
        )
    }
    products = {
        row[0]: row[1:]
        for row in Product.objects.filter(pk__in=keys).values_list(
            "pk", "version", "supplier_id", "supplier__version"
        )
    }
    seen = _receipts({row[1] for row in products.values()}, now=now)
    last = timezone.localdate(now) - timedelta(days=1)
    first = last - timedelta(days=WINDOW_DAYS - 1)
    for proposal in proposals:
        run, computed_at = predictions[proposal.product_id]
        version, supplier, supplier_version = products[proposal.product_id]
        of_supplier = seen.get(supplier, {})
        proposal.arithmetic["sources"] = {
            "as_of": now.isoformat(),
            "demand_days": [first.isoformat(), last.isoformat()],
            "prediction": {"run": run, "computed_at": computed_at.isoformat()},
            "product_version": version,
            "supplier_version": supplier_version,
            "receipts": {
                "product": of_supplier.get(proposal.product_id, 0),
                "supplier": sum(of_supplier.values()),
            },
        }


def _receipts(supplier_ids: set[int], *, now: datetime) -> dict[int, dict[int, int]]:
    """Return how many receipts lead times are learned from, by supplier and product."""
    rows = (
        Receipt.objects.filter(
            line__order__supplier__in=supplier_ids,
            received_at__gt=now - timedelta(days=RECEIPTS_DAYS),
            received_at__lte=now,
        )
        .order_by()
        .values_list("line__order__supplier", "line__product")
        .annotate(Count("pk"))
    )
    found: dict[int, dict[int, int]] = {}
    for supplier, product, count in rows:
        found.setdefault(supplier, {})[product] = count
    return found
