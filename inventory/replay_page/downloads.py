"""A finished replay as CSV: its figures, its weeks or its products."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from django.http import HttpResponse

from inventory.models import Product, ReplayRun
from inventory.replay.comparison import METRICS
from inventory.replay_runs.results import PRODUCT_COLUMNS
from techmart.lib.export.lines import neutral

FIGURES, WEEKS, PRODUCTS = "figures", "weeks", "products"
PARTS = {FIGURES: "Figures", WEEKS: "Weeks", PRODUCTS: "Products"}


def download(run: ReplayRun, results: Mapping[str, Any], part: str) -> HttpResponse:
    """Return a part of the results as a file; part: one of PARTS."""
    rows = _ROWS[part](run, results)
    text = StringIO()
    csv.writer(text).writerows(
        [neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="replay-{run.pk}-{part}.csv"'
    response["Cache-Control"] = "private, no-cache"
    return response


def _figures(_run: ReplayRun, results: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    yield ("policy", "figure", "value", "difference", "low_90", "high_90")
    for policy in results["policies"]:
        for metric in METRICS:
            difference = policy["differences"].get(metric.key, {})
            yield (
                policy["name"],
                metric.key,
                policy["figures"][metric.key],
                difference.get("value"),
                difference.get("low"),
                difference.get("high"),
            )


def _weeks(_run: ReplayRun, results: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    yield ("policy", "week_from", "stock_value", "fill_rate")
    for policy in results["policies"]:
        weekly = policy["weekly"]
        for row in zip(results["weeks"], weekly["stock_value"], weekly["fill_rate"], strict=True):
            yield (policy["name"], *row)


def _products(run: ReplayRun, results: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    yield ("policy", "sku", "name", *PRODUCT_COLUMNS)
    names = {
        key: (sku, name)
        for key, sku, name in Product.objects.filter(pk__in=run.product_ids).values_list(
            "pk", "sku", "name"
        )
    }
    for policy in results["policies"]:
        columns = [policy["by_product"][name] for name in PRODUCT_COLUMNS]
        for key, *figures in zip(run.product_ids, *columns, strict=True):
            yield (policy["name"], *names[key], *figures)


_Rows = Callable[[ReplayRun, Mapping[str, Any]], Iterator[Sequence[object]]]
_ROWS: dict[str, _Rows] = {FIGURES: _figures, WEEKS: _weeks, PRODUCTS: _products}
