"""Demand that was, and the runs that follow from it, for the tests of the planner."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from inventory.models import (
    Product,
    ProductDaily,
)
from inventory.planner import (
    generate_reorder_suggestions,
    update_inventory_predictions,
)
from tests.inventory.factories import NOW, make_product

YESTERDAY = timezone.localdate(NOW) - timedelta(days=1)


def sold(product: Product, *units: int, last_day: date = YESTERDAY) -> None:
    """Write the demand of successive days, the last of them on last_day."""
    first_day = last_day - timedelta(days=len(units) - 1)
    ProductDaily.objects.bulk_create(
        ProductDaily(
            product=product, day=first_day + timedelta(days=n), demand_units=day, units=day
        )
        for n, day in enumerate(units)
        if day
    )


def steady_product(units: int = 2, *, days: int = 120, **fields: Any) -> Product:
    """Return a product that sold the same each day."""
    product = make_product(**fields)
    sold(product, *[units] * days)
    return product


def predict_and_plan() -> None:
    """Run both, as the schedule does."""
    update_inventory_predictions(now=NOW)
    generate_reorder_suggestions(now=NOW)
