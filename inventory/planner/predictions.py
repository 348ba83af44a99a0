"""Predictions of every product, written in chunks so that a page can show how far they are."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, transaction

from inventory.arrays import FloatArray, IntArray
from inventory.choices import RunKind
from inventory.forecasting.engine import (
    HISTORY_DAYS,
    HORIZONS_DAYS,
    QUANTILE_LEVELS,
    Predictions,
    predict,
)
from inventory.models import ForecastRun, Product
from inventory.planner.loading import Range, load_demand, load_range
from inventory.planner.runs import WHOLE_RANGE, Scope, execute, report_progress
from inventory.planner.staging import stage
from inventory.querysets import ProductQuerySet
from techmart.lib.cache import Tag, bump

CHUNK = 10_000


def update_inventory_predictions(
    *,
    now: datetime,
    scope: Scope = WHOLE_RANGE,
    triggered_by: str = "schedule",
    run_id: int | None = None,
) -> ForecastRun:
    """Forecast the products of a scope from their newest whole days, and store the predictions.

    run_id: a queued run to take up. Returns the run: skipped when another one is at work.
    """

    def work(run: ForecastRun, scope: Scope) -> None:
        products = load_range(_company(scope), now=now)
        wanted = _wanted(products, scope)
        report_progress(run, done=0, total=len(wanted))
        if not len(wanted):
            return
        demand = load_demand(products.product_ids, days=HISTORY_DAYS, now=now)
        predictions = predict(demand, products.interval, categories=products.categories)
        for start in range(0, len(wanted), CHUNK):
            rows = wanted[start : start + CHUNK]
            _write(run, products, predictions, rows, now=now)
            report_progress(run, done=start + len(rows), total=len(wanted))
            bump(Tag.PREDICTIONS)

    return execute(
        RunKind.PREDICTIONS,
        work,
        now=now,
        scope=scope,
        triggered_by=triggered_by,
        run_id=run_id,
    )


def _company(scope: Scope) -> ProductQuerySet:
    """Return the products to look at: whole categories, which new products are compared with."""
    if not scope.product_ids:
        return scope.products()
    categories = scope.products().values("category")
    return Product.objects.filter(active=True, category__in=categories)


def _wanted(products: Range, scope: Scope) -> IntArray:
    """Return the columns of the products that the scope names."""
    if not scope.product_ids:
        return np.arange(len(products))
    return np.flatnonzero(np.isin(products.product_ids, scope.product_ids))


_COLUMNS = {
    "product_id": "bigint",
    "model": "text",
    "predicted": "numeric",
    "daily_mean": "float8",
    "daily_sd": "float8",
    "protection_days": "float8",
    "quantiles": "jsonb",
    "confidence": "float8",
    "skill": "float8",
    "coverage": "float8",
    "wape": "float8",
    "history_days": "integer",
    "demand_class": "text",
}
_STORED = [name for name in _COLUMNS if name != "demand_class"]
_UPSERT = f"""
INSERT INTO inventory_predictions ({", ".join(_STORED)}, run_id, computed_at, censored_days)
SELECT {", ".join(_STORED)}, %s, %s, 0 FROM staged_predictions
ON CONFLICT (product_id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _STORED[1:])},
    run_id = excluded.run_id, computed_at = excluded.computed_at
"""
_CLASSIFY = """
UPDATE products AS p SET demand_class = s.demand_class
FROM staged_predictions s
WHERE p.id = s.product_id AND p.demand_class <> s.demand_class
"""
# A sale waits for no more than a chunk, and locks come in the order in which sales take them.
_LOCK = """
SELECT count(*) FROM (
    SELECT p.id FROM products p JOIN staged_predictions s ON s.product_id = p.id
    WHERE p.demand_class <> s.demand_class ORDER BY p.id FOR NO KEY UPDATE OF p
) AS locked
"""


@transaction.atomic
def _write(
    run: ForecastRun, products: Range, predictions: Predictions, rows: IntArray, *, now: datetime
) -> None:
    stage("staged_predictions", _COLUMNS, _staged(products, predictions, rows))
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [run.pk, now])
        cursor.execute(_LOCK)
        cursor.execute(_CLASSIFY)


def _staged(products: Range, predictions: Predictions, rows: IntArray) -> Iterator[tuple[Any, ...]]:
    texts: dict[bytes, str] = {}
    for row in rows:
        quantiles = predictions.quantiles[:, row, :]
        # Most slow sellers share their quantiles.
        key = quantiles.tobytes()
        if key not in texts:
            texts[key] = _quantiles_json(quantiles)
        wape = predictions.wape[row]
        yield (
            int(products.product_ids[row]),
            str(predictions.model[row]),
            round(float(predictions.predicted[row]), 3),
            float(predictions.daily_mean[row]),
            float(predictions.daily_sd[row]),
            float(predictions.protection_days[row]),
            texts[key],
            float(predictions.confidence[row]),
            float(predictions.skill[row]),
            float(predictions.coverage[row]),
            None if np.isnan(wape) else float(wape),
            int(predictions.history_days[row]),
            str(predictions.demand_class[row]),
        )


def _quantiles_json(quantiles: FloatArray) -> str:
    """Return {"7": {"0.025": 0, …}, …, "P": {…}} for one product, whole units."""
    names = [*map(str, HORIZONS_DAYS), "P"]
    levels = [str(level) for level in QUANTILE_LEVELS]
    return json.dumps(
        {
            name: dict(zip(levels, row.astype(int).tolist(), strict=True))
            for name, row in zip(names, quantiles, strict=True)
        }
    )
