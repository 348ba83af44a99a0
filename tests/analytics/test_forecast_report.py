"""Forecast quality from the record of forecasts, worked by hand."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.filter_bar import read_filters
from analytics.reports.panels import Panel
from analytics.reports.tabs import TABS, report_of
from inventory.models import ForecastAccuracy
from tests.inventory.factories import make_product

pytestmark = pytest.mark.django_db


def scored(*, abc: str, weeks_ago: int, **fields: Any) -> None:
    ForecastAccuracy.objects.create(
        product=make_product(),
        first_day=timezone.localdate() - timedelta(weeks=weeks_ago),
        model="blend",
        abc_class=abc,
        demand_class="smooth",
        confidence=0.5,
        **fields,
    )


def panels() -> dict[str, Panel]:
    report = report_of(TABS["forecast"], read_filters({}), now=timezone.now())
    return {panel.key: panel for panel in report.panels}


def test_errors_are_shares_of_what_was_asked_for() -> None:
    scored(abc="A", weeks_ago=2, predicted=12, low=8, high=15, naive=20, actual=10)
    scored(abc="A", weeks_ago=3, predicted=20, low=32, high=40, naive=30, actual=30)
    scored(abc="B", weeks_ago=2, predicted=5, low=3, high=9, naive=1, actual=5)
    # Not due yet, an empty shelf, and too long ago: none counts.
    scored(abc="A", weeks_ago=0, predicted=9, low=1, high=9, naive=9)
    scored(abc="A", weeks_ago=2, predicted=9, low=1, high=9, naive=9, actual=1, censored=True)
    scored(abc="A", weeks_ago=40, predicted=9, low=1, high=9, naive=9, actual=1)

    found = panels()
    table = found["forecast_quality"].table

    assert table is not None
    assert table.total is not None
    rows = {row.values[0]: row.values[1:] for row in table.rows}
    # A: misses 2 and 10 of 40 units, the rule 10 and 0; 8 too few; one of two inside.
    assert rows["A"] == (2, 12 / 40, 10 / 40, -8 / 40, 0.5)
    assert rows["B"] == (1, 0.0, 4 / 5, 0.0, 1.0)
    assert table.total.values == ("All", 3, 12 / 45, 14 / 45, -8 / 45, 2 / 3)
    weekly = found["forecast_error"]
    assert weekly.chart is not None
    assert weekly.table is not None
    assert [row.values[2] for row in weekly.table.rows] == [10 / 30, 2 / 15]


def test_nothing_due_is_said() -> None:
    found = panels()

    assert "forecast_error" not in found
    assert not found["forecast_quality"].filled
    assert found["forecast_quality"].empty == "No forecast has come due yet"
