"""Every product's forecast from rows to rows against the engine alone on the same demand."""

import numpy as np
from django.utils import timezone

from benchmarks.measuring import Figure, by_turns
from inventory.forecasting.engine import HISTORY_DAYS, predict
from inventory.models import Product
from inventory.planner import update_inventory_predictions
from inventory.planner.demand_rows import load_demand
from inventory.planner.loading import load_range

# What reading and writing may add: they are I/O, and the engine is where the work is.
MOST = 3.0
# All products of the demo are to be forecast within it.
LIMIT_SECONDS = 30


def measure_predictions(*, rounds: int) -> Figure:
    """Forecast the whole range, with reading and writing and without."""
    now = timezone.now()
    products = load_range(Product.objects.filter(active=True), now=now)
    demand = load_demand(products.product_ids, days=HISTORY_DAYS, now=now)
    led = np.full(len(products), "")

    def engine() -> None:
        predict(demand, products.interval, categories=products.categories, led=led)

    medians = by_turns(
        {"whole": lambda: update_inventory_predictions(now=now), "engine": engine}, rounds=rounds
    )
    in_time = len(products) * LIMIT_SECONDS / medians["whole"]
    return Figure(
        name=f"forecasts of {len(products):,} products, read and written",
        limit="the engine alone",
        ratio=medians["whole"] / medians["engine"],
        target=MOST,
        detail=(
            f"{medians['whole']:.2f} s against {medians['engine']:.2f} s, which is "
            f"{in_time:,.0f} products in {LIMIT_SECONDS} s"
        ),
    )
