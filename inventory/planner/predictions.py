"""Predictions of every product, written in chunks so that a page can show how far they are."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import numpy as np
import orjson
from django.db import connection, transaction
from django.utils import timezone

from inventory.arrays import BoolArray, FloatArray, IntArray, StrArray
from inventory.choices import RunKind
from inventory.forecasting.engine import (
    DAY_LEVELS,
    HISTORY_DAYS,
    HORIZONS_DAYS,
    QUANTILE_LEVELS,
    Predictions,
    predict,
)
from inventory.models import ForecastRun, InventoryPrediction, Product
from inventory.planner.loading import Range, load_range
from inventory.planner.overrides import apply_overrides
from inventory.planner.runs import WHOLE_RANGE, Scope, execute, report_progress
from inventory.planner.staging import stage
from inventory.planner.stockouts import load_corrected_demand
from inventory.planner.words import method_reason
from inventory.querysets import ProductQuerySet
from techmart.core.shop import shop_settings
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
        company = _company(scope)
        products = load_range(company, now=now)
        wanted = _wanted(products, scope)
        report_progress(run, done=0, total=len(wanted))
        if not len(wanted):
            return
        machine, censored_days = _predicted(company, products, now=now)
        predictions = apply_overrides(
            machine, products.product_ids, first_day=timezone.localdate(now)
        )
        staged = _Staged(products, machine, predictions, censored_days, timezone.localdate(now))
        for start in range(0, len(wanted), CHUNK):
            rows = wanted[start : start + CHUNK]
            _write(run, staged, rows, now=now)
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


def _predicted(
    company: ProductQuerySet, products: Range, *, now: datetime
) -> tuple[Predictions, IntArray]:
    """Return what the machine says of these products, and the days corrected of each."""
    category_names, correct = _corrections(company)
    demand, censored_days = load_corrected_demand(
        products.product_ids,
        category_names=category_names,
        correct=correct,
        days=HISTORY_DAYS,
        now=now,
    )
    machine = predict(
        demand,
        products.interval,
        categories=products.categories,
        led=_led(products.product_ids),
    )
    return machine, censored_days


def _corrections(company: ProductQuerySet) -> tuple[list[str], BoolArray]:
    """Return each product's category, and whether days without stock are corrected for."""
    of_shop = shop_settings().correct_stockouts
    rows = list(company.order_by("pk").values_list("category", "correct_stockouts"))
    correct = [of_shop if own is None else own for _, own in rows]
    return [name for name, _ in rows], np.array(correct, dtype=bool)


def _led(product_ids: IntArray) -> StrArray:
    """Return the method that led in each product's stored prediction, "" without one."""
    stored = dict(InventoryPrediction.objects.values_list("product_id", "model"))
    return np.array([stored.get(key, "") for key in product_ids.tolist()], dtype=str)


def _wanted(products: Range, scope: Scope) -> IntArray:
    """Return the columns of the products that the scope names."""
    if not scope.product_ids:
        return np.arange(len(products))
    return np.flatnonzero(np.isin(products.product_ids, scope.product_ids))


_COLUMNS = {
    "product_id": "bigint",
    "model": "text",
    "reason": "text",
    "predicted": "numeric",
    "proposed": "numeric",
    "daily_mean": "float8",
    "daily_sd": "float8",
    "protection_days": "float8",
    "quantiles": "jsonb",
    "days": "jsonb",
    "confidence": "float8",
    "skill": "float8",
    "coverage": "float8",
    "wape": "float8",
    "bias": "float8",
    "origins": "integer",
    "history_days": "integer",
    "censored_days": "integer",
    "demand_class": "text",
}
_STORED = [name for name in _COLUMNS if name != "demand_class"]
_UPSERT = f"""
INSERT INTO inventory_predictions ({", ".join(_STORED)}, run_id, computed_at)
SELECT {", ".join(_STORED)}, %s, %s FROM staged_predictions
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
def _write(run: ForecastRun, staged: "_Staged", rows: IntArray, *, now: datetime) -> None:
    stage("staged_predictions", _COLUMNS, staged.rows(rows))
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [run.pk, now])
        cursor.execute(_LOCK)
        cursor.execute(_CLASSIFY)


class _Staged:
    """Rows to write. machine: before planners' overrides. first_day: the first one ahead."""

    def __init__(
        self,
        products: Range,
        machine: Predictions,
        predictions: Predictions,
        censored_days: IntArray,
        first_day: date,
    ) -> None:
        self._products = products
        self._machine = machine
        self._predictions = predictions
        self._censored_days = censored_days
        self._first_day = first_day.isoformat()
        # Most slow sellers share their quantiles.
        self._texts: dict[bytes, str] = {}

    def rows(self, columns: IntArray) -> Iterator[tuple[Any, ...]]:
        """Yield the staging table's columns of some products."""
        said = self._predictions
        for row in columns.tolist():
            model = str(said.model[row])
            yield (
                int(self._products.product_ids[row]),
                model,
                method_reason(model, share=float(said.share[row]), origins=int(said.origins[row])),
                round(float(said.predicted[row]), 3),
                round(float(self._machine.predicted[row]), 3),
                float(said.daily_mean[row]),
                float(said.daily_sd[row]),
                float(said.protection_days[row]),
                self._quantiles_text(said.quantiles[:, row, :]),
                self._days_text(row),
                float(said.confidence[row]),
                float(said.skill[row]),
                float(said.coverage[row]),
                _known(said.wape[row]),
                _known(said.bias[row]),
                int(said.origins[row]),
                int(said.history_days[row]),
                int(self._censored_days[row]),
                str(said.demand_class[row]),
            )

    def _quantiles_text(self, quantiles: FloatArray) -> str:
        key = quantiles.tobytes()
        if key not in self._texts:
            self._texts[key] = _quantiles_json(quantiles)
        return self._texts[key]

    def _days_text(self, row: int) -> str:
        quantiles = self._machine.day_quantiles[row].T
        key = quantiles.tobytes()
        if key not in self._texts:
            levels = map(str, DAY_LEVELS)
            by_level = zip(levels, quantiles.astype(int).tolist(), strict=True)
            self._texts[key] = _json(dict(by_level))
        mean = np.round(self._machine.day_mean[row], 4).tolist()
        return (
            f'{{"first_day": "{self._first_day}", "mean": {_json(mean)}, '
            f'"quantiles": {self._texts[key]}}}'
        )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _quantiles_json(quantiles: FloatArray) -> str:
    """Return {"7": {"0.025": 0, …}, …, "P": {…}} for one product, whole units."""
    names = [*map(str, HORIZONS_DAYS), "P"]
    levels = [str(level) for level in QUANTILE_LEVELS]
    return _json(
        {
            name: dict(zip(levels, row.astype(int).tolist(), strict=True))
            for name, row in zip(names, quantiles, strict=True)
        }
    )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
