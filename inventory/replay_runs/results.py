"""What a finished replay keeps, as JSON; the page, its files and the API read it.

{"version", "days", "products", "draws", "imputed_days", "censored_days", "wanted_units",
 "service_mode": the shop's when it was replayed, "weeks": [ISO first days],
 "policies": [{"kind", "name", "figures": {metric: number},
   "differences": {metric: {"value", "low", "high"}} (none for what the shop did),
   "weekly": {"stock_value": [], "fill_rate": [number or null]},
   "by_product": {"product_ids" order; column: [numbers]}}]}
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np

from inventory.choices import PolicyKind
from inventory.replay.comparison import Course, differences, figures, weekly
from inventory.replay.specs import PolicySpec
from inventory.replay.world import World

VERSION = 1
# Columns of Course.products by name.
PRODUCT_COLUMNS = ("stockout_days", "wanted_units", "sold_units", "lost_margin", "stock_value")


def results_json(
    world: World, policies: Sequence[PolicySpec], courses: Sequence[Course], *, seed: int
) -> dict[str, Any]:
    """Return the results of a replay; the first policy is what the shop did."""
    actual = courses[0]
    return {
        "version": VERSION,
        "days": world.days,
        "products": world.products,
        "draws": int(actual.daily.shape[0]),
        "imputed_days": int(world.imputed.sum()),
        "censored_days": int(world.censored.sum()),
        "service_mode": str(world.terms.service_mode[0]),
        "weeks": [
            (world.first_day + timedelta(days=day)).isoformat() for day in range(0, world.days, 7)
        ],
        "policies": [
            {
                "kind": str(policy.kind),
                "name": policy.name,
                "figures": figures(course),
                "differences": (
                    {}
                    if policy.kind == PolicyKind.ACTUAL
                    else {
                        key: asdict(one)
                        for key, one in differences(course, actual, seed=seed).items()
                    }
                ),
                "weekly": asdict(weekly(course)),
                "by_product": {
                    name: np.round(course.products[:, column], 2).tolist()
                    for column, name in enumerate(PRODUCT_COLUMNS)
                },
            }
            for policy, course in zip(policies, courses, strict=True)
        ],
    }
