"""A finished replay as its page shows it: figures with intervals, weeks, products."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings

from inventory.models import Product, ReplayRun
from inventory.paths import product_path, replay_path
from inventory.replay.comparison import METRICS, Metric
from techmart.lib import formats
from techmart.lib.charts import Chart, Series, time_line
from techmart.lib.charts.time_line import Stroke

# Products that differ most are listed up to this many.
MOST_PRODUCTS = 20
_STROKES: tuple[Stroke, ...] = ("k1", "k2", "k3", "k4", "k5")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of one policy, finished. difference, interval: against the shop; empty for it.

    verdict: better, worse or unclear (the interval holds 0), empty where it is not judged.
    """

    policy: str
    value: str
    difference: str = ""
    interval: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One figure of all policies."""

    key: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product under the shop's orders and under a policy's, finished."""

    sku: str
    name: str
    url: str
    lost: str
    lost_with: str
    stock: str
    stock_with: str
    out: str
    out_with: str


def metric_rows(results: Mapping[str, Any]) -> list[MetricRow]:
    """Return the comparison, a row a figure, the shop's own first in each."""
    return [
        MetricRow(
            metric.key,
            metric.label,
            tuple(_cell(metric, policy) for policy in results["policies"]),
        )
        for metric in METRICS
    ]


def _cell(metric: Metric, policy: Mapping[str, Any]) -> Cell:
    value = _written(metric, policy["figures"][metric.key])
    difference = policy["differences"].get(metric.key)
    if difference is None:
        return Cell(policy["name"], value)
    low, high = difference["low"], difference["high"]
    interval = "" if low is None else f"{_signed(metric, low)} to {_signed(metric, high)}"
    return Cell(
        policy["name"],
        value,
        difference=_signed(metric, difference["value"]),
        interval=interval,
        verdict=verdict(metric, low, high),
    )


def verdict(metric: Metric, low: float | None, high: float | None) -> str:
    """Judge a difference by its interval: better, worse or unclear; "" where there is none."""
    if low is None or high is None:
        return ""
    if low <= 0 <= high:
        return "unclear"
    return "better" if (low > 0) == (metric.better == "more") else "worse"


def _written(metric: Metric, value: float) -> str:
    if metric.kind == "money":
        return formats.money(value, settings.SHOP_CURRENCY, places=0)
    return formats.rate(value) if metric.kind == "rate" else formats.count(value)


def _signed(metric: Metric, value: float) -> str:
    if metric.kind == "rate":
        return formats.points(value)
    if metric.kind == "money":
        text = formats.money(value, settings.SHOP_CURRENCY, places=0)
        return f"+{text}" if round(value) > 0 else text
    return formats.signed(value)


def stock_chart(results: Mapping[str, Any]) -> Chart:
    """Return the stock at cost by week, a line a policy."""
    return time_line(
        label="Stock at cost, mean of each week",
        summary=_summary(results, "stock_value", "average stock"),
        x=_weeks(results),
        series=_series(results, "stock_value"),
        format_value=lambda value: formats.money(value, settings.SHOP_CURRENCY, places=0),
        format_tick=lambda value: formats.axis_number(value, currency=settings.SHOP_CURRENCY),
        steps=(1, 2, 4, 8, 13, 26, 52),
        height="h-200",
    )


def fill_chart(results: Mapping[str, Any]) -> Chart | None:
    """Return the fill rate by week, a line a policy; None when nothing was asked for."""
    series = _series(results, "fill_rate")
    if all(value is None for one in series for value in one.values):
        return None
    return time_line(
        label="Fill rate of each week",
        summary=_summary(results, "fill_rate", "fill rate"),
        x=_weeks(results),
        series=series,
        format_value=formats.rate,
        format_tick=lambda value: formats.rate(value, places=0),
        steps=(1, 2, 4, 8, 13, 26, 52),
        height="h-200",
    )


def _weeks(results: Mapping[str, Any]) -> list[str]:
    return [formats.day(date.fromisoformat(week)) for week in results["weeks"]]


def _series(results: Mapping[str, Any], name: str) -> list[Series]:
    shop, *policies = results["policies"]
    return [
        Series(shop["name"], shop["weekly"][name], "kp", dashed=True),
        *(
            Series(policy["name"], policy["weekly"][name], stroke)
            for policy, stroke in zip(policies, _STROKES, strict=False)
        ),
    ]


def _summary(results: Mapping[str, Any], key: str, words: str) -> str:
    metric = next(one for one in METRICS if one.key == key)
    figures = [
        f"{policy['name']} {_written(metric, policy['figures'][key])}"
        for policy in results["policies"]
    ]
    return f"Over all weeks, {words}: {', '.join(figures)}."


def chosen_policy(given: str, results: Mapping[str, Any]) -> int:
    """Return the number of the policy asked for, 1 for anything that is none."""
    is_one = given.isdecimal() and 1 <= int(given) < len(results["policies"])
    return int(given) if is_one else 1


def result_url(run_id: int, policy: int) -> str:
    """Return a replay's page, its products compared under a policy."""
    path = replay_path(run_id)
    return path if policy == 1 else f"{path}?policy={policy}"


def most_different(results: Mapping[str, Any], policy: int) -> list[tuple[int, float]]:
    """Return places of products, and by how much lost margin and stock differ between shop and
    a policy, those that differ most first.
    """
    shop, with_policy = _by_product(results, policy)
    difference = [
        abs(lost_with - lost) + abs(stock_with - stock)
        for lost, lost_with, stock, stock_with in zip(
            shop["lost_margin"],
            with_policy["lost_margin"],
            shop["stock_value"],
            with_policy["stock_value"],
            strict=True,
        )
    ]
    return sorted(enumerate(difference), key=lambda pair: (-pair[1], pair[0]))


def _by_product(results: Mapping[str, Any], policy: int) -> tuple[Any, Any]:
    return (results["policies"][0]["by_product"], results["policies"][policy]["by_product"])


def product_rows(run: ReplayRun, results: Mapping[str, Any], policy: int) -> list[ProductRow]:
    """Return the products whose lost margin and stock differ most between shop and a policy."""
    shop, with_policy = _by_product(results, policy)
    rows = [row for row, by in most_different(results, policy)[:MOST_PRODUCTS] if by > 0]
    names = _names([run.product_ids[row] for row in rows])
    return [
        ProductRow(
            *names[run.product_ids[row]],
            lost=_money(shop["lost_margin"][row]),
            lost_with=_money(with_policy["lost_margin"][row]),
            stock=_money(shop["stock_value"][row]),
            stock_with=_money(with_policy["stock_value"][row]),
            out=formats.count(shop["stockout_days"][row]),
            out_with=formats.count(with_policy["stockout_days"][row]),
        )
        for row in rows
    ]


def _money(value: float) -> str:
    return formats.money(value, settings.SHOP_CURRENCY, places=0)


def _names(product_ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
    rows = Product.objects.filter(pk__in=product_ids).values_list("pk", "sku", "name")
    return {key: (sku, name, product_path(sku)) for key, sku, name in rows}
